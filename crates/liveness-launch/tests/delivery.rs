// SPDX-License-Identifier: MIT OR Apache-2.0

//! The store, the index of faces and the webhook, as whole sessions use them.
//!
//! Decisions need ONNX Runtime (`ORT_DYLIB_PATH`).

#[path = "common/clock.rs"]
mod clock;
#[path = "../../liveness-service/tests/common/receiver.rs"]
mod receiver;
#[path = "common/tls.rs"]
mod tls;

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use receiver::{Manner, Receiver};
use serde_json::{Value, json};
use tempfile::TempDir;
use tls::{Authority, TlsReceiver, Tunnel};

const PORTRAIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/media/astronaut.png");
const SECRET: &str = "the webhook's secret of the tests";

/// A folder with a workflow, a store and its key.
struct Desk(TempDir);

impl Desk {
    fn new(mut workflow: Value, receiver: Option<&Receiver>) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for (name, secret) in [("key", "the store's key of the tests"), ("secret", SECRET)] {
            fs::write(desk.at(name), secret).unwrap();
            assert!(Command::new("chmod").args(["600", &desk.at(name)]).status().unwrap().success());
        }
        if workflow.get("store").is_none() {
            workflow["store"] = json!({"path": "s.db", "key_file": "key"});
        }
        if let Some(receiver) = receiver {
            workflow["webhook"] = json!({"url": receiver.url, "secret_file": "secret", "timeout_s": 1});
        }
        fs::write(desk.at("w.json"), workflow.to_string()).unwrap();
        desk
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Changes the workflow.
    fn set(&self, key: &str, value: Value) {
        let mut workflow: Value = serde_json::from_slice(&fs::read(self.at("w.json")).unwrap()).unwrap();
        workflow[key] = value;
        fs::write(self.at("w.json"), workflow.to_string()).unwrap();
    }

    /// Delivers what waits, in an environment with these variables.
    fn deliver(&self, variables: &[(&str, &str)]) -> Output {
        let mut command = self.launcher(&["sessions", "deliver", &self.at("w.json")]);
        command.envs(variables.iter().copied()).output().unwrap()
    }

    fn launcher(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liveness-launch"));
        command.args(args);
        // Only what a test says is trusted.
        command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
        command
    }

    fn start(&self) -> Child {
        self.start_at(0)
    }

