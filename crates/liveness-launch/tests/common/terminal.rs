// SPDX-License-Identifier: MIT OR Apache-2.0

//! Programs at a terminal.

use std::process::{Command, Stdio};

/// The lines that stand on a terminal after `program` has run there, without colours and without what was overwritten.
///
/// `arguments` have no blanks or signs that a shell understands.
pub fn lines_at_a_terminal(program: &str, arguments: &[&str]) -> Vec<String> {
    let line = [&[program], arguments].concat().join(" ");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env("NO_COLOR", "1");
    let output = script.stdin(Stdio::null()).output().unwrap();
    let text = plain(&String::from_utf8_lossy(&output.stdout));
    let last_written = |line: &str| line.trim_end().rsplit('\r').next().unwrap_or_default().trim().to_owned();
    text.lines().map(last_written).filter(|line| !line.is_empty()).collect()
}

/// Without the terminal's control sequences.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let after = |part: &str| {
        part.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).chars().skip(1).collect::<String>()
    };
    parts.fold(first, |text, part| text + &after(part))
}
