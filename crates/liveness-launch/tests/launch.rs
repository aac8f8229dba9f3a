// SPDX-License-Identifier: MIT OR Apache-2.0

//! `liveness-launch` as its users meet it: output, files and exit status.
//!
//! Decisions need ONNX Runtime (`ORT_DYLIB_PATH`); the rest does not.

#[path = "common/terminal.rs"]
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use terminal::lines_at_a_terminal;

const WORKFLOW: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/workflows/passive.json");
const PORTRAIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/media/astronaut.png");

fn launcher(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liveness-launch"));
    command.args(args);
    command
}

fn launch(args: &[&str]) -> Output {
    launcher(args).output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {output:?}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

fn lines_of(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// It fails with `code`, prints nothing, and says in one line what `words` say.
#[track_caller]
fn assert_fails(output: &Output, code: i32, words: &str) {
    let text = said(output);
    assert_eq!(status(output), code, "{text}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(text.contains(words), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("liveness-launch:")).count(), 1, "{text}");
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        self.name(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The portrait through some GStreamer elements.
    fn portrait(&self, name: &str, elements: &str) -> String {
        gst::init().unwrap();
        let file = self.name(name);
        let line = format!(
            "filesrc location={PORTRAIT} ! pngdec ! videoconvert ! {elements} ! filesink location={file}"
        );
        let pipeline = gst::parse::launch(&line).unwrap();
        use gst::prelude::*;
        pipeline.set_state(gst::State::Playing).unwrap();
        let ends = [gst::MessageType::Eos, gst::MessageType::Error];
        let end =
            pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(20), &ends).unwrap();
        assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
        pipeline.set_state(gst::State::Null).unwrap();
        file
    }
}

fn png_size(path: &Path) -> (u32, u32) {
    let png = fs::read(path).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (side(16), side(20))
}

/// The session's only check.
fn check(session: &Value) -> &Value {
    &session["decision"]["liveness_checks"][0]
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

// run

#[test]
fn the_test_source_is_approved_and_leaves_its_pictures() {
    let folder = Folder::new();
    let (picture, reference) = (folder.name("seen.png"), folder.name("face.jpg"));
    let args = ["run", WORKFLOW, "--source", "test", "--picture", &picture, "--reference", &reference];
    let output = launch(&args);
    assert_eq!(status(&output), 0, "{}", said(&output));
    let session = json_of(&output);
    let fields = ["session_id", "workflow_id", "status", "vendor_data", "metadata", "created_at", "decision"];
    assert_eq!((keys(&session), keys(&session["decision"])), (fields.to_vec(), vec!["liveness_checks"]));
    assert_eq!(session["status"], "Approved");
    assert_eq!(check(&session)["node_id"], "passive-liveness");
    assert_eq!(check(&session)["method"], "PASSIVE");
    assert!(said(&output).contains("● Approved"), "{}", said(&output));
    // The frame (512 × 512) at 1080 pixels, and the panel.
    assert_eq!(png_size(Path::new(&picture)), (1080, 1390));
    assert!(fs::read(&reference).unwrap().starts_with(&[0xff, 0xd8, 0xff]));
    [&picture, &reference].into_iter().for_each(|path| assert_origin(&fs::read(path).unwrap(), &session));
}

#[test]
fn json_lines_end_with_the_result_and_hold_no_picture() {
    let output = launch(&["run", WORKFLOW, "--source", "test", "--json"]);
    assert_eq!(status(&output), 0, "{}", said(&output));
    let lines = lines_of(&output);
    let names: Vec<_> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"liveness/progress") && names.contains(&"liveness/guidance"), "{names:?}");
    assert_eq!(names.iter().filter(|name| **name == "liveness/result").count(), 1);
    let result = lines.last().unwrap();
    assert_eq!(result["name"], "liveness/result");
    assert_eq!(result["json"]["status"], result["status"]);
    assert_eq!(keys(&result["reference-image"]), ["media_type", "bytes"]);
    assert!(lines.iter().all(|line| line["attempt"] == 1 && line["method"] == "passive"));
}

#[test]
fn what_is_handed_in_comes_out_again() {
    let folder = Folder::new();
    let workflow = json!({
        "method": "passive", "frames": 1, "vendor_data": "user-7", "metadata": {"a": [1, null]}, "node_id": "kiosk 3",
    });
    let workflow = folder.file("w.json", workflow.to_string());
    let session = json_of(&launch(&["run", &workflow, "--source", &format!("file:{PORTRAIT}")]));
    assert_eq!(session["vendor_data"], "user-7");
    assert_eq!(session["metadata"], json!({"a": [1, null]}));
    assert_eq!(check(&session)["node_id"], "kiosk 3");
}

#[test]
fn the_picture_of_a_camera_with_odd_pixels_is_drawn_as_it_is_displayed() {
    let folder = Folder::new();
    let workflow = folder.file("w.json", r#"{"method":"passive"}"#);
    let picture = folder.name("seen.png");
    let source = format!(
        "pipeline:filesrc location={PORTRAIT} ! pngdec ! imagefreeze num-buffers=30 ! videoconvert \
         ! videoscale add-borders=false ! video/x-raw,width=256,height=512,pixel-aspect-ratio=2/1,framerate=30/1"
    );
    let output = launch(&["run", &workflow, "--source", &source, "--picture", &picture]);
    assert_eq!(status(&output), 0, "{}", said(&output));
    assert_eq!(png_size(Path::new(&picture)), (1080, 1390));
}

#[test]
fn a_source_without_a_face_is_declined_after_its_attempts() {
    let folder = Folder::new();
    let workflow = r#"{"method":"passive","max_attempts":2,"attempt_timeout_s":0.5}"#;
    let workflow = folder.file("w.json", workflow);
    let picture = folder.name("seen.png");
    let source = "pipeline:videotestsrc num-buffers=120 ! video/x-raw,width=320,height=240";
    let output = launch(&["run", &workflow, "--source", source, "--picture", &picture]);
    assert_eq!(status(&output), 1, "{}", said(&output));
    let session = json_of(&output);
    assert_eq!(check(&session)["warnings"][0]["risk"], "NO_FACE_DETECTED");
    assert_eq!(check(&session)["evidence"]["attempts_used"], 2);
    assert!(said(&output).contains("once more, 1 of 2 attempts left"), "{}", said(&output));
    assert_eq!(png_size(Path::new(&picture)), (1080, 1120));
}

#[test]
fn thresholds_of_the_workflow_count() {
    let folder = Folder::new();
    let review = r#"{"method":"passive","decline_threshold":0,"review_threshold":100}"#;
    let decline = r#"{"method":"passive","decline_threshold":100,"review_threshold":100,"attempts":1}"#;
    for (workflow, code) in [(review, 2), (decline, 1)] {
        let output = launch(&["run", &folder.file("w.json", workflow), "--source", "test"]);
        assert_eq!(status(&output), code, "{}", said(&output));
    }
}

#[test]
fn the_clock_abandons_a_check() {
    let source = "pipeline:videotestsrc is-live=true";
    let output = launch(&["run", WORKFLOW, "--source", source, "--timeout", "1", "--json"]);
    assert_eq!(status(&output), 3, "{}", said(&output));
    assert_eq!(lines_of(&output).last().unwrap()["status"], "Abandoned");
}

#[test]
fn ctrl_c_abandons_a_check() {
    // No frame ever comes: even so there is a result.
    for source in ["pipeline:videotestsrc is-live=true", "pipeline:appsrc ! videoconvert"] {
        let mut command = launcher(&["run", WORKFLOW, "--source", source, "--json"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_secs(3));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(status(&output), 3, "{}", said(&output));
        assert_eq!(lines_of(&output).last().unwrap()["json"]["status"], "Abandoned");
    }
}

#[test]
fn sources_that_cannot_be_opened_say_why() {
    let folder = Folder::new();
    let text = format!("file:{}", folder.file("clip.mp4", "this is no film"));
    for (source, code, words) in [
        ("webcam", 64, "unknown source \"webcam\""),
        ("pipeline:audiotestsrc", 64, "does not end in raw video"),
        ("pipeline:videotestsrc num-buffers=0", 65, "ended before its first picture"),
        ("pipeline:nosuchelement", 69, "nosuchelement"),
        ("file:/nowhere/clip.mp4", 66, "/nowhere/clip.mp4 cannot be opened"),
        ("v4l2:/dev/video99", 66, "/dev/video99 cannot be opened"),
        (&text, 65, "clip.mp4"),
    ] {
        assert_fails(&launch(&["run", WORKFLOW, "--source", source]), code, words);
    }
}

/// Flags the video as transparent, as browsers do, without giving it any alpha: overwrites the track's colour description, which
/// webmmux writes with a length of 16 bytes, with Matroska's AlphaMode and padding of the same length.
fn flag_with_alpha(webm: &mut [u8]) {
    const COLOUR: [u8; 10] = [0x55, 0xB0, 1, 0, 0, 0, 0, 0, 0, 16];
    const ALPHA_MODE: [u8; 4] = [0x53, 0xC0, 0x81, 1];
    const VOID: [u8; 2] = [0xEC, 0x80 | 20];
    let at = webm.windows(COLOUR.len()).position(|bytes| bytes == COLOUR).unwrap();
    let element = &mut webm[at..at + COLOUR.len() + 16];
    element.fill(0);
    element[..6].copy_from_slice(&[ALPHA_MODE.as_slice(), &VOID].concat());
}

#[test]
fn a_webm_flagged_with_alpha_plays_without_it() {
    let folder = Folder::new();
    for codec in ["vp8enc deadline=1 cpu-used=8", "vp9enc deadline=1 cpu-used=8"] {
        let still = "imagefreeze num-buffers=20 ! video/x-raw,framerate=30/1";
        let clip = folder.portrait("clip.webm", &format!("{still} ! videoconvert ! {codec} ! webmmux"));
        let mut webm = fs::read(&clip).unwrap();
        flag_with_alpha(&mut webm);
        fs::write(&clip, webm).unwrap();
        let output = launch(&["run", WORKFLOW, "--source", &format!("file:{clip}")]);
        assert_eq!(json_of(&output)["status"], "Approved", "{codec}: {}", said(&output));
    }
}

/// That a picture's file says from when it is, by which program and nets, of which session and data, and with what verdict.
#[track_caller]
fn assert_origin(file: &[u8], session: &Value) {
    let text = String::from_utf8_lossy(file);
    let id = session["session_id"].as_str().unwrap();
    let date = &session["created_at"].as_str().unwrap()[..10];
    let version = concat!("gst-plugin-liveness ", env!("CARGO_PKG_VERSION"));
    let verdict = format!("{}, score ", check(session)["status"].as_str().unwrap());
    for part in
        [id, date, version, &verdict, "Data SHA-256", "Model antispoof.onnx", "Model face_embedding.onnx"]
    {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn the_evidence_folder_holds_what_the_light_showed() {
    let folder = Folder::new();
    let evidence = folder.path("deep/evidence").display().to_string();
    // (On a machine that is busy with other tests, the light may come late in one frame and in time in the next.)
    let workflow = folder.file("flash.json", r#"{"method":"flash","max_attempts":3}"#);
    let source = "pipeline:livenesstestsrc is-live=true seed=3 identity=3 ! video/x-raw,width=480,height=360,framerate=30/1";
    let output = launch(&["run", &workflow, "--source", source, "--evidence", &evidence, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| std::fs::read(std::path::Path::new(&evidence).join(name)).unwrap();
    let decision: serde_json::Value = serde_json::from_slice(&read("decision.json")).unwrap();
    assert_eq!(decision["status"], "Approved");
    assert_eq!(read("reference.jpg")[..2], [0xff, 0xd8]);
    // Grey of 16 bits, by PNG's header.
    assert_eq!(read("depth.png")[24..26], [16, 0]);
    assert_eq!(read("light.png")[18..20], 1080u16.to_be_bytes());
    for name in ["reference.jpg", "depth.png", "light.png"] {
        assert_origin(&read(name), &decision);
    }
    assert_fails(
        &launch(&["run", &workflow, "--source", "test", "--evidence", "/proc/none"]),
        74,
        "/proc/none cannot be used",
    );
}

#[test]
fn workflows_that_cannot_be_used_say_why() {
    let folder = Folder::new();
    let large = format!("{{\"method\":\"passive\",\"metadata\":\"{}\"}}", "x".repeat(2 << 20));
    for (content, code, words) in [
        ("{\"method\":\"passive\",\n\"frame\": 3}", 65, "unknown field `frame`"),
        ("{\"method\":\"passive\",\n\"max_attempts\": 9}", 65, "line 2"),
        ("{\"method\":\"action_flash\",\"frames\":3}", 65, "frames belongs to the method"),
        ("not json", 65, "line 1 column"),
        (&large, 65, "larger than 1 MB"),
        ("{\"method\":\"passive\",\"models_dir\":\"none\"}", 69, "models-dir"),
    ] {
        let workflow = folder.file("w.json", content);
        assert_fails(&launch(&["run", &workflow, "--source", "test"]), code, words);
    }
    assert_fails(&launch(&["run", "/nowhere.json", "--source", "test"]), 66, "/nowhere.json cannot be read");
}

#[test]
fn a_missing_runtime_is_told_in_one_sentence() {
    for args in [&["run", WORKFLOW, "--source", "test"][..], &["image", PORTRAIT]] {
        let output = launcher(args).env("ORT_DYLIB_PATH", "/nonexistent").output().unwrap();
        assert_fails(&output, 69, "set ORT_DYLIB_PATH");
    }
}

#[test]
fn a_window_needs_a_screen() {
    let mut command = launcher(&["run", WORKFLOW, "--source", "test", "--display=window"]);
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    assert_fails(&command.output().unwrap(), 69, "needs a screen: neither DISPLAY nor WAYLAND_DISPLAY");
}

#[test]
fn wrong_usage_is_no_review() {
    for args in
        [&["run"][..], &["image"], &["nosuch"], &[], &["image", PORTRAIT, "--decline-threshold", "101"]]
    {
        assert_eq!(status(&launch(args)), 64, "{args:?}");
    }
    assert_fails(&launch(&["image", PORTRAIT, "--metadata", "{"]), 64, "--metadata cannot be used");
    let crossed = ["image", PORTRAIT, "--decline-threshold", "70", "--review-threshold", "60"];
    assert_fails(&launch(&crossed), 64, "lies above");
    for args in [["--help"], ["--version"]] {
        assert_eq!(status(&launch(&args)), 0);
    }
}

#[test]
fn at_a_terminal_the_decision_comes_last_and_json_only_on_request() {
    let program = env!("CARGO_BIN_EXE_liveness-launch");
    let lines = lines_at_a_terminal(program, &["run", WORKFLOW, "--source", "test"]);
    let last = lines.last().unwrap();
    assert!(last.starts_with("● Approved   score ") && last.contains("   session "), "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains('{') && !line.contains('"')), "{lines:#?}");
    let lines = lines_at_a_terminal(program, &["run", WORKFLOW, "--source", "test", "--json"]);
    assert!(lines.last().unwrap().starts_with("{\"name\":\"liveness/result\""), "{lines:#?}");

    let lines = lines_at_a_terminal(program, &["image", PORTRAIT, PORTRAIT]);
    assert_eq!(lines.iter().filter(|line| line.ends_with("astronaut.png")).count(), 2, "{lines:#?}");
    assert!(lines.last().unwrap().starts_with("● Approved   score "), "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains('{')), "{lines:#?}");
    let lines = lines_at_a_terminal(program, &["image", PORTRAIT, "--json"]);
    assert!(lines.len() == 1 && lines[0].starts_with("{\"request_id\""), "{lines:#?}");
}

#[test]
fn several_checks_end_with_the_sessions_decision() {
    let folder = Folder::new();
    let nodes = json!({"nodes": [{"method": "passive", "node_id": "a"}, {"method": "passive", "node_id": "b", "review_threshold": 100}]});
    let workflow = folder.file("w.json", nodes.to_string());
    let arguments = ["run", &workflow, "--source", "test"];
    let lines = lines_at_a_terminal(env!("CARGO_BIN_EXE_liveness-launch"), &arguments);
    let decisions: Vec<_> = lines.iter().filter(|line| line.starts_with('●')).collect();
    assert_eq!(decisions.len(), 3, "{lines:#?}");
    assert!(
        decisions[0].starts_with("● Approved   score ") && decisions[1].starts_with("● In Review   score ")
    );
    assert!(lines.last().unwrap().starts_with("● In Review   2 checks   session "), "{lines:#?}");
}

// image

#[test]
fn a_picture_is_judged_in_the_contracts_form() {
    let output = launch(&["image", PORTRAIT, "--vendor-data", "user-7", "--metadata", "{\"a\":1}"]);
    assert_eq!(status(&output), 0, "{}", said(&output));
    let report = json_of(&output);
    assert_eq!(keys(&report), ["request_id", "liveness", "vendor_data", "metadata", "created_at"]);
    let liveness = &report["liveness"];
    let fields = ["status", "method", "score", "user_image", "warnings", "face_quality", "face_luminance"];
    assert_eq!(keys(liveness), fields);
    assert_eq!((&liveness["status"], &liveness["method"]), (&json!("Approved"), &json!("PASSIVE")));
    assert_eq!(liveness["user_image"]["best_angle"], 0);
    let [face] = liveness["user_image"]["entities"].as_array().unwrap().as_slice() else {
        panic!("{report}");
    };
    assert_eq!(keys(face), ["bbox", "confidence", "age", "gender"]);
    assert_near(&face["bbox"], FACE);
    assert_eq!((&report["vendor_data"], &report["metadata"]), (&json!("user-7"), &json!({"a": 1})));
}

#[track_caller]
fn assert_near(bbox: &Value, expected: [i64; 4]) {
    let bbox: [i64; 4] = serde_json::from_value(bbox.clone()).unwrap();
    assert!(bbox.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 8), "{bbox:?}");
}

const FACE: [i64; 4] = [180, 69, 271, 178];
/// The same in the pictures of tests/media, which are cropped.
const CROPPED_FACE: [i64; 4] = [120, 69, 211, 178];

fn media(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../tests", "media", name].iter().collect()
}

#[test]
fn every_kind_of_picture_is_read() {
    let folder = Folder::new();
    let copy = |from: &str, to: &str| folder.file(to, fs::read(media(from)).unwrap());
    let files = [
        (folder.portrait("a.jpg", "jpegenc"), FACE),
        (folder.portrait("chroma411.jpg", "video/x-raw,format=Y41B ! jpegenc"), FACE),
        (folder.portrait("a.webp", "webpenc"), FACE),
        (folder.portrait("a.tiff", "avenc_tiff"), FACE),
        (copy("cmyk.jpg", "cmyk.jpg"), CROPPED_FACE),
        (copy("ycck.jpg", "ycck.JPE"), CROPPED_FACE),
        (copy("progressive.jpg", "progressive.jfif"), CROPPED_FACE),
        (copy("animated.webp", "animated.webp"), CROPPED_FACE),
    ];
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let lines = lines_of(&launch(&[&["image"], names.as_slice()].concat()));
    assert_eq!(lines.len(), files.len());
    for (line, (name, face)) in lines.iter().zip(&files) {
        let liveness = &line["liveness"];
        assert_eq!(liveness["status"], "Approved", "{name}: {line}");
        assert_near(&liveness["user_image"]["entities"][0]["bbox"], *face);
    }
}

/// The decoder may not move scores: the portrait's was 80.7 when GStreamer decoded it, and chroma costs a point.
#[test]
fn all_kinds_of_picture_have_the_same_score() {
    let folder = Folder::new();
    let files = [
        PORTRAIT.to_owned(),
        folder.portrait("a.tiff", "avenc_tiff"),
        folder.portrait("a.jpg", "jpegenc quality=97"),
    ];
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    for line in lines_of(&launch(&[&["image"], names.as_slice()].concat())) {
        let score = line["liveness"]["score"].as_f64().unwrap();
        assert!((score - 80.7).abs() < 3.0, "{line}");
    }
}

/// The portrait as RGBA, written as PNG.
fn png_with_alpha(folder: &Folder, name: &str, change: impl Fn(u32, u32, &mut image::Rgba<u8>)) -> String {
    let mut picture = image::open(PORTRAIT).unwrap().into_rgba8();
    picture.enumerate_pixels_mut().for_each(|(x, y, pixel)| change(x, y, pixel));
    picture.save(folder.path(name)).unwrap();
    folder.name(name)
}

#[test]
fn a_picture_is_judged_as_it_looks_on_a_white_page() {
    let folder = Folder::new();
    let invisible = png_with_alpha(&folder, "invisible.png", |_, _, pixel| pixel.0[3] = 0);
    let is_beside = |x: u32, y: u32| x.abs_diff(225) > 110 || y.abs_diff(130) > 130;
    let cut_out = |colour: u8| {
        png_with_alpha(&folder, &format!("{colour}.png"), move |x, y, pixel| {
            if is_beside(x, y) {
                *pixel = image::Rgba([colour ^ (x * 7) as u8, colour, y as u8, 0]);
            }
        })
    };
    let output = launch(&["image", &invisible, &cut_out(0), &cut_out(255)]);
    let [invisible, dark, bright] = &lines_of(&output)[..] else { panic!("{output:?}") };
    assert_eq!(invisible["liveness"]["status"], "Declined");
    assert_eq!(invisible["liveness"]["warnings"][0]["risk"], "NO_FACE_DETECTED");
    assert_eq!(dark["liveness"], bright["liveness"]);
    assert!(dark["liveness"]["score"].is_number(), "{dark}");
}

#[test]
fn a_picture_is_turned_upright_by_its_tag_wherever_it_is_read() {
    use image::ImageEncoder;
    let folder = Folder::new();
    let upright = image::open(PORTRAIT).unwrap().into_rgb8();
    let exif =
        |value: u8| [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[value, 0, 0, 0]].concat();
    let turned = image::imageops::rotate270(&upright);
    let mut png = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
    encoder.set_exif_metadata(exif(6)).unwrap();
    encoder.write_image(&turned, 512, 512, image::ExtendedColorType::Rgb8).unwrap();
    fs::create_dir(folder.path("media")).unwrap();
    let file = folder.file("media/turned.png", png);
    let report = json_of(&launch(&["image", &file]));
    assert_eq!(report["liveness"]["status"], "Approved");
    assert_near(&report["liveness"]["user_image"]["entities"][0]["bbox"], FACE);
    // One decoder reads them all: a picture as a source, a folder of them, a dataset.
    let one = r#"{"method": "passive", "frames": 1}"#;
    let workflow = folder.file("one.json", one);
    for source in [format!("file:{file}"), format!("images:{}", folder.name("media"))] {
        let session = json_of(&launch(&["run", &workflow, "--source", &source]));
        assert_eq!(session["status"], "Approved", "{source}: {session}");
    }
    let labels = folder.file("labels.tsv", "path\tlabel\nmedia/turned.png\tlive\n");
    let report = json_of(&launch(&["eval", &labels, "--json"]));
    assert_eq!(report["rows"][0]["approved"]["hits"], 1, "{report}");
}

#[test]
fn turned_pictures_are_turned_back() {
    let folder = Folder::new();
    for (direction, angle) in [("identity", 0), ("90l", 90), ("180", 180), ("90r", 270)] {
        let file = folder.portrait("turned.jpg", &format!("videoflip video-direction={direction} ! jpegenc"));
        let image = &json_of(&launch(&["image", "--rotate", &file]))["liveness"]["user_image"];
        assert_eq!(image["best_angle"], angle, "{image}");
        assert_near(&image["entities"][0]["bbox"], FACE);
    }
}

#[test]
fn the_orientation_tag_is_honoured() {
    let folder = Folder::new();
    let tagged =
        "videoflip video-direction=90l ! jpegenc ! taginject tags=\"image-orientation=rotate-90\" ! jifmux";
    let image =
        &json_of(&launch(&["image", &folder.portrait("tagged.jpg", tagged)]))["liveness"]["user_image"];
    assert_near(&image["entities"][0]["bbox"], FACE);
}

#[test]
fn several_pictures_give_a_line_each_and_the_worst_status() {
    let folder = Folder::new();
    let text = folder.file("text.jpg", "this is no picture at all");
    let output = launch(&["image", PORTRAIT, &text, PORTRAIT]);
    assert_eq!(status(&output), 65);
    let lines = lines_of(&output);
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["liveness"]["status"], "Approved");
    assert!(lines[1]["error"].as_str().unwrap().contains("neither JPEG nor PNG"), "{}", lines[1]);
    assert_ne!(lines[0]["request_id"], lines[2]["request_id"]);
}

/// A PNG that announces 30 000 × 30 000 RGB pixels and holds none.
fn bomb() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend(30_000u32.to_be_bytes().repeat(2));
    png.extend([8, 2, 0, 0, 0]);
    png.extend(0xe945_6fed_u32.to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    png
}

#[test]
fn unusable_pictures_say_why_and_never_hang() {
    let folder = Folder::new();
    let whole = fs::read(PORTRAIT).unwrap();
    let jpeg = fs::read(folder.portrait("a.jpg", "jpegenc")).unwrap();
    let webp = fs::read(folder.portrait("a.webp", "webpenc")).unwrap();
    let tiff = fs::read(folder.portrait("a.tiff", "avenc_tiff")).unwrap();
    let mut damaged = whole.clone();
    damaged[40_000..40_100].fill(0);
    let started = Instant::now();
    for (name, content, words) in [
        ("empty.jpg", &[][..], "it is empty"),
        ("large.png", &[whole.as_slice(), &[0; 5_000_000]].concat(), "larger than 5 MB"),
        ("bomb.png", &bomb(), "30000 × 30000 pixels"),
        ("short.png", &whole[..whole.len() / 2], "no whole picture"),
        ("short.jpg", &jpeg[..jpeg.len() / 2], "no whole picture"),
        ("ended.jpg", &[&jpeg[..jpeg.len() / 2], &[0xff, 0xd9]].concat(), "no whole picture"),
        ("short.webp", &webp[..webp.len() / 2], "no whole picture"),
        ("short.tiff", &tiff[..tiff.len() / 2], "short.tiff"),
        ("head.jpg", &jpeg[..4], "head.jpg"),
        ("damaged.png", &damaged, "cannot be decoded"),
        ("text.webp", b"RIFF\x10\0\0\0WEBPnonsense", "text.webp"),
        ("text.tiff", b"II*\0\xff\xff\xff\xff and then nothing", "text.tiff"),
        ("film.gif", b"GIF89a", "not gif"),
    ] {
        assert_fails(&launch(&["image", &folder.file(name, content)]), 65, words);
    }
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_fails(&launch(&["image", "/nowhere.jpg"]), 66, "/nowhere.jpg");
}

/// A pipe that nothing is ever written to: opening it waits for a writer, and so does reading once there is one.
#[test]
fn the_time_limit_covers_opening_and_reading_a_pipe() {
    let folder = Folder::new();
    let pipe = folder.name("pipe.jpg");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let started = Instant::now();
    assert_fails(&launch(&["image", &pipe, "--timeout", "1"]), 65, "it takes too long");
    let writer = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    assert_fails(&launch(&["image", &pipe, "--timeout", "1"]), 65, "it takes too long");
    drop(writer);
    assert!(started.elapsed() < Duration::from_secs(30));
}