    /// Starts a session so many days from now.
    fn start_at(&self, days: i64) -> Child {
        let mut command = self.launcher(&["run", &self.at("w.json"), "--json"]);
        if days != 0 {
            clock::shift(&mut command, self.0.path(), days);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs a session; its exit status, record and what was said.
    fn run(&self) -> (i32, Value, String) {
        self.run_with(&[])
    }

    /// Runs a session so many days from now.
    fn run_at(&self, days: i64) -> (i32, Value, String) {
        let mut command = self.launcher(&["run", &self.at("w.json"), "--json"]);
        clock::shift(&mut command, self.0.path(), days);
        Self::ran(&mut command)
    }

    fn run_with(&self, args: &[&str]) -> (i32, Value, String) {
        Self::ran(&mut self.launcher(&[&["run", &self.at("w.json"), "--json"], args].concat()))
    }

    fn ran(command: &mut Command) -> (i32, Value, String) {
        let output = command.output().unwrap();
        let last = lines(&output).pop().unwrap_or_default();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains(SECRET));
        (output.status.code().unwrap(), last["session"].clone(), said)
    }

    /// Asks the store.
    fn ask(&self, args: &[&str]) -> Output {
        let (store, key) = (self.at("s.db"), self.at("key"));
        self.launcher(&[args, &["--store", &store, "--key-file", &key]].concat()).output().unwrap()
    }

    fn told(&self, args: &[&str]) -> Vec<Value> {
        let output = self.ask(args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        lines(&output)
    }
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn statuses(receiver: &Receiver) -> Vec<String> {
    receiver.requests().iter().map(|request| request.json()["status"].as_str().unwrap().to_owned()).collect()
}

fn checks(session: &Value) -> &[Value] {
    session["decision"]["liveness_checks"].as_array().unwrap()
}

fn risks(session: &Value) -> Vec<&str> {
    let warnings = checks(session)[0]["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["risk"].as_str().unwrap()).collect()
}

#[test]
fn a_session_is_kept_and_told() {
    let receiver = Receiver::new(Manner::Accepts);
    let desk = Desk::new(
        json!({"method": "passive", "vendor_data": "user-7", "metadata": {"n": 1.0}, "validity_days": 30}),
        Some(&receiver),
    );
    let (status, session, said) = desk.run();
    assert_eq!((status, said.as_str()), (0, ""));
    assert_eq!(statuses(&receiver), ["In Progress", "Approved"]);
    for request in receiver.requests() {
        let event = request.json();
        assert_eq!((&event["session_id"], &event["vendor_data"]), (&session["session_id"], &json!("user-7")));
        assert_eq!(request.header("x-timestamp"), event["timestamp"].to_string());
        assert_eq!(request.header("x-signature").len(), 64);
        assert_eq!(event["webhook_type"], "status.updated");
    }
    let told = receiver.requests()[1].json();
    // Both times are of one kind: seconds since 1970 in an event, RFC 3339 in a record.
    let seconds = |field: &str| told[field].as_i64().unwrap();
    assert!((0..600).contains(&(seconds("expires_at") - seconds("created_at") - 30 * 86_400)), "{told}");
    assert!(session["expires_at"].as_str() > session["created_at"].as_str(), "{session}");
    assert_eq!(told["decision"]["liveness_checks"], session["decision"]["liveness_checks"]);
    let id = session["session_id"].as_str().unwrap();
    assert_eq!(desk.told(&["sessions", "list"])[0]["status"], "Approved");
    let shown = desk.ask(&["sessions", "show", id]).stdout;
    assert_eq!(serde_json::from_slice::<Value>(&shown).unwrap(), session);
    // Two statuses, each queued and delivered.
    assert_eq!(desk.told(&["sessions", "verify"])[0]["events"], 6);
    assert_eq!(
        desk.told(&["sessions", "purge", "--older-than", "1d"]).len(),
        0,
        "it is not older than a day"
    );
}

#[test]
fn integers_of_any_size_are_kept_as_they_were_given() {
    let receiver = Receiver::new(Manner::Accepts);
    let desk = Desk::new(json!({"method": "passive"}), Some(&receiver));
    let given = r#"{"account":12345678901234567890123,"iban":[100000000000000000001,-18446744073709551616]}"#;
    let (status, session, said) = desk.run_with(&["--metadata", given]);
    assert_eq!((status, session["metadata"].to_string().as_str()), (0, given), "{said}");
    let id = session["session_id"].as_str().unwrap();
    let shown: Value = serde_json::from_slice(&desk.ask(&["sessions", "show", id]).stdout).unwrap();
    assert_eq!(shown["metadata"].to_string(), given);
    assert_eq!(receiver.requests().len(), 2);
    assert!(
        receiver.requests().iter().all(|request| request.body.contains(&format!("\"metadata\":{given}")))
    );
    let (status, _, said) = desk.run_with(&["--metadata", "{\"n\":1e400}"]);
    assert!(status == 64 && said.contains("the number 1e+400 cannot be kept"), "{said}");
}

/// With the verifier of PyPI's `didit-sdk`, where pip can reach it.
#[test]
fn others_verify_the_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_str().unwrap();
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--timeout",
        "20",
        "--target",
        at,
        "didit-sdk==0.4.0",
    ];
    if !Command::new("python3")
        .args(pip)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
    {
        eprintln!("skipped: pip cannot install didit-sdk");
        return;
    }
    let receiver = Receiver::new(Manner::Accepts);
    let numbers: Value =
        serde_json::from_str("[12345678901234567890123, -0, 1e-400, 0.10000000000000000001]").unwrap();
    let metadata =
        json!({"ü": [1.0, 2.5e-7, 1e22, "\u{1}\"/😀"], "Z": null, "a": {"b": true}, "numbers": numbers});
    let desk = Desk::new(json!({"method": "passive", "metadata": metadata}), Some(&receiver));
    desk.run();
    assert_eq!(receiver.requests().len(), 2);
    let check = "import sys, json; from didit.webhooks import parse_webhook_payload as parse, verify_webhook_signature as verify
request = json.load(sys.stdin); body, headers = request['body'].encode(), request['headers']
for only in ('x-signature', 'x-signature-v2'):
    few = {k: v for k, v in headers.items() if k in (only, 'x-timestamp')}
    assert verify(body, few, sys.argv[1]), only
    assert not verify(body, few, sys.argv[1] + 'x'), only
    assert not verify(body.replace(b'liveness_checks', b'liveness_Checks'), few, sys.argv[1]), only
print(parse(body, headers, sys.argv[1]).status.value)";
    for (request, status) in receiver.requests().iter().zip(["In Progress", "Approved"]) {
        let headers: serde_json::Map<_, _> =
            request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let mut python = Command::new("python3");
        python.args(["-c", check, SECRET]).env("PYTHONPATH", at).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.stderr(Stdio::piped()).spawn().unwrap();
        serde_json::to_writer(
            child.stdin.take().unwrap(),
            &json!({"body": request.body, "headers": headers}),
        )
        .unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(told.trim(), status, "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_receiver_that_does_not_take_it_gets_it_later() {
    for manner in
        [Manner::Fails, Manner::Rejects, Manner::Redirects, Manner::Hangs, Manner::Drops, Manner::Babbles]
    {
        let receiver = Receiver::new(manner);
        let desk = Desk::new(json!({"method": "passive"}), Some(&receiver));
        let began = Instant::now();
        let (status, session, said) = desk.run();
        // The session is none the worse for it, and not held up for long.
        assert_eq!((status, session["status"].as_str()), (0, Some("Approved")), "{manner:?}");
        assert!(began.elapsed() < Duration::from_secs(20), "{manner:?}");
        assert!(said.contains("wait in the store for the next session"), "{manner:?}: {said}");
        let before = receiver.requests().len();
        assert!(before >= 1, "{manner:?}");
        receiver.behave(Manner::Accepts);
        // What hung is nobody else's for a while.
        sleep(Duration::from_millis(if manner == Manner::Hangs { 2500 } else { 1500 }));
        desk.run();
        let told: Vec<_> = receiver.requests()[before..].iter().map(receiver::Request::json).collect();
        let own: Vec<_> = told.iter().filter(|event| event["session_id"] == session["session_id"]).collect();
        let own: Vec<_> = own.iter().map(|event| event["status"].as_str().unwrap()).collect();
        assert_eq!(own, ["In Progress", "Approved"], "{manner:?}");
        desk.told(&["sessions", "verify"]);
    }
}

/// Three sessions before a receiver that hangs, and what waits then is delivered by a command.
#[test]
fn a_receiver_that_hangs_holds_nobody_up() {
    let receiver = Receiver::new(Manner::Hangs);
    let webhook = json!({"url": receiver.url, "secret_file": "secret", "timeout_s": 300});
    let desk = Desk::new(json!({"method": "passive", "webhook": webhook}), None);
    let mut wanted = Vec::new();
    for waiting in [2, 4, 6] {
        let began = Instant::now();
        let (status, session, said) = desk.run();
        assert_eq!(status, 0);
        // Five seconds at most for the webhook, the rest for the session.
        assert!(began.elapsed() < Duration::from_secs(15), "{:?} with {waiting} waiting", began.elapsed());
        assert!(said.contains(&format!("{waiting} webhook events wait")), "{said}");
        wanted
            .extend(["In Progress", "Approved"].map(|status| (session["session_id"].clone(), json!(status))));
    }
    let before = receiver.requests().len();
    let deliver = || desk.launcher(&["sessions", "deliver", &desk.at("w.json")]).output().unwrap();
    receiver.behave(Manner::Fails);
    let output = deliver();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(74));
    assert!(said.contains("0 webhook events are delivered, 6 still wait in the store"), "{said}");
    assert_eq!(receiver.requests().len(), before + 1);
    receiver.behave(Manner::Accepts);
    assert_eq!(lines(&deliver()), [json!({"delivered": 6})]);
    let told: Vec<_> = receiver.requests()[before + 1..].iter().map(receiver::Request::json).collect();
    let told: Vec<_> =
        told.iter().map(|event| (event["session_id"].clone(), event["status"].clone())).collect();
    let of = |all: &[(Value, Value)], id: &Value| -> Vec<_> {
        all.iter().filter(|(session, _)| session == id).map(|(_, status)| status.clone()).collect()
    };
    assert_eq!(told.len(), 6);
    assert!(wanted.iter().all(|(id, _)| of(&told, id) == of(&wanted, id)), "{told:?}");
    assert_eq!(lines(&deliver()), [json!({"delivered": 0})]);
    desk.told(&["sessions", "verify"]);
}

/// Variables by which programs are told of a proxy.
const PROXY_VARIABLES: [&str; 6] =
    ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

#[test]
fn events_for_this_machine_never_go_to_a_proxy() {
    let (receiver, tunnel) = (Receiver::new(Manner::Accepts), Tunnel::new(1));
    let desk = Desk::new(json!({"method": "passive"}), Some(&receiver));
    let port = receiver.url.split([':', '/']).nth(4).unwrap();
    for (sent, host) in ["127.0.0.1", "LocalHost", "[::ffff:127.0.0.1]"].into_iter().enumerate() {
        let webhook = json!({"url": format!("HTTP://{host}:{port}/hook"), "secret_file": "secret"});
        desk.set("webhook", webhook);
        let mut run = desk.launcher(&["run", &desk.at("w.json"), "--json"]);
        run.envs(PROXY_VARIABLES.map(|name| (name, &tunnel.address))).env_remove("NO_PROXY");
        let output = run.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{host}");
        assert_eq!(receiver.requests().len(), 2 * (sent + 1), "{host}");
    }
    assert_eq!(tunnel.requests(), Vec::<String>::new());
}

#[test]
fn a_proxy_is_used_only_where_the_workflow_names_it() {
    let authority = Authority::new();
    let server = TlsReceiver::new(&authority);
    let tunnel = Tunnel::new(server.port);
    let mut webhook = json!({
        "url": "https://webhook.test/hook", "secret_file": "secret", "ca_file": authority.at("ca.pem"),
    });
    let desk = Desk::new(json!({"method": "passive", "webhook": webhook}), None);
    let mut run = desk.launcher(&["run", &desk.at("w.json")]);
    assert!(run.envs(PROXY_VARIABLES.map(|name| (name, &tunnel.address))).status().unwrap().success());
    assert_eq!((tunnel.requests(), server.statuses()), (vec![], vec![]));
    webhook["proxy"] = json!(tunnel.address);
    desk.set("webhook", webhook);
    assert_eq!(lines(&desk.deliver(&[])), [json!({"delivered": 2})]);
    assert_eq!(server.statuses(), ["In Progress", "Approved"]);
    assert_eq!(tunnel.requests()[0], "CONNECT webhook.test:443 HTTP/1.1");
}

/// With `ca_file`, SSL_CERT_FILE and SSL_CERT_DIR; without them the reason names `ca_file`.
#[test]
fn a_private_ca_is_trusted_where_it_is_named() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = TlsReceiver::new(&authority);
    let hook = |ca_file: Option<&Authority>| {
        let url = format!("https://localhost:{}/hook", server.port);
        let mut webhook = json!({"url": url, "secret_file": "secret"});
        if let Some(authority) = ca_file {
            webhook["ca_file"] = json!(authority.at("ca.pem"));
        }
        webhook
    };
    let desk = Desk::new(json!({"method": "passive", "webhook": hook(None)}), None);
    let said = desk.run().2;
    assert!(said.contains("name the CA's PEM file in the webhook's ca_file"), "{said}");
    assert!(
        desk.deliver(&[("SSL_CERT_FILE", &stranger.at("ca.pem").display().to_string())]).stdout.is_empty()
    );
    assert_eq!(server.statuses(), Vec::<String>::new());
    let file = authority.at("ca.pem").display().to_string();
    assert_eq!(lines(&desk.deliver(&[("SSL_CERT_FILE", &file)])), [json!({"delivered": 2})]);
    fs::create_dir(desk.at("certs")).unwrap();
    fs::copy(&file, desk.at("certs/ca.pem")).unwrap();
    desk.run();
    assert_eq!(lines(&desk.deliver(&[("SSL_CERT_DIR", &desk.at("certs"))])), [json!({"delivered": 2})]);
    // Nothing else is trusted where a file is named.
    desk.set("webhook", hook(Some(&stranger)));
    desk.run();
    assert!(desk.deliver(&[("SSL_CERT_FILE", &file)]).stdout.is_empty());
    desk.set("webhook", hook(Some(&authority)));
    assert_eq!(desk.run().2, "");
    assert_eq!(server.statuses().len(), 8);
}

#[test]
fn a_ca_file_that_cannot_be_used_is_a_fault() {
    let desk = Desk::new(json!({"method": "passive"}), None);
    fs::write(desk.at("no.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    for (file, status, told) in [
        ("none.pem", 66, "cannot be read"),
        ("secret", 65, "no certificate"),
        ("no.pem", 65, "certificate 1"),
    ] {
        desk.set("webhook", json!({"url": "https://a.example/", "secret_file": "secret", "ca_file": file}));
        for command in ["validate", "run"] {
            let output = desk.launcher(&[command, &desk.at("w.json")]).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(status), "{said}");
            assert!(said.contains("ca_file") && said.contains(file) && said.contains(told), "{said}");
        }
    }
    desk.set("webhook", json!({"url": "https://a.example/", "secret_file": "secret"}));
    let mut run = desk.launcher(&["run", &desk.at("w.json")]);
    let output = run.env("SSL_CERT_FILE", desk.at("secret")).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("SSL_CERT_FILE"), "{output:?}");
}

#[test]
fn a_server_is_left_alone_for_as_long_as_it_asks() {
    let receiver = Receiver::new(Manner::Busy);
    let desk = Desk::new(json!({"method": "passive"}), Some(&receiver));
    for _ in 0..2 {
        let (status, _, said) = desk.run();
        assert!(status == 0 && said.contains("wait in the store"), "{said}");
        // A later session's events come no sooner.
        assert_eq!(receiver.requests().len(), 1);
    }
    receiver.behave(Manner::Accepts);
    assert_eq!(lines(&desk.deliver(&[])), [json!({"delivered": 4})]);
}

/// The program and the example receiver read a secret alike.
#[test]
fn both_sides_read_a_secret_alike() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/webhook_receiver.py");
    let secret = "it is a secret!! 0123";
    for (content, held) in [
        (format!("{secret}\r\n"), true),
        (format!("{secret}\n\n"), true),
        (format!("\u{feff}  {secret} \t\r\n\r"), true),
        ("x".repeat(4096), true),
        ("x".repeat(4097), false),
        ("x".repeat(15) + "\n\n", false),
    ] {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://localhost:{port}/hook");
        let desk =
            Desk::new(json!({"method": "passive", "webhook": {"url": url, "secret_file": "secret"}}), None);
        fs::write(desk.at("secret"), &content).unwrap();
        let mut python = Command::new("python3");
        python.args([example, &port.to_string(), &desk.at("secret"), "2"]);
        let mut child = python.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert_eq!(told.next().is_some(), held, "{content:?}");
        assert_eq!(desk.run().0, if held { 0 } else { 64 }, "{content:?}");
        if held {
            assert_eq!(told.filter(|line| line.ends_with("(signature holds)")).count(), 2, "{content:?}");
        }
        assert_eq!(child.wait().unwrap().success(), held);
    }
}

