// SPDX-License-Identifier: MIT OR Apache-2.0

//! The origin of a picture in its file: text chunks in PNG, a comment in JPEG.

use crate::provenance::Provenance;

/// Size of the signature and the header chunk of a PNG file in bytes.
const PNG_HEAD: usize = 8 + 25;
/// Start-of-image marker.
const JPEG_START: [u8; 2] = [0xff, 0xd8];
/// Comment marker.
const JPEG_COMMENT: [u8; 2] = [0xff, 0xfe];

/// Adds the origin to a PNG as text chunks (`iTXt`) after the header chunk. Content that is not PNG is
/// returned unchanged.
pub fn in_png(mut png: Vec<u8>, origin: &Provenance) -> Vec<u8> {
    if png.len() >= PNG_HEAD && png.starts_with(b"\x89PNG\r\n\x1a\n") {
        let chunks = origin.entries().into_iter().flat_map(|(keyword, value)| text_chunk(&keyword, value));
        png.splice(PNG_HEAD..PNG_HEAD, chunks);
    }
    png
}

/// Returns an `iTXt` chunk with uncompressed UTF-8 and no language.
fn text_chunk(keyword: &str, value: &str) -> Vec<u8> {
    let content = [b"iTXt", keyword.as_bytes(), b"\0\0\0\0\0", value.as_bytes()].concat();
    let length = u32::try_from(content.len() - 4).unwrap_or_default();
    [&length.to_be_bytes()[..], &content, &crc32fast::hash(&content).to_be_bytes()].concat()
}

/// Adds the origin to a JPEG as a comment after the start of the picture, with one line per value. Content
/// that is not JPEG is returned unchanged.
pub fn in_jpeg(mut jpeg: Vec<u8>, origin: &Provenance) -> Vec<u8> {
    let lines = origin.entries().into_iter().map(|(keyword, value)| format!("{keyword}: {value}\n"));
    let comment = lines.collect::<String>();
    if let Ok(length) = u16::try_from(comment.len() + 2)
        && jpeg.starts_with(&JPEG_START)
    {
        let segment = [&JPEG_COMMENT[..], &length.to_be_bytes(), comment.as_bytes()].concat();
        jpeg.splice(2..2, segment);
    }
    jpeg
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::provenance::Net;

    fn origin() -> Provenance {
        Provenance {
            created_at: "2026-01-02T03:04:05Z".into(),
            software: "test 1",
            session_id: "s".into(),
            check: "Tür".into(),
            verdict: "Approved, score 88.7 of 100".into(),
            data_sha256: "ab".repeat(32),
            models: vec![Net { file: "antispoof.onnx".into(), sha256: "cd".repeat(32) }],
        }
    }

    #[test]
    fn a_png_carries_its_origin_and_is_still_the_same_picture() {
        let picture = image::RgbImage::from_fn(7, 5, |x, y| image::Rgb([x as u8, y as u8, 9]));
        let mut plain = Cursor::new(Vec::new());
        picture.write_to(&mut plain, image::ImageFormat::Png).unwrap();
        let marked = in_png(plain.into_inner(), &origin());
        assert_eq!(image::load_from_memory(&marked).unwrap().to_rgb8(), picture);
        let decoder = png::Decoder::new(Cursor::new(&marked)).read_info().unwrap();
        let texts: Vec<_> = decoder.info().utf8_text.iter().collect();
        let texts: Vec<_> = texts.iter().map(|t| (t.keyword.clone(), t.get_text().unwrap())).collect();
        let wanted: Vec<_> = origin().entries().into_iter().map(|(k, v)| (k, v.to_owned())).collect();
        assert_eq!(texts, wanted);
        assert_eq!(in_png(b"no picture".to_vec(), &origin()), b"no picture");
    }

    #[test]
    fn a_jpeg_carries_its_origin_and_is_still_the_same_picture() {
        let picture = image::RgbImage::from_pixel(16, 8, image::Rgb([200, 100, 50]));
        let mut plain = Cursor::new(Vec::new());
        picture.write_to(&mut plain, image::ImageFormat::Jpeg).unwrap();
        let (plain, marked) = (plain.get_ref().clone(), in_jpeg(plain.into_inner(), &origin()));
        let decoded = |jpeg: &[u8]| zune_jpeg::JpegDecoder::new(Cursor::new(jpeg)).decode().unwrap();
        assert_eq!(decoded(&marked), decoded(&plain));
        let text = String::from_utf8_lossy(&marked).into_owned();
        for line in
            ["Session: s\n", "Check: Tür\n", "Verdict: Approved, score 88.7 of 100\n", "Software: test 1\n"]
        {
            assert!(text.contains(line), "{line}");
        }
        assert_eq!(in_jpeg(Vec::new(), &origin()), Vec::<u8>::new());
    }
}
