//! What a session leaves behind: a folder with its decision, reference images and depth maps.

use std::fs;
use std::path::{Path, PathBuf};

use gstliveness::elements::message::ResultBody;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::whole;
use crate::workflow::Settings;

/// Encoding a picture takes milliseconds; this is for a machine on its knees.
const TIMEOUT: gst::ClockTime = gst::ClockTime::from_seconds(2);

pub struct Evidence {
    /// `None` when nothing is to be kept.
    folder: Option<PathBuf>,
}

impl Evidence {
    pub fn new(settings: &Settings, session_id: &str) -> Result<Self, Failure> {
        let folder = settings.evidence.as_ref().map(|name| Path::new(&name.0).join(session_id));
        if let Some(folder) = &folder {
            let made = fs::create_dir_all(folder);
            made.map_err(|e| Failure::output(format!("{} cannot be made: {e}", folder.display())))?;
        }
        Ok(Self { folder })
    }

    /// Keeps a check's pictures and names them in its JSON.
    pub fn pictures(
        &self,
        number: usize,
        result: &ResultBody,
        check: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        if let Some(jpeg) = bytes(result.reference_image.as_ref()) {
            let path = folder.join(format!("reference-{}.jpg", number + 1));
            whole::write(&path, &jpeg)?;
            check.insert("reference_image".into(), path.display().to_string().into());
        }
        if let Some(depth) = &result.depth_map {
            // 16 bits, as it is.
            let png =
                gst_video::convert_sample(depth, &gst::Caps::new_empty_simple("image/png"), Some(TIMEOUT));
            let png =
                png.map_err(|e| Failure::unavailable(format!("the depth map cannot be encoded: {e}")))?;
            whole::write(
                &folder.join(format!("depth-{}.png", number + 1)),
                &bytes(Some(&png)).unwrap_or_default(),
            )?;
        }
        Ok(())
    }

    pub fn decision(&self, record: &Value) -> Result<(), Failure> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        whole::write(&folder.join("decision.json"), format!("{record:#}\n").as_bytes())
    }
}

/// A sample's content.
pub fn bytes(sample: Option<&gst::Sample>) -> Option<Vec<u8>> {
    let map = sample?.buffer()?.map_readable().ok()?;
    Some(map.to_vec())
}
