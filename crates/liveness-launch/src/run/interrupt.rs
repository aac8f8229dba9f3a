// SPDX-License-Identifier: MIT OR Apache-2.0

//! The handling of SIGINT and SIGTERM, which are polled between two messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// A handler of SIGINT and SIGTERM, active until it is dropped.
pub struct Interrupt {
    came: Arc<AtomicBool>,
    sources: Vec<glib::SourceId>,
}

impl Interrupt {
    /// Starts to handle the signals.
    pub fn new() -> Self {
        let came = Arc::new(AtomicBool::new(false));
        let catch = |signal| {
            let came = came.clone();
            glib_unix::unix_signal_add(signal, move || {
                came.store(true, Ordering::Relaxed);
                glib::ControlFlow::Continue
            })
        };
        let sources = [SIGINT, SIGTERM].map(catch).into();
        Self { came, sources }
    }

    /// Returns whether a signal has arrived. Processes pending events of the main context.
    pub fn came(&self) -> bool {
        let context = glib::MainContext::default();
        while context.iteration(false) {}
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for Interrupt {
    /// Restores the default action of the signals.
    fn drop(&mut self) {
        self.sources.drain(..).for_each(glib::SourceId::remove);
    }
}
