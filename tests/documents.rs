// SPDX-License-Identifier: MIT OR Apache-2.0

//! The programs in README.md and examples/ as they stand, with what `make setup` installs on Debian 12.

use std::env;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

/// Debian's own, with GObject's bindings.
const PYTHON: &str = "/usr/bin/python3";
const README: &str = include_str!("../README.md");
const PORTRAIT: &str = "filesrc location=examples/media/astronaut.png ! decodebin";

/// A folder with this build of the plugin and nothing else.
fn plugin() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let built = env::current_exe().unwrap().with_file_name("libgstliveness.so");
    assert!(built.exists(), "{} is missing", built.display());
    symlink(built, folder.path().join("libgstliveness.so")).unwrap();
    folder
}

/// Runs a program in the checkout with this build of the plugin.
fn run(program: &str, args: &[&str], plugin: &Path) -> Output {
    let registry = plugin.join("registry.bin");
    let mut command = Command::new(program);
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env("GST_PLUGIN_PATH", plugin).env("GST_REGISTRY", registry).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_python_client_reads_the_messages() {
    let plugin = plugin();
    let output = run(PYTHON, &["examples/bus_client.py", PORTRAIT], plugin.path());
    let (said, complaint) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{said}{complaint}");
    assert!(said.contains("\"status\": \"Approved\""), "{said}{complaint}");
}

#[test]
fn the_python_of_the_readme_prints_the_decision() {
    let code = README.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(code.contains("v4l2src"), "{code}");
    let program = format!(
        "import gi\ngi.require_version('Gst', '1.0')\nfrom gi.repository import GLib, Gst\nGst.init(None)\n{}\n\
         loop = GLib.MainLoop()\n\
         bus.connect('message::eos', lambda *_: loop.quit())\nbus.connect('message::error', lambda *_: loop.quit())\n\
         pipeline.set_state(Gst.State.PLAYING)\nloop.run()\npipeline.set_state(Gst.State.NULL)\n",
        code.replace("v4l2src", PORTRAIT)
    );
    let plugin = plugin();
    let output = run(PYTHON, &["-c", &program], plugin.path());
    let (said, complaint) = (text(&output.stdout), text(&output.stderr));
    assert!(said.starts_with("Approved ") && said.contains("\"score\""), "{said}{complaint}");
    assert_eq!(complaint, "");
}

#[test]
fn the_first_pipeline_prints_its_decision_in_a_few_lines() {
    let line = README.lines().find(|line| line.contains("gst-launch-1.0 filesrc")).unwrap();
    let plugin = plugin();
    let output = run("sh", &["-c", line], plugin.path());
    let all = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{all}");
    assert!(all.contains("liveness/result, attempt 1: Approved, score "), "{all}");
    assert!(all.len() < 4000, "{} characters: {all}", all.len());
}

/// A result's portrait is 56 kB of base64 on a terminal.
#[test]
fn no_line_of_the_readme_prints_whole_messages() {
    let lines = README.lines().filter(|line| line.contains("gst-launch-1.0 "));
    let whole: Vec<_> = lines.filter(|line| line.split_whitespace().any(|word| word == "-m")).collect();
    assert!(whole.is_empty(), "{whole:?}");
}
