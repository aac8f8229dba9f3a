//! Ctrl-C and the terminating signal, noticed between two messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

pub struct Interrupt {
    came: Arc<AtomicBool>,
    sources: Vec<glib::SourceId>,
}

impl Interrupt {
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

    pub fn came(&self) -> bool {
        let context = glib::MainContext::default();
        while context.iteration(false) {}
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for Interrupt {
    /// From here on the signals do again what they do by default.
    fn drop(&mut self) {
        self.sources.drain(..).for_each(glib::SourceId::remove);
    }
}
