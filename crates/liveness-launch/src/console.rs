// SPDX-License-Identifier: MIT OR Apache-2.0

//! The terminal output: results go to stdout, everything else to stderr.

use std::env;
use std::io::{IsTerminal, Write};

use liveness_service::failure::Failure;

/// A colour, by its SGR code.
#[derive(Clone, Copy)]
pub enum Colour {
    Red = 31,
    Green = 32,
    Amber = 33,
    Cyan = 36,
}

/// The style of an output stream: coloured or plain.
#[derive(Clone, Copy)]
pub struct Style {
    coloured: bool,
}

impl Style {
    /// Returns the style of stderr.
    pub fn of_stderr() -> Self {
        Self::on(std::io::stderr().is_terminal())
    }

    /// Returns the style of stdout.
    pub fn of_stdout() -> Self {
        Self::on(stdout_is_terminal())
    }

    /// Returns a coloured style for a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
    fn on(terminal: bool) -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { coloured: terminal && !unwanted }
    }

    /// Returns the text in a colour.
    pub fn paint(self, colour: Colour, text: &str) -> String {
        self.sgr(colour as u8, text)
    }

    /// Returns the text in bold.
    pub fn bold(self, text: &str) -> String {
        self.sgr(1, text)
    }

    /// Returns the text in faint type.
    pub fn faint(self, text: &str) -> String {
        self.sgr(2, text)
    }

    fn sgr(self, code: u8, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Returns whether stdout is a terminal. If so, results are printed as text, otherwise as JSON.
pub fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Prints a line to stdout.
///
/// # Errors
/// Stdout cannot be written.
pub fn print(line: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    written.map_err(|e| Failure::output(format!("the output cannot be written: {e}")))
}

/// Prints a line to stderr. Ignores errors, because they could not be reported anywhere.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints an error to stderr.
pub fn complain(failure: &Failure) {
    let prefix = Style::of_stderr().paint(Colour::Red, "liveness-launch:");
    tell(&format!("{prefix} {failure}"));
}