#[test]
fn secrets_that_others_can_read_are_refused() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/webhook_receiver.py");
    let receiver = Receiver::new(Manner::Accepts);
    for open in ["key", "secret"] {
        let desk = Desk::new(json!({"method": "passive"}), Some(&receiver));
        let chmod = Command::new("chmod").args(["640", &desk.at(open)]).status();
        assert!(chmod.unwrap().success());
        let (status, _, said) = desk.run();
        assert!(status == 64 && said.contains("chmod 600") && said.contains(open), "{said}");
        assert_eq!(desk.run_with(&["--allow-readable-secrets"]).0, 0);
        let refused = desk.ask(&["sessions", "list"]).status.code();
        assert_eq!(refused, Some(if open == "key" { 64 } else { 0 }));
        assert!(desk.ask(&["sessions", "list", "--allow-readable-secrets"]).status.success());
        let read = Command::new("python3").args([example, "0", &desk.at(open), "0"]).output().unwrap();
        let said = String::from_utf8(read.stderr).unwrap();
        assert!(!read.status.success() && said.contains("chmod 600"), "{said}");
    }
}

#[test]
fn a_face_on_the_blocklist_is_declined_at_once() {
    let desk = Desk::new(json!({"method": "passive", "max_attempts": 3}), None);
    let added = desk.told(&["faces", "add", PORTRAIT, "--vendor-data", "thief"]);
    assert_eq!((&added[0]["list"], &added[0]["vendor_data"]), (&json!("blocklist"), &json!("thief")));
    let (status, session, _) = desk.run();
    assert_eq!((status, session["status"].as_str()), (1, Some("Declined")));
    assert_eq!(risks(&session), ["FACE_IN_BLOCKLIST"]);
    let found = &session["decision"]["liveness_checks"][0]["matches"][0];
    assert_eq!((&found["vendor_data"], &found["is_blocklisted"]), (&json!("thief"), &json!(true)));
    assert!(found["similarity_percentage"].as_f64() > Some(80.0), "{found}");
    let id = added[0]["face_id"].as_str().unwrap();
    desk.told(&["faces", "remove", id]);
    assert_eq!(desk.run().0, 0);
}

