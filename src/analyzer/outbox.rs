//! Messages on their way to the bus.

use std::collections::VecDeque;
use std::thread::{self, ThreadId};

use super::super::message::LivenessMessage;

/// Messages in the order in which they arose, whichever threads they arose in. They are posted one at a time, with no
/// lock held: by the thread that claims the box, also for the others.
#[derive(Default)]
pub struct Outbox {
    waiting: VecDeque<LivenessMessage>,
    claimed: Option<ThreadId>,
}

impl Outbox {
    pub fn push(&mut self, message: LivenessMessage) {
        self.waiting.push_back(message);
    }

    /// Whether the caller is to post; if not, there is nothing, or another thread (or the caller itself, further up) is at it.
    pub fn claim(&mut self) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let free = self.claimed.is_none();
        self.claimed.get_or_insert_with(|| thread::current().id());
        free
    }

    /// Whether another thread is posting.
    pub fn is_busy(&self) -> bool {
        self.claimed.is_some_and(|thread| thread != thread::current().id())
    }

    /// The next message to post; `None` ends the claim.
    pub fn next(&mut self) -> Option<LivenessMessage> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.claimed = None;
        }
        next
    }
}
