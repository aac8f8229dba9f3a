// SPDX-License-Identifier: MIT OR Apache-2.0

//! The index of faces from the command line.
//!
//! Embeddings need ONNX Runtime (`ORT_DYLIB_PATH`).

#[path = "../../../tests/common/mod.rs"]
mod common;

use std::process::Command;

use common::Picture;

#[test]
fn a_leaning_or_blurred_face_is_not_added_to_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, picture: &Picture| {
        let path = folder.path().join(name);
        let (width, height) = (picture.width as u32, picture.height as u32);
        image::RgbImage::from_raw(width, height, picture.rgb.clone()).unwrap().save(&path).unwrap();
        path
    };
    let add = |path: &std::path::Path| {
        let launch = Command::new(env!("CARGO_BIN_EXE_liveness-launch"))
            .args(["faces", "add", path.to_str().unwrap(), "--store", "s.db"])
            .env("LIVENESS_STORE_KEY", "a key that nobody would ever guess")
            .current_dir(folder.path())
            .output();
        launch.unwrap()
    };
    for (picture, why) in [
        (Picture::leaning(60.0), "the head leans"),
        (Picture::leaning(-120.0), "the head leans"),
        (Picture::astronaut().blurred(6), "it is blurred"),
        (Picture::astronaut().lit(0.1), "it is too dark"),
    ] {
        let output = add(&save("face.png", &picture));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(65), "{told}");
        assert!(told.contains("would never match") && told.contains(why), "{told}");
    }
    let output = add(&save("good.png", &Picture::astronaut()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