/// GStreamer without any encoder of JPEG: the test source still plays, but no portrait can be made.
fn without_jpeg(desk: &Desk) -> String {
    gst::init().unwrap();
    let folder = desk.at("plugins");
    fs::create_dir(&folder).unwrap();
    for name in ["coreelements", "app", "png", "videoconvertscale", "imagefreeze"] {
        let plugin = gst::Registry::get().find_plugin(name).unwrap();
        let file = plugin.filename().unwrap();
        std::os::unix::fs::symlink(&file, format!("{folder}/{}", file.file_name().unwrap().display()))
            .unwrap();
    }
    folder
}

#[test]
fn a_face_that_cannot_be_looked_up_is_for_a_person_to_judge() {
    let desk = Desk::new(json!({"method": "passive"}), None);
    let plugins = without_jpeg(&desk);
    let mut command = desk.launcher(&["run", &desk.at("w.json"), "--json"]);
    command.env("GST_PLUGIN_SYSTEM_PATH_1_0", &plugins).env("GST_REGISTRY_1_0", desk.at("registry"));
    let output = command.env_remove("GST_PLUGIN_PATH").output().unwrap();
    let session = &lines(&output).pop().unwrap()["session"];
    assert_eq!((output.status.code(), &session["status"]), (Some(2), &json!("In Review")), "{session}");
    assert_eq!(risks(session), ["LOW_FACE_QUALITY"]);
    let warning = &session["decision"]["liveness_checks"][0]["warnings"][0];
    assert_eq!(warning["additional_data"]["reason"], "FACE_NOT_COMPARED");
}

