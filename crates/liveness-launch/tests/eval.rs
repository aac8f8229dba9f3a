// SPDX-License-Identifier: MIT OR Apache-2.0

//! `liveness-launch eval`: the figures over files and rendered sessions.
//!
//! Decisions need ONNX Runtime (`ORT_DYLIB_PATH`).

#[path = "common/terminal.rs"]
mod terminal;

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;
use terminal::lines_at_a_terminal;

const PASSIVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/workflows/passive.json");
const PORTRAIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/media/astronaut.png");

fn eval(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liveness-launch")).arg("eval").args(args).output().unwrap()
}

#[track_caller]
fn report(args: &[&str]) -> Value {
    let output = eval(&[args, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The row of a species.
#[track_caller]
fn row<'a>(report: &'a Value, species: &str) -> &'a Value {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["species"] == species).unwrap_or_else(|| panic!("no {species} in {report:#}"))
}

#[track_caller]
fn assert_rate(figure: &Value, hits: u64, n: u64) {
    assert_eq!((figure["hits"].as_u64(), figure["n"].as_u64()), (Some(hits), Some(n)), "{figure}");
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

/// One good portrait, and what is none.
fn dataset() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    let portrait = fs::read(PORTRAIT).unwrap();
    put("live/portrait.png", &portrait);
    put("live/cut off.png", &portrait[..2000]);
    put("live/empty.png", b"");
    put("attack/<b>text/notes.png", b"no picture at all");
    folder
}

#[test]
fn files_that_are_no_pictures_are_non_responses_and_not_errors_avoided() {
    let folder = dataset();
    let report = report(&[folder.path().to_str().unwrap()]);
    let live = row(&report, "bona fide");
    assert_rate(&live["no_response"], 2, 3);
    assert_rate(&live["approved"], 1, 1);
    let attack = row(&report, "<b>text");
    assert_rate(&attack["no_response"], 1, 1);
    assert_rate(&attack["declined"], 0, 0);
    assert_eq!(report["failed"].as_array().unwrap().len(), 3, "{report:#}");
    assert_eq!(report["settings"]["rendered"], false);
}

#[test]
fn an_interrupted_run_goes_on_with_what_is_missing() {
    let folder = dataset();
    let (kept, page) = (path(&folder, "results.jsonl"), path(&folder, "report.html"));
    let args = [folder.path().to_str().unwrap(), "--results", &kept];
    report(&[&args[..], &["--jobs", "1"]].concat());
    // What is altered is not tried again; what is lost is.
    let text = fs::read_to_string(&kept).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    let portrait = lines.pop().unwrap();
    assert_eq!((lines.len(), portrait.contains("portrait.png")), (4, true), "{text}");
    let altered = r#"{"id":"attack/<b>text/notes.png","status":"Approved","score":99.0}"#;
    lines[1] = altered;
    fs::write(&kept, format!("{}\n{}", lines.join("\n"), &portrait[..20])).unwrap();
    let second = report(&[&args[..], &["--html", &page, "--thumbnails"]].concat());
    assert_rate(&row(&second, "<b>text")["approved"], 1, 1);
    assert_rate(&row(&second, "bona fide")["approved"], 1, 1);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("&lt;b&gt;text") && !page.contains("<b>text"));
    let origin = &second["origin"];
    for value in ["created_at", "software", "session_id", "data_sha256", "verdict"] {
        assert!(page.contains(origin[value].as_str().unwrap()), "{value}: {origin:#}");
    }
    let models = origin["models"].as_array().unwrap();
    assert_eq!(models.len(), 6);
    assert!(models.iter().all(|model| page.contains(model["sha256"].as_str().unwrap())), "{origin:#}");
    assert_eq!(page.matches("://").count(), page.matches("http://www.w3.org/2000/svg").count());

    let other = eval(&[args[0], "--results", &kept, "--method", "action"]);
    assert_eq!(other.status.code(), Some(64), "{other:?}");
}

#[test]
fn rendered_people_are_told_from_prints_by_light() {
    let folder = tempfile::tempdir().unwrap();
    let page = path(&folder, "report.html");
    let report = report(&[
        "--rendered=2",
        "--method",
        "flash",
        "--only",
        "live",
        "--only",
        "flash/print",
        "--html",
        &page,
    ]);
    assert_eq!(report["presentations"], 4);
    // Before light too strong for the screen's there is no response.
    let print = row(&report, "print");
    assert_eq!((&print["presentations"], &print["approved"]["hits"]), (&2.into(), &0.into()), "{print}");
    let live: u64 = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["label"] == "live" && row["summary"] == false)
        .map(|row| row["approved"]["hits"].as_u64().unwrap())
        .sum();
    assert_eq!(live, 2, "{report:#}");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("Rendered people") && page.contains("<svg"));
}

#[test]
fn what_cannot_be_evaluated_is_told() {
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    for (args, code, words) in [
        (&[][..], 64, "DATASET"),
        (&["/nowhere"], 66, "cannot be read"),
        (&[empty], 65, "neither a labels.tsv"),
        (&["--rendered"], 64, "rendered people are for"),
        (&["--rendered=1", "--method", "flash", "--only", "unheard of"], 64, "nothing is left"),
        (&["--rendered=0", "--method", "flash"], 64, "0 is not in"),
        (&[empty, "--method", "telepathy"], 64, "expected one of"),
        (&[empty, "--workflow", PASSIVE, "--method", "flash"], 64, "no check of that method"),
    ] {
        let output = eval(args);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
        assert!(text.contains(words), "{args:?}: {text}");
    }
}

#[test]
fn at_a_terminal_the_error_rates_come_last_and_json_only_on_request() {
    let folder = dataset();
    let arguments = ["eval", folder.path().to_str().unwrap()];
    let program = env!("CARGO_BIN_EXE_liveness-launch");
    let lines = lines_at_a_terminal(program, &arguments);
    assert!(lines.iter().any(|line| line == "Not played"), "{lines:#?}");
    // With a single attack there are no rates but the species' own.
    assert!(lines.last().unwrap().starts_with("<b>text"), "{lines:#?}");
    let piped = eval(&arguments[1..]);
    assert!(serde_json::from_slice::<Value>(&piped.stdout).is_ok(), "{piped:?}");
    let lines = lines_at_a_terminal(program, &[&arguments[..], &["--json"]].concat());
    assert_eq!((lines[0].as_str(), lines.last().unwrap().as_str()), ("{", "}"), "{lines:#?}");
}
