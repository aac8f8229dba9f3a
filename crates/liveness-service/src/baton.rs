// SPDX-License-Identifier: MIT OR Apache-2.0

//! Hand-over between checks: the next check starts with the first frame after a result, once that result is
//! decided.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longest wait of a frame for the decision. After that, the next check starts with a later frame.
const PATIENCE: Duration = Duration::from_millis(500);

/// The state of the hand-over.
#[derive(Default)]
struct Turn {
    /// Check that has a result but no decision.
    open: Option<usize>,
    /// Check that should start next.
    next: Option<usize>,
}

/// A handle of the hand-over; clones share the state.
#[derive(Clone, Default)]
pub struct Baton(Arc<(Mutex<Turn>, Condvar)>);

impl Baton {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the check has a result and awaits its decision.
    pub fn ask(&self, check: usize) {
        self.turn().open = Some(check);
    }

    /// Records the decision of the check. With `goes_on`, the next check should start.
    pub fn answer(&self, check: usize, goes_on: bool) {
        let mut turn = self.turn();
        turn.open = None;
        turn.next = goes_on.then_some(check + 1);
        self.0.1.notify_all();
    }

    /// Resets the state and releases waiting frames, since no decision will follow.
    pub fn drop_it(&self) {
        *self.turn() = Turn::default();
        self.0.1.notify_all();
    }

    /// Returns true once when the check after `check` should start. Called for each frame leaving `check`;
    /// blocks up to 500 ms while a decision is pending.
    pub fn reaches(&self, check: usize) -> bool {
        let waits = |turn: &mut Turn| turn.open == Some(check);
        let waited = self.0.1.wait_timeout_while(self.turn(), PATIENCE, waits);
        let (mut turn, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            turn.open = None;
        }
        turn.next.take_if(|next| *next == check + 1).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_next_check_has_its_turn_once_and_only_when_the_session_goes_on() {
        let baton = Baton::default();
        assert!(!baton.reaches(0));
        baton.ask(0);
        baton.answer(0, true);
        assert_eq!([baton.reaches(1), baton.reaches(0), baton.reaches(0)], [false, true, false]);
        baton.ask(1);
        baton.answer(1, false);
        assert!(!baton.reaches(1));
    }

    #[test]
    fn a_frame_waits_for_the_decision_but_not_for_ever() {
        let baton = Baton::default();
        baton.ask(0);
        let frame = {
            let baton = baton.clone();
            thread::spawn(move || baton.reaches(0))
        };
        thread::sleep(Duration::from_millis(50));
        baton.answer(0, true);
        assert!(frame.join().unwrap());
        baton.ask(0);
        assert!(!baton.reaches(0) && !baton.reaches(0));
        baton.answer(0, true);
        assert!(baton.reaches(0));
    }
}
