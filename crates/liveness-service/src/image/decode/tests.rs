// SPDX-License-Identifier: MIT OR Apache-2.0

use ::image::codecs::jpeg::JpegEncoder;
use ::image::codecs::png::PngEncoder;
use ::image::codecs::webp::WebPEncoder;
use ::image::{ExtendedColorType, ImageEncoder, Rgb, Rgba, RgbaImage};
use proptest::prelude::*;

use super::*;
use crate::failure::Code;

const CMYK: &[u8] = include_bytes!("../../../../../tests/media/cmyk.jpg");
const YCCK: &[u8] = include_bytes!("../../../../../tests/media/ycck.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("../../../../../tests/media/progressive.jpg");
const ANIMATED: &[u8] = include_bytes!("../../../../../tests/media/animated.webp");
const PORTRAIT: &[u8] = include_bytes!("../../../../../examples/media/astronaut.png");

/// Returns a picture, wider than high, with a different colour in each quarter.
fn corners() -> RgbImage {
    let colour = |x, y| match (x < 16, y < 8) {
        (true, true) => Rgb([200, 30, 40]),
        (false, true) => Rgb([30, 200, 40]),
        (true, false) => Rgb([40, 30, 200]),
        (false, false) => Rgb([220, 220, 220]),
    };
    RgbImage::from_fn(48, 24, colour)
}

/// Returns Exif data that contains only an orientation.
fn exif(orientation: Orientation, big_endian: bool) -> Vec<u8> {
    let (short, long) = if big_endian {
        ((|v| u16::to_be_bytes(v)) as fn(u16) -> [u8; 2], (|v| u32::to_be_bytes(v)) as fn(u32) -> [u8; 4])
    } else {
        ((|v| u16::to_le_bytes(v)) as fn(u16) -> [u8; 2], (|v| u32::to_le_bytes(v)) as fn(u32) -> [u8; 4])
    };
    let mut exif = if big_endian { b"MM".to_vec() } else { b"II".to_vec() };
    exif.extend([short(42).as_slice(), &long(8), &short(1)].concat());
    exif.extend(
        [short(0x112).as_slice(), &short(3), &long(1), &short(orientation.to_exif().into()), &[0; 6]]
            .concat(),
    );
    exif
}

fn png_of(picture: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = PngEncoder::new(&mut file);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    file
}

fn webp_of(picture: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut file);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    file
}

fn jpeg_of(picture: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, 95);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    file
}

/// Returns an uncompressed TIFF whose directory precedes its pixels.
fn tiff_of(picture: &RgbImage, orientation: Orientation) -> Vec<u8> {
    let pixels = picture.as_raw();
    const ENTRIES: u16 = 10;
    let after_directory = 8 + 2 + u32::from(ENTRIES) * 12 + 4;
    let entries: [(u16, u32, u32); ENTRIES as usize] = [
        (256, 1, picture.width()),
        (257, 1, picture.height()),
        (258, 3, after_directory),
        (259, 1, 1),
        (262, 1, 2),
        (273, 1, after_directory + 6),
        (274, 1, orientation.to_exif().into()),
        (277, 1, 3),
        (278, 1, picture.height()),
        (279, 1, pixels.len() as u32),
    ];
    let mut file = [b"II*\0".as_slice(), &8u32.to_le_bytes(), &ENTRIES.to_le_bytes()].concat();
    for (tag, count, value) in entries {
        let kind: u16 = if matches!(tag, 273 | 279) { 4 } else { 3 };
        let fields =
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()];
        file.extend(fields.concat());
    }
    file.extend([0; 4]);
    file.extend(8u16.to_le_bytes().repeat(3));
    file.extend(pixels);
    file
}

/// Returns the pixels that `orientation` turns into `picture`.
fn stored(picture: &RgbImage, orientation: Orientation) -> RgbImage {
    let inverse = match orientation {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        own => own,
    };
    let mut stored = DynamicImage::from(picture.clone());
    stored.apply_orientation(inverse);
    stored.into_rgb8()
}

