//! What a session leaves behind: a folder with its decision, reference images, depth maps and what the light showed.

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

/// Encoding a picture takes milliseconds; this is for a machine on its knees.
const TIMEOUT: Duration = Duration::from_secs(20);

pub struct Evidence {
    /// `None` when nothing is to be kept.
    folder: Option<PathBuf>,
    /// Several checks' files are numbered.
    several: bool,
}

impl Evidence {
    /// Keeps in `folder`, or else in the session's own one below the workflow's.
    pub fn new(folder: Option<&Path>, workflow: &Workflow, session_id: &str) -> Result<Self, Failure> {
        let below = workflow.settings.evidence.as_ref().map(|name| Path::new(&name.0).join(session_id));
        // Absolute, so that the decision's paths hold wherever it is read.
        let folder = folder.map(Path::to_path_buf).or(below).map(path::absolute).transpose();
        let folder = folder.map_err(|e| Failure::output(format!("evidence cannot be kept: {e}")))?;
        if let Some(folder) = &folder {
            picture::available()?;
            let made = private::Folder::make(folder);
            made.map_err(|e| Failure::output(format!("{} cannot be used: {e}", folder.display())))?;
        }
        Ok(Self { folder, several: workflow.nodes.len() > 1 })
    }

    pub fn is_kept(&self) -> bool {
        self.folder.is_some()
    }

    /// Keeps what there is of a check's pictures, and names the portrait in its JSON: `reference.jpg`, `depth.png` (16 bits,
    /// near is bright), `light.png` (what the secret light showed). Each file says where it comes from.
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

/// A sample's content.
pub fn bytes(sample: Option<&gst::Sample>) -> Option<Vec<u8>> {
    let map = sample?.buffer()?.map_readable().ok()?;
    Some(map.to_vec())
}
