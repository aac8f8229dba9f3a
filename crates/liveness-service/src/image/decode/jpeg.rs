// SPDX-License-Identifier: MIT OR Apache-2.0

//! JPEG, baseline and progressive, with any chroma sampling, in grey, YCbCr, RGB, CMYK and YCCK.

mod segments;

use ::image::metadata::Orientation;
use ::image::{DynamicImage, GrayImage, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{check_size, damaged, incomplete, orientation, unsupported};
use crate::failure::Failure;

/// Padding for the bit reader, which may fetch bytes after the last coefficient.
const READ_AHEAD: [u8; 8] = [0; 8];

/// Decodes a JPEG file. Returns the pixels as stored, and the orientation to apply.
///
/// # Errors
/// `Code::Data` if the file is incomplete, damaged, unsupported or too large.
pub fn decode(bytes: &[u8]) -> Result<(DynamicImage, Orientation), Failure> {
    let end = segments::read(bytes).ok_or_else(incomplete)?;
    if end.progressive {
        return pixels(&bytes[..end.after_marker()]);
    }
    // With an end marker, the decoder fills missing rows with grey. Without it, missing rows are an error.
    pixels(&[&bytes[..end.marker], &READ_AHEAD].concat())
}

fn pixels(bytes: &[u8]) -> Result<(DynamicImage, Orientation), Failure> {
    // `check_size` below limits the number of pixels instead.
    let options =
        DecoderOptions::default().set_strict_mode(true).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(failure)?;
    let (width, height) =
        decoder.info().map(|info| (info.width.into(), info.height.into())).unwrap_or((0, 0));
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (space, channels) = if grey { (ColorSpace::Luma, 1) } else { (ColorSpace::RGB, 3) };
    check_size(width, height, u64::from(width) * u64::from(height) * channels)?;
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let orientation = orientation(decoder.exif().map(Vec::as_slice));
    let pixels = decoder.decode().map_err(failure)?;
    let picture = match grey {
        true => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        false => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
    };
    Ok((picture.ok_or_else(incomplete)?, orientation))
}

fn failure(error: DecodeErrors) -> Failure {
    match error {
        DecodeErrors::Unsupported(kind) => unsupported("JPEG", &format!("{kind:?}")),
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => incomplete(),
        DecodeErrors::FormatStatic("Premature end of buffer") => incomplete(),
        error => damaged(&format!("{error:?}")),
    }
}
