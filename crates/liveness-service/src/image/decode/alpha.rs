// SPDX-License-Identifier: MIT OR Apache-2.0

//! Transparency: a picture is checked as a viewer shows it on a white page.

use ::image::{DynamicImage, RgbImage};

const WHITE: u32 = 255;

/// Blends the picture with a white background. Uses the stored (gamma-encoded) values, as viewers do.
pub fn flatten(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let source = picture.into_rgba8();
    let mut flat = RgbImage::new(source.width(), source.height());
    for (from, to) in source.pixels().zip(flat.pixels_mut()) {
        let [rgb @ .., alpha] = from.0;
        to.0 = rgb.map(|value| blend(value, alpha));
    }
    flat
}

fn blend(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    // A weighted mean of two bytes, rounded.
    ((value * alpha + WHITE * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::{LumaA, Rgba, RgbaImage};

    #[test]
    fn what_is_transparent_is_white() {
        for (value, alpha, flat) in [(0, 0, 255), (0, 255, 0), (77, 255, 77), (0, 128, 127), (255, 3, 255)] {
            assert_eq!(blend(value, alpha), flat, "{value} {alpha}");
        }
        let colours = RgbaImage::from_pixel(3, 2, Rgba([10, 200, 30, 0]));
        assert!(flatten(colours.into()).pixels().all(|pixel| pixel.0 == [255; 3]));
        let greys = ::image::ImageBuffer::from_pixel(3, 2, LumaA([0u16, 0x8000]));
        assert!(flatten(greys.into()).pixels().all(|pixel| pixel.0 == [127; 3]));
    }
}