#[test]
fn how_alike_is_the_same_is_the_workflows_to_say() {
    let desk = Desk::new(json!({"method": "passive", "blocklist_threshold": 1}), None);
    desk.told(&["faces", "add", PORTRAIT]);
    let (status, session, _) = desk.run();
    assert_eq!((status, risks(&session)), (2, vec!["POSSIBLE_FACE_IN_BLOCKLIST"]));
    let lenient = json!({"possible_blocklist_threshold": 1, "blocklist_threshold": 1});
    let mut workflow: Value = serde_json::from_str(&fs::read_to_string(desk.at("w.json")).unwrap()).unwrap();
    workflow.as_object_mut().unwrap().extend(lenient.as_object().unwrap().clone());
    fs::write(desk.at("w.json"), workflow.to_string()).unwrap();
    let (status, session, _) = desk.run();
    assert_eq!((status, risks(&session)), (0, vec![]));
}

#[test]
fn status_rules_see_what_the_lists_say() {
    let rule = |risk: &str, status: &str| json!([{"field": "warnings.risk", "operator": "eq", "value": risk, "status": status}]);
    let look = |rules: Value| json!({"node_id": "look", "method": "passive", "duplicated_face_action": "REVIEW", "status_rules": rules});
    let then = json!({"node_id": "again", "method": "passive"});
    let desk = Desk::new(json!({"nodes": [look(rule("DUPLICATED_FACE", "Declined")), then]}), None);
    desk.told(&["faces", "add", PORTRAIT, "--list", "known", "--vendor-data", "ann"]);
    let (status, session, _) = desk.run();
    assert_eq!((status, risks(&session)), (1, vec!["DUPLICATED_FACE"]));
    let statuses: Vec<_> = checks(&session).iter().map(|check| &check["status"]).collect();
    assert_eq!(statuses, ["Declined", "Not Started"]);
}

#[test]
fn who_was_checked_before_is_known_again() {
    let store = json!({"path": "s.db", "key_file": "key", "enrol_faces": true});
    let workflow = |who: &str| json!({"method": "passive", "vendor_data": who, "store": store});
    let desk = Desk::new(workflow("ann"), None);
    let first = desk.run().1;
    assert_eq!(first["status"], "Approved");
    // The same person again is no duplicate.
    assert_eq!(desk.run().1["status"], "Approved");
    fs::write(desk.at("w.json"), workflow("bob").to_string()).unwrap();
    let (status, session, _) = desk.run();
    assert_eq!((status, risks(&session)), (1, vec!["DUPLICATED_FACE"]));
    let found = session["decision"]["liveness_checks"][0]["matches"].as_array().unwrap();
    assert!(found.iter().any(|found| found["session_id"] == first["session_id"]), "{found:?}");
    let mut lenient = workflow("bob");
    lenient["duplicated_face_action"] = json!("NO_ACTION");
    fs::write(desk.at("w.json"), lenient.to_string()).unwrap();
    assert_eq!(desk.run().1["status"], "Approved");
    // One face for each approved session.
    let exported = desk.told(&["faces", "export"]);
    assert_eq!(exported.len(), 3);
    assert_eq!(exported[0]["embedding"].as_array().unwrap().len(), 256);
    let file = desk.at("faces.jsonl");
    fs::write(&file, exported.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let other = Desk::new(json!({"method": "passive"}), None);
    other.told(&["faces", "import", &file]);
    other.told(&["faces", "import", &file]);
    let listed = other.told(&["faces", "list"]);
    assert_eq!(listed.len(), 3);
    assert!(listed[0].get("embedding").is_none());
    let nearest = &other.told(&["faces", "search", PORTRAIT, "--top", "1"])[0];
    assert!(nearest["similarity_percentage"].as_f64() > Some(80.0), "{nearest}");
}

#[test]
fn a_persons_own_faces_do_not_hide_whom_they_duplicate() {
    let desk = Desk::new(json!({"method": "passive", "vendor_data": "bob"}), None);
    for who in ["bob", "bob", "bob", "bob", "bob", "ann"] {
        desk.told(&["faces", "add", PORTRAIT, "--list", "known", "--vendor-data", who]);
    }
    let (status, session, _) = desk.run();
    assert_eq!((status, risks(&session)), (1, vec!["DUPLICATED_FACE"]));
    let found = session["decision"]["liveness_checks"][0]["matches"].as_array().unwrap();
    assert_eq!(found.iter().map(|found| &found["vendor_data"]).collect::<Vec<_>>(), ["ann"]);
}

#[test]
fn one_workflow_serves_everybody() {
    let store = json!({"path": "s.db", "key_file": "key", "enrol_faces": true});
    let desk = Desk::new(json!({"method": "passive", "store": store, "metadata": {"desk": 1}}), None);
    let metadata = json!({"desk": [2, null]});
    let first = desk.run_with(&["--vendor-data", "ann", "--metadata", &metadata.to_string()]).1;
    let told = (&first["status"], &first["vendor_data"], &first["metadata"]);
    assert_eq!(told, (&json!("Approved"), &json!("ann"), &metadata));
    let again = desk.run_with(&["--vendor-data", "ann"]).1;
    assert_eq!((&again["status"], &again["metadata"]), (&json!("Approved"), &json!({"desk": 1})));
    let (status, other, _) = desk.run_with(&["--vendor-data", "bob"]);
    assert_eq!((status, risks(&other)), (1, vec!["DUPLICATED_FACE"]));
    // Nobody's reference would be everybody's.
    assert_eq!(desk.run_with(&["--vendor-data", ""]).0, 64);
    let (status, _, said) = desk.run_with(&["--metadata", "{"]);
    assert!(status == 64 && said.contains("--metadata cannot be used"), "{said}");
}

/// The lists are tampered with while the session goes on.
#[test]
fn an_approval_whose_face_cannot_be_enrolled_is_never_told() {
    let receiver = Receiver::new(Manner::Accepts);
    let store = json!({"path": "s.db", "key_file": "key", "enrol_faces": true});
    let workflow = json!({"method": "passive", "frames": 60, "store": store});
    let desk = Desk::new(workflow, Some(&receiver));
    desk.told(&["faces", "add", PORTRAIT]);
    let mut session = desk.start();
    while receiver.requests().is_empty() {
        assert!(session.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(1));
    }
    // Who is on the blocklist takes himself off it.
    attack(&desk, "DELETE FROM faces");
    assert_eq!(session.wait().unwrap().code(), Some(65));
    assert_eq!(statuses(&receiver), ["In Progress", "Abandoned"]);
    assert_eq!(desk.ask(&["sessions", "verify"]).status.code(), Some(65));
}

/// What somebody does to the store's file who has not the key.
fn attack(desk: &Desk, change: &str) {
    let attacker = rusqlite::Connection::open(desk.at("s.db")).unwrap();
    attacker.busy_timeout(Duration::from_secs(10)).unwrap();
    attacker.execute_batch(change).unwrap();
}

#[test]
fn a_store_with_a_foreign_trigger_is_refused() {
    let receiver = Receiver::new(Manner::Accepts);
    let desk = Desk::new(json!({"method": "passive"}), Some(&receiver));
    assert_eq!(desk.run().0, 0);
    let hide = "CREATE TRIGGER hide BEFORE INSERT ON outbox BEGIN SELECT RAISE(IGNORE); END";
    attack(&desk, hide);
    for args in [&["run", &desk.at("w.json")][..], &["sessions", "deliver", &desk.at("w.json")]] {
        let output = desk.launcher(args).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(65), "{said}");
        assert!(said.contains("the trigger \"hide\"") && said.contains("tampered with"), "{said}");
    }
    assert_eq!(statuses(&receiver), ["In Progress", "Approved"]);
}

