//! Messages on their way to the bus.

use std::collections::VecDeque;

use super::super::message::LivenessMessage;

/// Messages in the order in which they arose, whichever threads they arose in. They are posted one at a time, with no
/// lock held: by the thread that claims the box, also for the others.
#[derive(Default)]
pub struct Outbox {
    waiting: VecDeque<LivenessMessage>,
    claimed: bool,
}

impl Outbox {
    pub fn push(&mut self, message: LivenessMessage) {
        self.waiting.push_back(message);
    }

    /// Whether the caller is to post; if not, another thread (or the caller itself, further up) is at it.
    pub fn claim(&mut self) -> bool {
        !std::mem::replace(&mut self.claimed, true)
    }

    /// The next message to post; `None` ends the claim.
    pub fn next(&mut self) -> Option<LivenessMessage> {
        let next = self.waiting.pop_front();
        self.claimed = next.is_some();
        next
    }
}
