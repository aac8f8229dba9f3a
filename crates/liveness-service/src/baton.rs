//! The turn from one check to the next: with the frame that follows a result, once its decision is known.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long that frame waits for the word; when it comes later, the next check begins later.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Turn {
    /// The check that has a result without a decision.
    open: Option<usize>,
    /// The check whose turn it is.
    next: Option<usize>,
}

#[derive(Clone, Default)]
pub struct Baton(Arc<(Mutex<Turn>, Condvar)>);

impl Baton {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The check has a result.
    pub fn ask(&self, check: usize) {
        self.turn().open = Some(check);
    }

    /// The check is decided, and the session goes on or not.
    pub fn answer(&self, check: usize, goes_on: bool) {
        let mut turn = self.turn();
        turn.open = None;
        turn.next = goes_on.then_some(check + 1);
        self.0.1.notify_all();
    }

    /// Nobody is left to answer.
    pub fn drop_it(&self) {
        *self.turn() = Turn::default();
        self.0.1.notify_all();
    }

    /// Whether it is the turn of the check behind `check`, as a frame is to know that has left the latter; told once.
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