/// One tenant's decision is not delivered to another's server, and no event comes twice.
#[test]
fn a_tampered_outbox_delivers_nothing() {
    let (hers, his) = (Receiver::new(Manner::Fails), Receiver::new(Manner::Fails));
    let desk = Desk::new(json!({"method": "passive"}), Some(&hers));
    desk.run();
    let workflow = fs::read_to_string(desk.at("w.json")).unwrap().replace(&hers.url, &his.url);
    fs::write(desk.at("his.json"), workflow).unwrap();
    assert_eq!(
        desk.launcher(&["run", &desk.at("his.json"), "--json"]).output().unwrap().status.code(),
        Some(0)
    );
    hers.behave(Manner::Accepts);
    his.behave(Manner::Accepts);
    let (of_hers, of_his) = (hers.requests().len(), his.requests().len());
    fs::copy(desk.at("s.db"), desk.at("before.db")).unwrap();
    attack(
        &desk,
        "UPDATE outbox SET event = (SELECT event FROM outbox AS o WHERE o.event_id > outbox.event_id
        OR outbox.event_id = (SELECT max(event_id) FROM outbox))",
    );
    let deliver = |name: &str| desk.launcher(&["sessions", "deliver", &desk.at(name)]).output().unwrap();
    for name in ["w.json", "his.json"] {
        assert_eq!(deliver(name).status.code(), Some(65), "{name}");
    }
    let (status, session, said) = desk.run();
    assert_eq!((status, &session["status"]), (0, &json!("Approved")), "{said}");
    assert!(said.contains("the webhook: the store's event"), "{said}");
    assert_eq!((hers.requests().len(), his.requests().len()), (of_hers, of_his));
    // Put right again, all comes, and what was delivered is not delivered again.
    fs::copy(desk.at("before.db"), desk.at("s.db")).unwrap();
    assert_eq!(lines(&deliver("w.json")), [json!({"delivered": 2})]);
    assert_eq!(lines(&deliver("his.json")), [json!({"delivered": 2})]);
    attack(
        &desk,
        &format!(
            "ATTACH '{}' AS before; INSERT INTO outbox SELECT * FROM before.outbox",
            desk.at("before.db")
        ),
    );
    assert_eq!(deliver("w.json").status.code(), Some(65));
    assert_eq!((hers.requests().len(), his.requests().len()), (of_hers + 2, of_his + 2));
}

#[test]
fn one_run_under_a_clock_that_is_ahead_removes_nothing() {
    let store = json!({"path": "s.db", "key_file": "key", "keep_days": 5, "enrol_faces": true});
    let workflow = |who: &str| json!({"method": "passive", "vendor_data": who, "store": store, "evidence": "kept", "keep_days": 5});
    let desk = Desk::new(workflow("ann"), None);
    let first = desk.run().1["session_id"].as_str().unwrap().to_owned();
    let is_kept = || {
        let listed = desk.told(&["sessions", "list"]);
        let files = fs::exists(desk.at(&format!("kept/{first}/decision.json"))).unwrap();
        (listed.iter().any(|session| session["session_id"] == json!(first)), files)
    };
    for days in [10, 0] {
        assert_eq!(desk.run_at(days).0, 0);
        assert_eq!(is_kept(), (true, true), "{days}");
    }
    fs::write(desk.at("w.json"), workflow("bob").to_string()).unwrap();
    assert_eq!(desk.run().1["status"], "Declined", "her face is still known");
    // What was old the last time, too, is.
    desk.run_at(10);
    desk.run_at(10);
    assert!(!is_kept().0);
    desk.told(&["sessions", "verify"]);
}

#[test]
fn verify_and_list_read_what_cannot_be_written() {
    let desk = Desk::new(json!({"method": "passive"}), None);
    desk.run();
    let events = desk.told(&["sessions", "verify"]);
    assert!(!fs::exists(desk.at("s.db-wal")).unwrap(), "reading leaves nothing behind");
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let shell = format!(
        "cd {0} && {1} chmod 400 s.db key && chmod 500 .",
        desk.at("."),
        if root { "chown 65534 . s.db key &&" } else { "" }
    );
    assert!(Command::new("sh").args(["-c", &shell]).status().unwrap().success());
    let program = env!("CARGO_BIN_EXE_liveness-launch");
    for command in ["verify", "list", "log", "export"] {
        let (store, key) = (desk.at("s.db"), desk.at("key"));
        let args = ["sessions", command, "--store", &store, "--key-file", &key];
        let mut reader = Command::new(if root { "setpriv" } else { program });
        if root {
            // Root can write everywhere.
            reader.args(["--reuid=65534", "--clear-groups", program]);
        }
        let output = reader.args(args).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(command != "verify" || lines(&output) == events);
    }
    assert!(Command::new("chmod").args(["700", &desk.at(".")]).status().unwrap().success());
}

