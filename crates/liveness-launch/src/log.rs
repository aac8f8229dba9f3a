// SPDX-License-Identifier: MIT OR Apache-2.0

//! The log for operators: warnings, and on request more.
//!
//! Elements log by `GST_DEBUG`. Neither log contains faces, names or secrets.

use std::fmt;
use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use liveness_service::failure::Failure;

/// The environment variable with the log level.
const LEVELS: &str = "LIVENESS_LOG";

/// Starts the log to stderr at the level of `LIVENESS_LOG`, by default `warn`.
///
/// # Errors
/// The level is unknown.
pub fn start() -> Result<(), Failure> {
    let level = match std::env::var(LEVELS) {
        Ok(text) => text.parse().map_err(|_| {
            Failure::usage(format!("{LEVELS} is one of off, error, warn, info, debug, trace"))
        })?,
        Err(_) => LevelFilter::WARN,
    };
    let line = Line { dated: !std::io::stderr().is_terminal() };
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).event_format(line).init();
    Ok(())
}

/// The format of a log line. It looks like the program's other messages, and has time and level if stderr is no
/// terminal.
struct Line {
    dated: bool,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if self.dated {
            SystemTime.format_time(&mut writer)?;
            write!(writer, " {} ", event.metadata().level())?;
        }
        writer.write_str("liveness-launch: ")?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
