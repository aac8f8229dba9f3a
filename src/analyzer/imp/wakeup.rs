// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ends attempts by the element's clock when frames stop, and restarts them after a flush.

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::super::super::CAT;
use super::super::shared::Shared;
use super::super::watchdog::Finding;
use super::{Analyzer, lock};
use liveness_core::check::Ticks;

impl Analyzer {
    /// Schedules the wake-up that the running session needs, unless one is scheduled.
    pub(super) fn schedule_wakeup(&self) {
        let Some(clock) = self.obj().clock() else { return };
        let config = lock(&self.settings).session;
        let wakeup = {
            let mut shared = lock(&self.shared);
            let Some(due) = shared.watchdog.needs(&shared.session, &config) else { return };
            let wakeup = clock.new_single_shot_id(due);
            shared.watchdog.schedule(wakeup.clone());
            wakeup
        };
        let element = self.obj().downgrade();
        // The clock's thread serves all waits, and ending an attempt can take long.
        let wake = move |_: &gst::Clock, _: Option<gst::ClockTime>, _: &gst::ClockId| {
            if let Some(element) = element.upgrade() {
                element.call_async(|element| element.imp().wake());
            }
        };
        if let Err(e) = wakeup.wait_async(wake) {
            gst::warning!(CAT, imp = self, "time-outs need frames: {e:?}");
        }
    }

    /// Ends an attempt, or the pause after it, whose time has passed without a frame.
    fn wake(&self) {
        let Some(now) = self.clock_time() else { return };
        let (method, config) = (self.method(), lock(&self.settings).session);
        let mut guard = lock(&self.stream);
        let mut shared = lock(&self.shared);
        let Shared { watchdog, session, .. } = &mut *shared;
        match watchdog.wake(now, session, &config) {
            Finding::Early => drop(shared),
            Finding::NoFrame => {
                drop((shared, guard));
                gst::warning!(CAT, imp = self, "no frame came within the time of an attempt");
                self.end_of_stream();
                return;
            }
            Finding::Due(time) => {
                let (header, serial) = (shared.header(method), shared.session.serial());
                let (events, over) = shared.session.tick(time, &config);
                shared.tell(header, events);
                drop(shared);
                if let Some(stream) = guard.as_mut().filter(|_| over) {
                    gst::warning!(CAT, imp = self, "the attempt ends without a frame");
                    // An attempt without a frame of its own is the last one: another attempt would not get frames
                    // either.
                    let goes_on = stream.serves(serial);
                    self.conclude(stream, serial, goes_on);
                }
            }
        }
        drop(guard);
        self.post();
        self.schedule_wakeup();
    }

    /// Restarts the attempt because the stream was flushed. A check allows few restarts; after that, the attempt ends.
    pub(super) fn restart(&self) {
        let now = self.clock_time();
        let (method, config) = (self.method(), lock(&self.settings).session);
        {
            let mut guard = lock(&self.stream);
            let mut shared = lock(&self.shared);
            shared.ticks = Ticks::default();
            shared.watchdog.hear(now, None);
            let (header, serial) = (shared.header(method), shared.session.serial());
            let (events, over) = shared.session.restart_attempt(&config);
            shared.tell(header, events);
            drop(shared);
            if let Some(stream) = guard.as_mut().filter(|_| over) {
                self.conclude(stream, serial, true);
            }
        }
        self.post();
        self.schedule_wakeup();
    }
}
