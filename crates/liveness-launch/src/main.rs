// SPDX-License-Identifier: MIT OR Apache-2.0

//! `liveness-launch`: runs liveness checks from the command line.

mod audit_log;
mod cli;
mod console;
mod eval;
mod exit;
mod faces;
mod image;
mod log;
mod run;
mod sessions;
mod store;
mod summary;
mod validate;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use liveness_service::failure::{Code, Failure};
use liveness_service::input;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return explain(&e),
    };
    match launch(&cli) {
        Ok(status) => status.into(),
        Err(failure) => {
            console::complain(&failure);
            failure.exit_status().into()
        }
    }
}

/// Prints clap's message and returns the exit status: success for help and version, usage error otherwise. Clap's own
/// status for errors, 2, stands for a review here.
fn explain(error: &clap::Error) -> ExitCode {
    let wrong = error.use_stderr();
    let _ = error.print();
    if wrong { (Code::Usage as u8).into() } else { ExitCode::SUCCESS }
}

/// Initialises GStreamer and runs the command. Returns the exit status.
fn launch(cli: &Cli) -> Result<u8, Failure> {
    log::start()?;
    gst::init().map_err(|e| Failure::unavailable(format!("GStreamer cannot be used: {e}")))?;
    gstliveness::plugin_register_static()
        .map_err(|e| Failure::internal(format!("the plugin cannot be registered: {e}")))?;
    input::exclude_alpha_decoders();
    match &cli.command {
        Command::Run(args) => run::run(args),
        Command::Image(args) => image::run(args),
        Command::Validate(args) => validate::run(args),
        Command::Schema => validate::schema(),
        Command::Eval(args) => eval::run(args),
        Command::Faces(args) => faces::run(args),
        Command::Sessions(args) => sessions::run(args),
        Command::ProbeSink(args) => run::probe(args),
    }
}
