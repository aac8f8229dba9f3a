//! The evidence folder: what a check leaves for people to look at.

use std::path::Path;

use gstliveness::elements::message::ResultBody;

use super::failure::Failure;
use super::input::Open;
use super::picture;
use super::verdict::Decision;

const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(20);

/// Makes sure that the folder is there.
pub fn prepare(folder: &Path) -> Result<(), Failure> {
    picture::available()?;
    let made = std::fs::create_dir_all(folder);
    made.map_err(|e| Failure::output(format!("{} cannot be made: {e}", folder.display())))
}

/// Writes `decision.json`, and what there is of `reference.jpg` (the best portrait), `depth.png` (16 bits, near is bright) and
/// `light.png` (what the secret light showed).
pub fn save(folder: &Path, result: &ResultBody, decision: &Decision) -> Result<(), Failure> {
    let json = serde_json::to_vec_pretty(&decision.json).map_err(|e| Failure::internal(e.to_string()))?;
    write(&folder.join("decision.json"), &json)?;
    if let Some(Ok(jpeg)) =
        result.reference_image.as_ref().and_then(|s| s.buffer()).map(gst::BufferRef::map_readable)
    {
        write(&folder.join("reference.jpg"), &jpeg)?;
    }
    if let Some(depth) = &result.depth_map {
        let png =
            Open::sample(depth, "videoconvert ! video/x-raw,format=GRAY16_BE ! pngenc")?.first(TIMEOUT)?;
        if let Some(Ok(png)) = png.buffer().map(gst::BufferRef::map_readable) {
            write(&folder.join("depth.png"), &png)?;
        }
    }
    match &result.light {
        Some(light) => picture::light::save(&folder.join("light.png"), &light.0),
        None => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|e| Failure::output(format!("{} cannot be written: {e}", path.display())))
}