/// Moves the chunk of this type after the pixels, where PNG allows it, too.
fn with_last(png: &[u8], kind: &[u8; 4]) -> Vec<u8> {
    let at = png.windows(4).position(|bytes| bytes == kind).unwrap() - 4;
    let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize + 12;
    let end = png.len() - 12;
    [&png[..at], &png[at + length..end], &png[at..at + length], &png[end..]].concat()
}

#[track_caller]
fn assert_like(found: &RgbImage, expected: &RgbImage, tolerance: u8) {
    assert_eq!(found.dimensions(), expected.dimensions());
    let far =
        found.as_raw().iter().zip(expected.as_raw()).filter(|(a, b)| a.abs_diff(**b) > tolerance).count();
    assert_eq!(far, 0);
}

#[test]
fn every_orientation_is_honoured_in_every_kind_of_file() {
    let picture = corners();
    for orientation in (1..=8).map(|value| Orientation::from_exif(value).unwrap()) {
        let stored = stored(&picture, orientation);
        for big_endian in [false, true] {
            let exif = exif(orientation, big_endian);
            let with_header = [b"Exif\0\0", exif.as_slice()].concat();
            let png = png_of(&stored, Some(exif.clone()));
            assert_eq!(upright(&png).unwrap(), picture, "PNG {orientation:?}");
            assert_eq!(upright(&with_last(&png, b"eXIf")).unwrap(), picture, "PNG, late {orientation:?}");
            assert_eq!(upright(&png_of(&stored, Some(with_header.clone()))).unwrap(), picture);
            assert_eq!(
                upright(&webp_of(&stored, Some(exif.clone()))).unwrap(),
                picture,
                "WebP {orientation:?}"
            );
            assert_eq!(upright(&webp_of(&stored, Some(with_header))).unwrap(), picture);
            assert_like(&upright(&jpeg_of(&stored, Some(exif))).unwrap(), &picture, 40);
        }
        assert_eq!(upright(&tiff_of(&stored, orientation)).unwrap(), picture, "TIFF {orientation:?}");
    }
}

#[test]
fn an_orientation_that_is_none_turns_nothing() {
    let picture = corners();
    for exif in [&b""[..], b"Exif\0\0", b"II*\0\xff\xff\xff\xff", &[0; 40]] {
        assert_eq!(upright(&png_of(&picture, Some(exif.to_vec()))).unwrap(), picture);
    }
}

#[test]
fn inks_are_colours() {
    let portrait = upright(PORTRAIT).unwrap();
    let face = ::image::imageops::crop_imm(&portrait, 60, 0, 300, 300).to_image();
    for (name, file) in [("CMYK", CMYK), ("YCCK", YCCK), ("progressive", PROGRESSIVE), ("animated", ANIMATED)]
    {
        let found = upright(file).unwrap();
        assert_eq!(found.dimensions(), face.dimensions(), "{name}");
        let differences = found.as_raw().iter().zip(face.as_raw()).map(|(a, b)| f64::from(a.abs_diff(*b)));
        let mean = differences.sum::<f64>() / face.as_raw().len() as f64;
        assert!(mean < 6.0, "{name}: {mean}");
    }
}

#[test]
fn an_invisible_picture_is_a_white_sheet() {
    let picture = RgbaImage::from_fn(9, 7, |x, y| Rgba([x as u8, y as u8, 100, 0]));
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(&picture, 9, 7, ExtendedColorType::Rgba8).unwrap();
    assert!(upright(&file).unwrap().pixels().all(|pixel| pixel.0 == [255; 3]));
}