#[test]
fn a_reviewers_decision_is_logged_told_and_enrols() {
    let receiver = Receiver::new(Manner::Accepts);
    let store = json!({"path": "s.db", "key_file": "key", "enrol_faces": true});
    let workflow = json!({"method": "passive", "vendor_data": "ann", "validity_days": 7,
        "face_liveness_score_review_threshold": 99, "store": store});
    let desk = Desk::new(workflow, Some(&receiver));
    let ids = [0, 1].map(|_| {
        let (status, session, _) = desk.run();
        assert_eq!((status, &session["status"]), (2, &json!("In Review")), "{session}");
        session["session_id"].as_str().unwrap().to_owned()
    });
    assert!(desk.told(&["faces", "list"]).is_empty());
    let review = |id: &str, args: &[&str]| {
        let (store, key) = (desk.at("s.db"), desk.at("key"));
        let args = [&["sessions", "review", id, "--store", &store, "--key-file", &key], args].concat();
        desk.launcher(&args).env_remove("USER").output().unwrap()
    };
    let why = ["--comment", "her passport", "--reviewer", "bob"];
    for (id, args, status) in [
        (ids[0].as_str(), &["--approve", "--comment", "who?"][..], 64),
        (&ids[0], &["--approve", "--decline", "--comment", "x", "--reviewer", "bob"], 64),
        (&ids[0], &["--comment", "x", "--reviewer", "bob"], 64),
        (&ids[0], &["--approve", "--comment", " ", "--reviewer", "bob"], 64),
        ("none", &["--approve", "--comment", "x", "--reviewer", "bob"], 64),
        (&ids[0], &["--approve", why[0], why[1], why[2], why[3]], 0),
        (&ids[0], &["--decline", why[0], why[1], why[2], why[3]], 65),
        (&ids[1], &["--decline", why[0], why[1], why[2], why[3]], 0),
    ] {
        let output = review(id, args);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let shown: Value = serde_json::from_slice(&desk.ask(&["sessions", "show", &ids[0]]).stdout).unwrap();
    let entry = &shown["decision"]["reviews"][0];
    let entry = (&entry["user"], &entry["new_status"], &entry["comment"]);
    assert_eq!(entry, (&json!("bob"), &json!("Approved"), &json!("her passport")));
    assert!(shown["expires_at"].is_string(), "{shown}");
    let faces = desk.told(&["faces", "list"]);
    assert_eq!(
        (faces.len(), &faces[0]["session_id"], &faces[0]["vendor_data"]),
        (1, &json!(ids[0]), &json!("ann"))
    );

    let before = receiver.requests().len();
    let deliver = desk.launcher(&["sessions", "deliver", &desk.at("w.json")]).output().unwrap();
    assert_eq!(lines(&deliver), [json!({"delivered": 2})]);
    let told: Vec<_> = receiver.requests()[before..].iter().map(receiver::Request::json).collect();
    let statuses: Vec<_> = told.iter().map(|event| (&event["webhook_type"], &event["status"])).collect();
    let of = json!("status.updated");
    assert_eq!(statuses, [(&of, &json!("Approved")), (&of, &json!("Declined"))]);
    assert_eq!(told[0]["decision"]["reviews"], shown["decision"]["reviews"]);

    let log = desk.told(&["sessions", "log", "--session", &ids[0]]);
    let kinds: Vec<_> = log.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let reviewed = kinds.iter().position(|kind| *kind == "session.reviewed").unwrap();
    assert_eq!(log[reviewed]["user"], "bob");
    assert_eq!(kinds[reviewed..], ["session.reviewed", "webhook.queued", "face.added", "webhook.delivered"]);
    let all = desk.told(&["sessions", "log", "--json"]);
    assert_eq!(desk.told(&["sessions", "verify"])[0]["events"], json!(all.len()));
}

#[test]
fn an_import_of_faces_is_bounded_and_whole() {
    let desk = Desk::new(json!({"method": "passive"}), None);
    desk.told(&["faces", "add", PORTRAIT, "--list", "known"]);
    let exported = desk.told(&["faces", "export"])[0].clone();
    assert!(Command::new("mkfifo").arg(desk.at("fifo")).status().unwrap().success());
    let mut other = exported.clone();
    other["face_id"] = json!("another");
    let mut short = exported.clone();
    (short["face_id"], short["embedding"]) = (json!("short"), json!([1.0]));
    fs::write(desk.at("long"), vec![b' '; 70_000]).unwrap();
    fs::write(desk.at("wrong"), format!("{other}\n{short}\n")).unwrap();
    fs::write(desk.at("binary"), [0xff, 0xfe, b'\n']).unwrap();
    for (name, status, told) in [
        (desk.at("fifo"), 66, "no regular file"),
        ("/dev/zero".to_owned(), 66, "no regular file"),
        (desk.at("long"), 65, "line 1: it has more than 64 kB"),
        (desk.at("wrong"), 65, "line 2: the embedding is none of this program's net"),
        (desk.at("binary"), 65, "line 1: "),
    ] {
        let began = Instant::now();
        let output = desk.ask(&["faces", "import", &name]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{name}: {said}");
        assert!(said.contains(told) && began.elapsed() < Duration::from_secs(10), "{name}: {said}");
    }
    assert_eq!(desk.told(&["faces", "list"]).len(), 1, "of a wrong file none is added");
    fs::write(desk.at("right"), format!("{exported}\n\n{other}\n{other}\n")).unwrap();
    desk.told(&["faces", "import", &desk.at("right")]);
    assert_eq!(desk.told(&["faces", "list"]).len(), 2);
}

#[test]
fn a_store_that_cannot_be_used_is_told_before_the_check() {
    let desk = Desk::new(json!({"method": "passive"}), None);
    for (content, told) in [(vec![b'x'; 8192], "damaged, or no store"), (b"".to_vec(), "")] {
        fs::write(desk.at("s.db"), content).unwrap();
        let (status, _, said) = desk.run();
        assert_eq!(status, if told.is_empty() { 0 } else { 65 }, "{said}");
        assert!(said.contains(told), "{said}");
    }
    fs::write(desk.at("key"), "another key than that of before").unwrap();
    let (status, _, said) = desk.run();
    assert!(status == 64 && said.contains("the key does not fit"), "{said}");
    let output = desk.launcher(&["sessions", "list", "--store", &desk.at("none.db")]).output().unwrap();
    assert_eq!(output.status.code(), Some(66));
    assert!(!fs::exists(desk.at("none.db")).unwrap());
}

/// Two workflows with one store; the session of one was killed, and all are old.
#[test]
fn workflows_that_share_a_store_keep_to_their_own() {
    let (hers, his) = (Receiver::new(Manner::Accepts), Receiver::new(Manner::Accepts));
    let keeping = |days: u32| json!({"path": "s.db", "key_file": "key", "keep_days": days});
    let ann = |folder: &str, days: u32| json!({"workflow_id": "ann", "method": "passive", "evidence": folder, "record": folder, "store": keeping(days)});
    let hook = |receiver: &Receiver| json!({"url": receiver.url, "secret_file": "secret", "timeout_s": 1});
    let desk = Desk::new(ann("ann", 3650), Some(&hers));
    let first = desk.run_at(-400).1["session_id"].as_str().unwrap().to_owned();
    let mut longer = ann("ann", 3650);
    (longer["webhook"], longer["frames"]) = (hook(&hers), json!(1000));
    fs::write(desk.at("w.json"), longer.to_string()).unwrap();
    let mut killed = desk.start_at(-400);
    while desk.told(&["sessions", "list", "--status", "In Progress"]).is_empty() {
        assert!(killed.try_wait().unwrap().is_none());
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let before = hers.requests().len();
    let bob = json!({"workflow_id": "bob", "method": "passive", "store": keeping(1), "webhook": hook(&his)});
    fs::write(desk.at("w.json"), bob.to_string()).unwrap();
    desk.run();
    assert_eq!(statuses(&his), ["In Progress", "Approved"], "his own only");
    assert_eq!(desk.told(&["sessions", "list"]).len(), 3);
    let files = [desk.at(&format!("ann/{first}")), desk.at(&format!("ann/{first}.webm"))];
    assert!(files.iter().all(|file| fs::exists(file).unwrap()));

    // Her files lie elsewhere by now.
    let mut later = ann("later", 1);
    later["webhook"] = hook(&hers);
    fs::write(desk.at("w.json"), later.to_string()).unwrap();
    desk.run();
    let told = &statuses(&hers)[before..];
    assert_eq!(told.iter().filter(|status| *status == "Abandoned").count(), 1, "{told:?}");
    assert!(files.iter().all(|file| !fs::exists(file).unwrap()));
    let left = desk.told(&["sessions", "list"]);
    assert!(left.iter().all(|session| session["session_id"] != json!(first)), "{left:?}");
    desk.told(&["sessions", "verify"]);
}

/// The webhook's first event comes before the models are loaded.
#[test]
fn terminating_while_models_load_ends_the_session() {
    let receiver = Receiver::new(Manner::Accepts);
    let desk = Desk::new(json!({"method": "action_flash"}), Some(&receiver));
    let mut child = desk.start();
    while receiver.requests().is_empty() {
        assert!(child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(1));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(statuses(&receiver), ["In Progress", "Abandoned"]);
    assert_eq!(desk.told(&["sessions", "list"])[0]["status"], "Abandoned");
}

/// Sessions and deliveries that are killed at any moment: nothing that was told is lost, and the log holds.
fn killed(times: u64) {
    let receiver = Receiver::new(Manner::Accepts);
    let desk = Desk::new(json!({"method": "passive", "frames": 3, "interval_ms": 0}), Some(&receiver));
    let mut reported = HashSet::new();
    for n in 0..times {
        receiver.behave(if n % 3 == 0 { Manner::Drops } else { Manner::Accepts });
        let mut child = desk.start();
        // A session takes about half a second here.
        sleep(Duration::from_millis(n * 7919 % 700));
        child.kill().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let last =
            out.filter_map(|line| serde_json::from_str::<Value>(&line).ok()).last().unwrap_or_default();
        reported.extend(
            last["session"]["session_id"]
                .as_str()
                .map(|id| (id.to_owned(), last["session"]["status"].to_string())),
        );
        child.wait().unwrap();
    }
    receiver.behave(Manner::Accepts);
    let kept: HashSet<_> = desk
        .told(&["sessions", "list"])
        .iter()
        .map(|line| (line["session_id"].as_str().unwrap().to_owned(), line["status"].to_string()))
        .collect();
    assert!(reported.is_subset(&kept), "{:?} were lost", reported.difference(&kept));
    desk.told(&["sessions", "verify"]);
    println!(
        "{times} killed: {} sessions kept, {} of them reported to the terminal",
        kept.len(),
        reported.len()
    );
    // What a killed delivery held is free after twice the time that the server has.
    sleep(Duration::from_millis(2500));
    for _ in 0..20 {
        desk.run();
        let told: HashSet<_> = receiver
            .requests()
            .iter()
            .map(|request| request.json())
            .map(|event| (event["session_id"].as_str().unwrap().to_owned(), event["status"].to_string()))
            .collect();
        if kept.is_subset(&told) {
            println!("all of their events were delivered, {} requests", receiver.requests().len());
            desk.told(&["sessions", "verify"]);
            return;
        }
        sleep(Duration::from_secs(1));
    }
    panic!("events were lost");
}

#[test]
fn a_kill_loses_nothing_that_was_told() {
    killed(12);
}

#[test]
#[ignore = "minutes"]
fn two_hundred_kills_lose_nothing_that_was_told() {
    killed(220);
}
