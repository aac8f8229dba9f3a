// SPDX-License-Identifier: MIT OR Apache-2.0

//! The evidence folder of a session: decision, reference images, depth maps and pictures of the flash check's
//! light.

use std::path::{self, Path, PathBuf};
use std::time::Duration;

use gstliveness::message::{Light, ResultBody};
use liveness_core::session::LivenessCheck;
use serde_json::Value;

use crate::failure::Failure;
use crate::input::Open;
use crate::picture::metadata;
use crate::provenance::Provenance;
use crate::{picture, private, whole};
use liveness_workflow::Workflow;

/// Time-out for encoding a picture, which takes milliseconds unless the machine is overloaded.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Writes the evidence of a session.
pub struct Evidence {
    /// Absolute path of the folder; `None` if no evidence is kept.
    folder: Option<PathBuf>,
    /// True if the workflow has several checks, whose files are numbered.
    several: bool,
}

impl Evidence {
    /// Uses `folder` or, without it, the session's folder below the workflow's evidence folder. Creates the
    /// folder.
    ///
    /// # Errors
    /// The folder cannot be used, or a GStreamer element for pictures is missing.
    pub fn new(folder: Option<&Path>, workflow: &Workflow, session_id: &str) -> Result<Self, Failure> {
        let below = workflow.settings.evidence.as_ref().map(|name| Path::new(&name.0).join(session_id));
        // Absolute, so that the paths in the decision hold in any working directory.
        let folder = folder.map(Path::to_path_buf).or(below).map(path::absolute).transpose();
        let folder = folder.map_err(|e| Failure::output(format!("evidence cannot be kept: {e}")))?;
        if let Some(folder) = &folder {
            picture::available()?;
            let made = private::Folder::make(folder);
            made.map_err(|e| Failure::output(format!("{} cannot be used: {e}", folder.display())))?;
        }
        Ok(Self { folder, several: workflow.nodes.len() > 1 })
    }

    /// Returns true if evidence is kept.
    pub fn is_kept(&self) -> bool {
        self.folder.is_some()
    }

    /// Writes the pictures of the check `number` (from 0) and adds the path of the portrait to `check`:
    /// `reference.jpg`, `depth.png` (16 bits, near is bright) and `light.png` (the analysis of the flash
    /// check). Each file contains its origin.
    ///
    /// # Errors
    /// A picture cannot be encoded or written.
    pub fn pictures(
        &self,
        number: usize,
        result: &ResultBody,
        light: Option<&Light>,
        origin: &Provenance,
        check: &mut LivenessCheck,
    ) -> Result<(), Failure> {
        if let Some((path, jpeg)) =
            self.path("reference", number, "jpg").zip(bytes(result.reference_image.as_ref()))
        {
            whole::write(&path, &metadata::in_jpeg(jpeg, origin))?;
            check.reference_image = Some(path.display().to_string());
        }
        if let Some((path, depth)) = self.path("depth", number, "png").zip(result.depth_map.as_ref()) {
            let png = Open::sample(depth, "videoconvert ! video/x-raw,format=GRAY16_BE ! pngenc")?;
            let png = bytes(Some(&png.first(TIMEOUT)?)).unwrap_or_default();
            whole::write(&path, &metadata::in_png(png, origin))?;
        }
        match self.path("light", number, "png").zip(light) {
            Some((path, light)) => picture::light::save(&path, &light.0, origin),
            None => Ok(()),
        }
    }

    /// Writes the session's record to `decision.json`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn decision(&self, record: &Value) -> Result<(), Failure> {
        match &self.folder {
            Some(folder) => whole::write(&folder.join("decision.json"), format!("{record:#}\n").as_bytes()),
            None => Ok(()),
        }
    }

    fn path(&self, what: &str, number: usize, kind: &str) -> Option<PathBuf> {
        let number = if self.several { format!("-{}", number + 1) } else { String::new() };
        self.folder.as_ref().map(|folder| folder.join(format!("{what}{number}.{kind}")))
    }
}

/// Returns the content of a sample.
pub fn bytes(sample: Option<&gst::Sample>) -> Option<Vec<u8>> {
    let map = sample?.buffer()?.map_readable().ok()?;
    Some(map.to_vec())
}
