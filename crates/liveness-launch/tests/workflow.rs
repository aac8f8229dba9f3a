// SPDX-License-Identifier: MIT OR Apache-2.0

//! Workflows as their users meet them: files, rules, several checks, what is left behind.
//!
//! Decisions need ONNX Runtime (`ORT_DYLIB_PATH`).

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use gst::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/workflows");

const PORTRAIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/media/astronaut.png");

fn launcher(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liveness-launch"));
    command.args(args);
    command
}

fn launch(args: &[&str]) -> Output {
    launcher(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A workflow in a folder of its own.
struct Desk(TempDir);

impl Desk {
    fn new(workflow: &Value) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::write(desk.at("w.json"), workflow.to_string()).unwrap();
        desk
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Runs it; the exit status, the lines and the session of the last.
    fn run(&self, args: &[&str]) -> (i32, Vec<Value>, Value) {
        let output = launch(&[&["run", &self.at("w.json"), "--json"], args].concat());
        let lines = lines(&output);
        let session = lines.last().map_or(Value::Null, |last| last["session"].clone());
        (output.status.code().unwrap_or_else(|| panic!("{}", said(&output))), lines, session)
    }
}

fn run(workflow: Value) -> (i32, Vec<Value>, Value) {
    Desk::new(&workflow).run(&[])
}

fn checks(session: &Value) -> &[Value] {
    session["decision"]["liveness_checks"].as_array().unwrap()
}

fn count(lines: &[Value], name: &str) -> usize {
    lines.iter().filter(|line| line["name"] == name).count()
}

#[test]
fn the_schema_holds_the_examples_and_validate_tells_what_is_in_them() {
    let schema = launch(&["schema"]);
    assert!(schema.status.success());
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for entry in fs::read_dir(EXAMPLES).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let toml = path.extension().is_some_and(|ending| ending == "toml");
        let document: Value =
            if toml { toml::from_str(&text).unwrap() } else { serde_json::from_str(&text).unwrap() };
        assert!(validator.is_valid(&document), "{}", path.display());
        let told = launch(&["validate", path.to_str().unwrap()]);
        assert!(told.status.success() && told.stderr.is_empty(), "{}", said(&told));
    }
    let told = launch(&["validate", &format!("{EXAMPLES}/test.json")]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.ends_with("test.json: portrait (passive), person (passive, then action)\n"), "{told}");
}

#[test]
fn validate_warns_of_actions_that_a_mask_can_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.json");
    for (method, actions, warned) in [
        ("action", r#"["nod", "turn-left"]"#, true),
        ("action", r#"["nod", "smile"]"#, false),
        ("action_flash", r#"["nod", "turn-left", "smile"]"#, true),
        ("action_flash", r#"["nod", "open-mouth", "smile"]"#, false),
    ] {
        fs::write(&path, format!(r#"{{"method": "{method}", "actions": {actions}}}"#)).unwrap();
        let told = launch(&["validate", path.to_str().unwrap()]);
        assert!(told.status.success());
        assert_eq!(said(&told).contains("a rigid mask can do what is asked"), warned, "{method} {actions}");
    }
}

#[test]
fn validate_tells_every_fault_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    fs::write(&path, "method = 'passive'\nmax_attempts = 4\nreview_treshold = 3\n").unwrap();
    let told = launch(&["validate", path.to_str().unwrap(), &format!("{EXAMPLES}/passive.json")]);
    assert_eq!(told.status.code(), Some(65));
    let run = launch(&["run", path.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(65));
    let help = String::from_utf8(launch(&["--help"]).stdout).unwrap();
    assert!(help.contains("65  a faulty workflow"), "{help}");
    let text = said(&told);
    assert!(text.contains("bad.toml: line 2 column"), "{text}");
    assert!(text.contains("max_attempts must be a whole number from 1 to 3, not 4"), "{text}");
    assert!(
        text.contains("line 3 column 19: unknown field `review_treshold`; did you mean `review_threshold`?"),
        "{text}"
    );
    assert!(String::from_utf8(told.stdout).unwrap().contains("passive.json: passive (passive)"));
}

/// A url to which nothing can ever be delivered is a fault with its place; its case is none.
#[test]
fn a_webhook_that_can_never_be_delivered_is_a_fault() {
    let keys = json!({"path": "s.db", "key_env": "K"});
    let validate = |webhook: Value| {
        let desk = Desk::new(&json!({"method": "passive", "store": keys, "webhook": webhook}));
        let told = launch(&["validate", &desk.at("w.json")]);
        (told.status.code().unwrap(), said(&told))
    };
    for (url, why) in [
        ("https://example.com/a b", "%20"),
        ("https://exämple.com/h", "xn--exmple-cua.com"),
        ("https://user@example.com/", "password"),
        ("https://example.com:0/", "port 0"),
        ("https://example.com/#x", "fragment"),
        ("http://example.com/", "http:// only on this machine"),
    ] {
        let (status, text) = validate(json!({"url": url, "secret_env": "S"}));
        assert!(
            status == 65 && text.contains("w.json: line 1 column") && text.contains(why),
            "{url}: {text}"
        );
    }
    for url in ["HTTP://LOCALHOST:8975/x", "Https://Example.COM/x", "http://[::1]:1/"] {
        assert_eq!(validate(json!({"url": url, "secret_env": "S"})), (0, String::new()), "{url}");
    }
    let hook = |url: &str, key: &str, value: Value| json!({"url": url, "secret_env": "S", key: value});
    for (webhook, why) in [
        (hook("https://10.0.0.1/", "allow_private", json!(false)), "private address"),
        (hook("https://localhost/", "allow_private", json!(false)), "private address"),
        (hook("http://localhost/", "ca_file", json!("ca.pem")), "ca_file is for https"),
        (hook("https://localhost/", "proxy", json!("http://proxy:3128")), "on other machines"),
        (hook("https://a.example/", "proxy", json!("http://me:secret@proxy:3128")), "password"),
        (hook("https://a.example/", "proxy", json!("socks5://proxy:3128")), "must begin with"),
    ] {
        let (status, text) = validate(webhook);
        assert!(status == 65 && text.contains(why), "{text}");
    }
    assert_eq!(validate(hook("https://10.0.0.1/", "allow_private", json!(true))).0, 0);
    assert_eq!(validate(hook("https://a.example/", "proxy", json!("http://proxy:3128"))).0, 0);
}

#[test]
fn several_checks_are_one_session() {
    let nodes = json!([{"node_id": "look", "method": "passive"}, {"node_id": "move", "method": "action", "action_count": 1}]);
    let desk = Desk::new(&json!({
        "nodes": nodes, "workflow_id": "door", "vendor_data": "user-7", "metadata": {"a": 1}, "validity_days": 30, "evidence": "kept",
    }));
    let (status, lines, session) = desk.run(&["--decision", &desk.at("decision.json")]);
    assert_eq!(status, 0, "{session}");
    assert_eq!(count(&lines, "liveness/result"), 2);
    assert_eq!((&session["status"], &session["workflow_id"]), (&json!("Approved"), &json!("door")));
    assert_eq!((&session["vendor_data"], &session["metadata"]), (&json!("user-7"), &json!({"a": 1})));
    assert!(session["expires_at"].as_str() > session["created_at"].as_str());
    let named: Vec<_> = checks(&session).iter().map(|check| (&check["node_id"], &check["method"])).collect();
    assert_eq!(named, [(&json!("look"), &json!("PASSIVE")), (&json!("move"), &json!("ACTIVE_3D"))]);
    // The person is seen by the second check only once the first is decided.
    let first = lines.iter().position(|line| line["name"] == "liveness/result").unwrap();
    assert!(lines[..first].iter().all(|line| line["method"] == "passive"));
    assert!(lines[first + 1..].iter().all(|line| line["method"] == "action"));

    let folder = desk.0.path().join("kept").join(session["session_id"].as_str().unwrap());
    for (number, check) in (1..).zip(checks(&session)) {
        let path = folder.join(format!("reference-{number}.jpg"));
        assert_eq!(check["reference_image"], path.to_str().unwrap());
        assert!(fs::read(path).unwrap().starts_with(&[0xff, 0xd8, 0xff]));
    }
    for file in [folder.join("decision.json"), desk.0.path().join("decision.json")] {
        let decision: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert_eq!(decision, session);
    }
}

#[test]
fn all_checks_must_see_one_person() {
    // The portrait for one frame, then a rendered person.
    let size = "videoconvert ! videoscale ! video/x-raw,format=I420,width=512,height=512,framerate=30/1";
    let source = format!(
        "pipeline:filesrc location={PORTRAIT} ! pngdec ! imagefreeze num-buffers=1 ! {size} ! c. \
         livenesstestsrc num-buffers=60 ! {size} ! c. concat name=c"
    );
    let look = |name: &str, frames| json!({"node_id": name, "method": "passive", "frames": frames});
    let nodes = [look("first", 1), look("second", 9)];
    let (status, _, session) = run(json!({"nodes": nodes, "source": source}));
    assert_eq!((status, &session["status"]), (1, &json!("Declined")), "{session}");
    let statuses: Vec<_> = checks(&session).iter().map(|check| &check["status"]).collect();
    assert_eq!(statuses, ["Approved", "Declined"], "{session}");
    let warning = &checks(&session)[1]["warnings"][0];
    assert_eq!(
        (&warning["risk"], &warning["additional_data"]["reason"]),
        (&json!("LIVENESS_FACE_ATTACK"), &json!("OTHER_FACE"))
    );
}

/// Elements of the pipeline have these names, or get them.
#[test]
fn a_node_may_be_called_as_an_element() {
    let nodes = ["queue0", "videoconvert0", "livenessbin0", "livenessbin1", "liveness-input", "a/b %s ü"];
    let listed = nodes.map(|name| json!({"node_id": name, "method": "passive", "frames": 1}));
    let (status, _, session) = run(json!({"nodes": listed}));
    assert_eq!(status, 0, "{session}");
    let told: Vec<_> = checks(&session).iter().map(|check| check["node_id"].as_str().unwrap()).collect();
    assert_eq!(told, nodes);
}

/// A decision is read elsewhere than where the session ran.
#[test]
fn paths_in_a_decision_are_absolute() {
    let desk = Desk::new(&json!({"method": "passive", "record": "videos"}));
    let mut command = launcher(&["run", "w.json", "--json", "--evidence", "kept/here"]);
    let lines = lines(&command.current_dir(desk.0.path()).output().unwrap());
    let check = &checks(&lines.last().unwrap()["session"])[0];
    let folder = fs::canonicalize(desk.0.path()).unwrap();
    for (field, below) in [("reference_image", "kept/here/reference.jpg"), ("video_url", "videos")] {
        let path = Path::new(check[field].as_str().unwrap());
        assert!(path.starts_with(folder.join(below)) && path.is_file(), "{field}: {}", path.display());
    }
}

#[test]
fn a_declined_check_ends_the_session() {
    let look = json!({"node_id": "look", "method": "passive", "decline_threshold": 100, "review_threshold": 100, "max_attempts": 1});
    let (status, lines, session) = run(json!({"nodes": [look, {"node_id": "move", "method": "action"}]}));
    assert_eq!((status, session["status"].as_str()), (1, Some("Declined")));
    assert_eq!(count(&lines, "liveness/result"), 1);
    let statuses: Vec<_> = checks(&session).iter().map(|check| &check["status"]).collect();
    assert_eq!(statuses, ["Declined", "Not Started"]);
}

#[test]
fn a_source_that_ends_early_abandons_what_is_left() {
    let nodes = json!([{"node_id": "look", "method": "passive"}, {"node_id": "move", "method": "action"}]);
    let (status, _, session) =
        run(json!({"nodes": nodes, "source": "pipeline:livenesstestsrc num-buffers=30"}));
    assert_ne!(status, 0, "{session}");
    assert_eq!(checks(&session)[0]["status"], "Approved");
    assert!(
        ["Abandoned", "Declined"].contains(&checks(&session)[1]["status"].as_str().unwrap()),
        "{session}"
    );
}

#[test]
fn rules_on_the_picture_act_within_the_attempts() {
    let (status, lines, session) =
        run(json!({"method": "passive", "face_quality_decline_threshold": 99.9, "max_attempts": 2}));
    assert_eq!(status, 1, "{session}");
    let retries: Vec<_> = lines.iter().filter(|line| line["name"] == "liveness/retry").collect();
    let [retry] = retries.as_slice() else { panic!("{retries:?}") };
    assert_eq!(
        (&retry["error"], &retry["feedback_codes"]),
        (&json!("LOW_FACE_QUALITY"), &json!(["LOW_FACE_QUALITY"]))
    );
    assert_eq!((&retry["attempts_used"], &retry["max_attempts"]), (&json!(1), &json!(2)));
    assert!(retry["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    let check = &checks(&session)[0];
    assert_eq!(
        (&check["warnings"][0]["risk"], &check["warnings"][0]["log_type"]),
        (&json!("LOW_FACE_QUALITY"), &json!("error"))
    );
}

#[test]
fn a_face_that_looks_too_young_is_declined_at_once() {
    let (status, lines, session) = run(json!({"method": "passive", "minimum_age_threshold": 99}));
    assert_eq!((status, count(&lines, "liveness/retry")), (1, 0));
    assert_eq!(checks(&session)[0]["warnings"][0]["risk"], "AGE_BELOW_MINIMUM");
}

#[test]
fn status_rules_have_the_last_word() {
    let rules = json!([{"field": "score", "operator": "gt", "value": 50, "status": "In Review"}]);
    let (status, lines, session) = run(json!({"method": "passive", "status_rules": rules}));
    assert_eq!((status, session["status"].as_str()), (2, Some("In Review")));
    let last = lines.last().unwrap();
    assert_eq!((&last["status"], &last["json"]["status"]), (&json!("In Review"), &json!("In Review")));
}

#[test]
fn a_file_with_several_workflows_needs_a_choice() {
    let file = format!("{EXAMPLES}/test.json");
    let output = launch(&["run", &file]);
    assert_eq!(output.status.code(), Some(64));
    assert!(said(&output).contains("choose one of portrait, person with --workflow"), "{}", said(&output));
    let output = launch(&["run", &file, "--workflow", "portrait"]);
    assert!(output.status.success(), "{}", said(&output));
}

/// The light is off before the result of an interrupted check.
#[test]
fn terminating_leaves_the_screen_dark() {
    let mut command = launcher(&["run", &format!("{EXAMPLES}/flash.json"), "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let lit = lines.by_ref().find(|line| line["name"] == "liveness/light").unwrap();
    assert_eq!(lit["active"], true);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let rest: Vec<Value> = lines.collect();
    let last_light = rest.iter().rev().find(|line| line["name"] == "liveness/light").unwrap();
    assert_eq!(last_light["active"], false);
    let last = rest.last().unwrap();
    assert_eq!((&last["name"], &last["session"]["status"]), (&json!("liveness/result"), &json!("Abandoned")));
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn evidence_and_videos_are_kept_for_their_days_and_nothing_else_is_touched() {
    let desk = Desk::new(&json!({"method": "passive", "evidence": "kept", "record": "kept", "keep_days": 2}));
    let id = |n: u8| format!("0b6c1c5e-6f6c-4d1e-9a3b-2f1d3c4b5a6{n}");
    let film = |n: u8| format!("{}.webm", id(n));
    let make = |name: &str, files: &[&str], days: u64| {
        let path = desk.0.path().join("kept").join(name);
        fs::create_dir_all(if files.is_empty() { path.parent().unwrap() } else { &path }).unwrap();
        files.iter().for_each(|file| fs::write(path.join(file), "").unwrap());
        if files.is_empty() {
            fs::write(&path, "").unwrap();
        }
        let then = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60 + days.min(1) * 60);
        fs::File::open(&path).unwrap().set_modified(then).unwrap();
        path
    };
    let gone = [make(&id(1), &["decision.json", "reference-1.jpg", "depth.png"], 2), make(&film(1), &[], 2)];
    let left = [
        make(&id(2), &["decision.json"], 1),
        make(&film(2), &[], 1),
        // The last session before this one: what is aged by it is not so by a wrong clock.
        make(&id(5), &["decision.json"], 0),
        // Somebody else's.
        make(&id(3), &["decision.json", "thesis.doc"], 9),
        make("notes", &["decision.json"], 9),
        make("film.webm", &[], 9),
        make(&id(4), &[], 9),
    ];
    assert_eq!(desk.run(&[]).0, 0);
    gone.iter().for_each(|path| assert!(!path.exists(), "{}", path.display()));
    left.iter().for_each(|path| assert!(path.exists(), "{}", path.display()));
}

/// Whatever the umask: one that keeps nothing from anybody, and one that keeps all from everybody.
#[test]
fn what_is_kept_of_people_is_the_owners_alone() {
    for umask in ["0", "777"] {
        let desk = Desk::new(&json!({"method": "passive", "evidence": "kept/of", "record": "kept/on"}));
        let mut shell = Command::new("sh");
        // GStreamer's own files are not to be hidden from others.
        shell.env("GST_REGISTRY_UPDATE", "no");
        let line = "umask \"$1\"; exec \"$2\" run \"$3\" --json";
        shell.args(["-c", line, "sh", umask, env!("CARGO_BIN_EXE_liveness-launch"), &desk.at("w.json")]);
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let (mut folders, mut files) = (vec![desk.0.path().join("kept")], Vec::new());
        while let Some(folder) = folders.pop() {
            assert_eq!(mode(&folder), 0o700, "{}", folder.display());
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
            }
        }
        // The decision, the portrait and the video.
        assert_eq!(files.len(), 3, "{files:?}");
        files.iter().for_each(|file| assert_eq!(mode(file), 0o600, "{}", file.display()));
        assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() > 0));
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn no_picture_is_left_where_none_was_asked_for() {
    let desk = Desk::new(&json!({"method": "passive"}));
    desk.run(&[]);
    assert_eq!(fs::read_dir(Path::new(&desk.at("."))).unwrap().count(), 1);
}

/// How many seconds of a video play.
fn length(video: &str) -> f64 {
    let line = format!(
        "filesrc location={video} ! matroskademux ! vp8dec ! fakesink name=s signal-handoffs=true sync=false"
    );
    gst::init().unwrap();
    let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let last = Arc::new(Mutex::new(gst::ClockTime::ZERO));
    let noted = last.clone();
    pipeline.by_name("s").unwrap().connect("handoff", false, move |values| {
        *noted.lock().unwrap() = values[1].get::<gst::Buffer>().unwrap().pts().unwrap();
        None
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    // A file that breaks off may well end in an error.
    let _ = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(20),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    pipeline.set_state(gst::State::Null).unwrap();
    let last = *last.lock().unwrap();
    last.nseconds() as f64 * 1e-9
}

#[test]
fn a_session_is_recorded_from_beginning_to_end() {
    let desk = Desk::new(&json!({"method": "action", "action_count": 1, "record": "videos"}));
    let (status, lines, session) = desk.run(&[]);
    assert_eq!(status, 0, "{session}");
    let video = checks(&session)[0]["video_url"].as_str().unwrap();
    let decided = lines.last().unwrap()["stream-time"].as_u64().unwrap() as f64 * 1e-9;
    let length = length(video);
    assert!((decided - 0.2..decided + 2.0).contains(&length), "{length} s of {decided} s");
}

#[test]
fn the_video_of_a_killed_session_plays_up_to_its_last_second() {
    let desk = Desk::new(&json!({"method": "flash", "record": "videos"}));
    let mut child = launcher(&["run", &desk.at("w.json"), "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let reached = |line: &Value| line["stream-time"].as_u64() > Some(3_000_000_000);
    assert!(lines.any(|line| reached(&line)));
    child.kill().unwrap();
    child.wait().unwrap();
    let video = fs::read_dir(desk.at("videos")).unwrap().next().unwrap().unwrap().path();
    let length = length(video.to_str().unwrap());
    assert!(length > 1.5, "{length} s are left of 3");
}
