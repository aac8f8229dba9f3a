//! From a file to a frame. Everything about the file is doubted.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use imagesize::ImageType;

use crate::failure::Failure;
use crate::input::Open;

const MAX_BYTES: u64 = 5_000_000;
/// More than any phone's camera delivers in 5 MB; keeps decompression bombs from being decoded.
const MAX_PIXELS: usize = 50_000_000;
const ENDINGS: [&str; 6] = ["jpg", "jpeg", "png", "tif", "tiff", "webp"];

/// The file's picture, upright by its orientation tag.
pub fn decode(path: &Path, deadline: Instant) -> Result<gst::Sample, Failure> {
    check_ending(path)?;
    let bytes = read(path)?;
    let (media, decoder) = decoder(&bytes)?;
    check_size(&bytes)?;
    let elements = format!("{decoder} ! videoconvert ! videoflip video-direction=auto");
    let open = Open::bytes(bytes, media, &elements)?;
    open.first(deadline.saturating_duration_since(Instant::now()))
}

/// By its name.
pub fn is_picture(path: &Path) -> bool {
    path.extension().is_some() && check_ending(path).is_ok()
}

/// A wrong ending is a mix-up that is better told than guessed about; the content decides what the file is.
fn check_ending(path: &Path) -> Result<(), Failure> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending {
        Some(ending) if !ENDINGS.contains(&ending.as_str()) => {
            Err(Failure::data(format!("only jpg, jpeg, png, tiff and webp are judged, not {ending}")))
        }
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |e: std::io::Error| Failure::no_input(format!("it cannot be read: {e}"));
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    match bytes.len() as u64 {
        0 => Err(Failure::data("it is empty")),
        1..=MAX_BYTES => Ok(bytes),
        _ => Err(Failure::data("it is larger than 5 MB")),
    }
}

/// The media type and the elements that decode it.
fn decoder(bytes: &[u8]) -> Result<(&'static str, &'static str), Failure> {
    match imagesize::image_type(bytes) {
        // The parser reads the orientation tag.
        Ok(ImageType::Jpeg) => Ok(("image/jpeg", "jpegparse ! jpegdec")),
        Ok(ImageType::Png) => Ok(("image/png", "pngdec")),
        Ok(ImageType::Tiff) => Ok(("image/tiff", "gdkpixbufdec")),
        Ok(ImageType::Webp) => Ok(("image/webp", "webpdec")),
        _ => Err(Failure::data("it is neither JPEG nor PNG, TIFF or WebP")),
    }
}

fn check_size(bytes: &[u8]) -> Result<(), Failure> {
    let size = imagesize::blob_size(bytes).map_err(|_| Failure::data("it is damaged: it tells no size"))?;
    let pixels = size.width.checked_mul(size.height);
    match pixels {
        Some(0) => Err(Failure::data("it has no pixels")),
        Some(..=MAX_PIXELS) => Ok(()),
        _ => Err(Failure::data(format!(
            "its {} × {} pixels are more than 50 megapixels",
            size.width, size.height
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::failure::Code;
    use super::*;

    #[test]
    fn the_ending_must_be_a_pictures() {
        for good in ["a.jpg", "b.JPEG", "c.webp", "d.tif", "stdin"] {
            assert!(check_ending(Path::new(good)).is_ok(), "{good}");
        }
        assert_eq!(check_ending(Path::new("a.gif")).unwrap_err().code, Code::Data);
    }

    #[test]
    fn a_decompression_bomb_is_refused_unopened() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend(30_000u32.to_be_bytes().repeat(2));
        png.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
        let failure = check_size(&png).unwrap_err();
        assert!(failure.text.contains("30000 × 30000"), "{failure}");
    }

    #[test]
    fn other_content_is_refused() {
        for bytes in
            [&b"hello, world, this is no picture"[..], b"GIF89a\x01\0\x01\0\0\0\0\0\0\0", &[0; 64], &[0xff]]
        {
            assert_eq!(decoder(bytes).unwrap_err().code, Code::Data);
        }
    }
}
