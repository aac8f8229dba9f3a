// SPDX-License-Identifier: MIT OR Apache-2.0

//! The queue of messages for the bus.

use std::collections::VecDeque;
use std::thread::{self, ThreadId};

use super::super::message::LivenessMessage;

/// Messages in the order in which they arose, from all threads. The thread that claims the outbox posts them one at a
/// time, also those of other threads, and holds no lock meanwhile.
#[derive(Default)]
pub struct Outbox {
    waiting: VecDeque<LivenessMessage>,
    claimed: Option<ThreadId>,
}

impl Outbox {
    /// Appends a message.
    pub fn push(&mut self, message: LivenessMessage) {
        self.waiting.push_back(message);
    }

    /// Returns true if the caller must post the messages. Returns false if there are none, or if another thread, or the
    /// caller itself further up the stack, is posting them.
    pub fn claim(&mut self) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let free = self.claimed.is_none();
        self.claimed.get_or_insert_with(|| thread::current().id());
        free
    }

    /// Returns whether another thread is posting.
    pub fn is_busy(&self) -> bool {
        self.claimed.is_some_and(|thread| thread != thread::current().id())
    }

    /// Returns the next message to post. `None` ends the claim.
    pub fn next(&mut self) -> Option<LivenessMessage> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.claimed = None;
        }
        next
    }
}
