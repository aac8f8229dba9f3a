// SPDX-License-Identifier: MIT OR Apache-2.0

//! Decoding of picture files to upright RGB pixels with memory-safe decoders. Sizes are checked before pixels
//! are allocated.

mod alpha;
mod jpeg;
mod png;
mod webp;

use std::io::Cursor;

use ::image::codecs::png::PngDecoder;
use ::image::codecs::tiff::TiffDecoder;
use ::image::codecs::webp::WebPDecoder;
use ::image::metadata::Orientation;
use ::image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, Limits, RgbImage, guess_format};

use crate::failure::Failure;

/// Maximum number of pixels: more than any phone's camera delivers in 5 MB. Protects against decompression
/// bombs.
const MAX_PIXELS: u64 = 50_000_000;
/// Maximum size of the decoded pixels in bytes: enough for `MAX_PIXELS` in 8-bit RGBA. Pictures with 16 bits
/// per channel reach it at 33 to 44 megapixels.
const MAX_DECODED_BYTES: u64 = 1 << 28;

/// Decodes a JPEG, PNG, TIFF or WebP file, or the first frame of an animation. Applies the file's orientation
/// tag and blends transparency with white. Ignores colour profiles.
///
/// # Errors
/// `Code::Data` if the file is not a complete picture within the limits.
pub fn upright(bytes: &[u8]) -> Result<RgbImage, Failure> {
    let (pixels, orientation) = match guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => jpeg::decode(bytes)?,
        Ok(ImageFormat::Png) => png(bytes)?,
        Ok(ImageFormat::Tiff) => tiff(bytes)?,
        Ok(ImageFormat::WebP) => webp(bytes)?,
        _ => return Err(Failure::data("it is neither JPEG nor PNG, TIFF or WebP")),
    };
    let mut upright = DynamicImage::ImageRgb8(alpha::flatten(pixels));
    upright.apply_orientation(orientation);
    Ok(upright.into_rgb8())
}

fn png(bytes: &[u8]) -> Result<(DynamicImage, Orientation), Failure> {
    // The decoder reads metadata only up to the pixels, and does not check that the file continues after
    // them.
    let chunks = png::read_chunks(bytes).ok_or_else(incomplete)?;
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits()).map_err(|e| failure("PNG", e))?;
    Ok((pixels("PNG", decoder)?, orientation(chunks.exif)))
}

fn tiff(bytes: &[u8]) -> Result<(DynamicImage, Orientation), Failure> {
    let failed = |e| failure("TIFF", e);
    let mut decoder = TiffDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    let orientation = decoder.orientation().map_err(failed)?;
    Ok((pixels("TIFF", decoder)?, orientation))
}

fn webp(bytes: &[u8]) -> Result<(DynamicImage, Orientation), Failure> {
    if !webp::is_complete(bytes) {
        return Err(incomplete());
    }
    let failed = |e| failure("WebP", e);
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    let exif = decoder.exif_metadata().map_err(failed)?;
    Ok((pixels("WebP", decoder)?, orientation(exif.as_deref())))
}

fn pixels(kind: &str, mut decoder: impl ImageDecoder) -> Result<DynamicImage, Failure> {
    let (width, height) = decoder.dimensions();
    check_size(width, height, decoder.total_bytes())?;
    let failed = |e| failure(kind, e);
    decoder.set_limits(limits()).map_err(failed)?;
    DynamicImage::from_decoder(decoder).map_err(failed)
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    limits
}

/// Checks the number of pixels, and the size of the decoded pixels in `bytes`.
fn check_size(width: u32, height: u32, bytes: u64) -> Result<(), Failure> {
    match u64::from(width) * u64::from(height) {
        0 => Err(Failure::data("it has no pixels")),
        1..=MAX_PIXELS if bytes <= MAX_DECODED_BYTES => Ok(()),
        1..=MAX_PIXELS => {
            Err(Failure::data(format!("its {width} × {height} pixels take more than 256 MiB of memory")))
        }
        _ => Err(Failure::data(format!("its {width} × {height} pixels are more than 50 megapixels"))),
    }
}

/// Returns the orientation in Exif data. Some programs store the data with the header that only JPEG
/// requires.
fn orientation(exif: Option<&[u8]>) -> Orientation {
    let exif = exif.map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif));
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

fn incomplete() -> Failure {
    Failure::data("it holds no whole picture: the file is cut off")
}

fn failure(kind: &str, error: ImageError) -> Failure {
    match error {
        ImageError::Unsupported(e) => unsupported(kind, &e),
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => incomplete(),
        error => damaged(&error),
    }
}

fn unsupported(kind: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::data(format!("this kind of {kind} cannot be read; convert it to a plain JPEG or PNG ({why})"))
}

fn damaged(why: &dyn std::fmt::Display) -> Failure {
    Failure::data(format!("it cannot be decoded: {why}"))
}

#[cfg(test)]
mod tests;
