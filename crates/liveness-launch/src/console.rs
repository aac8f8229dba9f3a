//! What goes to the terminal: results to stdout, the rest to stderr.

use std::env;
use std::io::{IsTerminal, Write};

use liveness_service::failure::Failure;

#[derive(Clone, Copy)]
pub enum Colour {
    Red = 31,
    Green = 32,
    Amber = 33,
    Cyan = 36,
}

/// Colours of lines, or none.
#[derive(Clone, Copy)]
pub struct Style {
    coloured: bool,
}

impl Style {
    pub fn of_stderr() -> Self {
        Self::on(std::io::stderr().is_terminal())
    }

    pub fn of_stdout() -> Self {
        Self::on(stdout_is_terminal())
    }

    /// Colours on a terminal, unless the user wants none (<https://no-color.org>).
    fn on(terminal: bool) -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { coloured: terminal && !unwanted }
    }

    pub fn paint(self, colour: Colour, text: &str) -> String {
        self.sgr(colour as u8, text)
    }

    pub fn bold(self, text: &str) -> String {
        self.sgr(1, text)
    }

    pub fn faint(self, text: &str) -> String {
        self.sgr(2, text)
    }

    fn sgr(self, code: u8, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Returns whether stdout is a terminal: then results are text for people, else JSON.
pub fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// A line on stdout.
pub fn print(line: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    written.map_err(|e| Failure::output(format!("the output cannot be written: {e}")))
}

/// A line on stderr; where that is closed there is nobody to tell.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

pub fn complain(failure: &Failure) {
    let prefix = Style::of_stderr().paint(Colour::Red, "liveness-launch:");
    tell(&format!("{prefix} {failure}"));
}
