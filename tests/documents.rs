//! The programs in README.md and examples/ as they stand, with what `make setup` installs on Debian 12.

use std::env;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

const README: &str = include_str!("../README.md");

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