/// Returns complete files of every kind; small ones for kinds that our own encoders write.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let portrait = upright(PORTRAIT).unwrap();
    let face = ::image::imageops::thumbnail(&portrait, 96, 96);
    vec![
        ("JPEG", jpeg_of(&face, None)),
        ("grey JPEG", {
            let grey = DynamicImage::from(face.clone()).into_luma8();
            let mut file = Vec::new();
            JpegEncoder::new(&mut file).write_image(&grey, 96, 96, ExtendedColorType::L8).unwrap();
            file
        }),
        ("progressive JPEG", PROGRESSIVE.to_vec()),
        ("CMYK JPEG", CMYK.to_vec()),
        ("PNG", png_of(&face, None)),
        ("WebP", webp_of(&face, None)),
        ("animated WebP", ANIMATED.to_vec()),
        ("TIFF", tiff_of(&face, Orientation::NoTransforms)),
    ]
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_no_picture() {
    for (name, file) in files() {
        assert!(upright(&file).is_ok(), "{name}");
        let steps = 60;
        let ends = (0..steps).map(|step| file.len() * step / steps).chain(file.len() - 30..file.len());
        for end in ends.filter(|end| *end > 16) {
            let failure = upright(&file[..end]).err().unwrap_or_else(|| panic!("{name} of {end} bytes"));
            assert_eq!(failure.code, Code::Data, "{name} of {end} bytes");
        }
    }
}

#[test]
fn a_jpeg_that_was_cut_off_and_given_an_end_is_no_picture() {
    const END: [u8; 2] = [0xFF, 0xD9];
    for (name, file) in files().into_iter().filter(|(name, _)| name.contains("JPEG")) {
        // The last scan of a progressive file only refines the earlier ones.
        let whole = if name.starts_with("progressive") { file.len() * 3 / 5 } else { file.len() - 12 };
        for end in (1..40).map(|step| whole * step / 40) {
            let failure = upright(&[&file[..end], &END].concat()).err();
            assert!(failure.is_some_and(|failure| failure.code == Code::Data), "{name} of {end} bytes");
        }
    }
}

/// Phones store more data after the end of a picture.
#[test]
fn what_follows_a_picture_is_not_read() {
    let picture = corners();
    for file in [jpeg_of(&picture, None), png_of(&picture, None)] {
        let longer = [file.as_slice(), PROGRESSIVE, &[0xFF; 100]].concat();
        assert_eq!(upright(&longer).unwrap(), upright(&file).unwrap());
    }
}

/// Returns a PNG with only a header and an end.
fn png_header(width: u32, height: u32, depth: u8, crc: u32) -> Vec<u8> {
    const RGBA: u8 = 6;
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    png.extend([depth, RGBA, 0, 0, 0]);
    png.extend(crc.to_be_bytes());
    // An empty chunk of pixels: the announced pixels are missing.
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    png
}

#[test]
fn a_decompression_bomb_is_refused_unopened() {
    let failure = upright(&png_header(30_000, 30_000, 8, 0x6627_f8ba)).unwrap_err();
    assert!(failure.text.contains("30000 × 30000"), "{failure}");
    let failure = upright(&png_header(6000, 8000, 16, 0x8451_12ca)).unwrap_err();
    assert!(failure.text.contains("256 MiB"), "{failure}");
    let mut jpeg = jpeg_of(&corners(), None);
    let frame = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].fill(0xFF);
    let failure = upright(&jpeg).unwrap_err();
    assert!(failure.text.contains("65535 × 65535"), "{failure}");
}

#[test]
fn other_content_is_refused() {
    for bytes in
        [&b"hello, world, this is no picture"[..], b"GIF89a\x01\0\x01\0\0\0\0\0\0\0", &[0; 64], &[0xff]]
    {
        assert_eq!(upright(bytes).unwrap_err().code, Code::Data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn damage_never_panics(which in 0usize..8, damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let (_, mut file) = FILES.with(|files| files[which].clone());
        for (at, value) in damages {
            let at = at.index(file.len());
            file[at] = value;
        }
        if let Err(failure) = upright(&file) {
            prop_assert_eq!(failure.code, Code::Data);
        }
    }
}

thread_local! {
    static FILES: Vec<(&'static str, Vec<u8>)> = files();
}
