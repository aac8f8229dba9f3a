// SPDX-License-Identifier: MIT OR Apache-2.0

//! The single-frame reading against its reference: an independent implementation in Python (OpenCV and ONNX Runtime on
//! the package's untouched net) gave these figures for the astronaut with this box.

mod common;

use liveness_core::check::AntiSpoof;
use liveness_core::inference::ModelSource;
use liveness_core::vision::{Frame, Rect};

#[test]
fn the_reading_agrees_with_the_reference() {
    let picture = common::Picture::astronaut();
    let frame = Frame::rgb(&picture.rgb, picture.width, picture.height).unwrap();
    let reading = AntiSpoof::new(&ModelSource::Embedded)
        .unwrap()
        .read_box(&frame, &Rect::new(164.0, 60.0, 130.0, 130.0))
        .unwrap();
    assert!((reading.near - 1.000).abs() < 0.4, "{reading:?}");
    assert!((reading.wide - 7.553).abs() < 0.7, "{reading:?}");
    assert!((reading.border - 8.166).abs() < 0.5, "{reading:?}");
    assert!((reading.score() - 83.79).abs() < 5.0, "{reading:?}");
}

#[test]
fn the_score_is_steady_under_the_box() {
    let picture = common::Picture::astronaut();
    let frame = Frame::rgb(&picture.rgb, picture.width, picture.height).unwrap();
    let mut net = AntiSpoof::new(&ModelSource::Embedded).unwrap();
    for scale in [0.8, 0.9, 1.1, 1.2] {
        let score =
            net.read_box(&frame, &Rect::new(164.0, 60.0, 130.0, 130.0).square(scale)).unwrap().score();
        assert!((score - 83.79).abs() < 15.0, "{score} at {scale}");
    }
}
