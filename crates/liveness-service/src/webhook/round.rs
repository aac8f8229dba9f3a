// SPDX-License-Identifier: MIT OR Apache-2.0

//! One pass over the due events of the outbox.

use std::time::{Duration, Instant};

use super::post::{Post, Refusal};
use crate::failure::Failure;
use crate::store::Store;
use crate::store::outbox::{LONGEST_WAIT, Letter};

/// Wait after the first failed attempt; doubled for each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest wait between attempts before the spread is applied; with the spread it is at most
/// [`LONGEST_WAIT`].
const LONGEST_BACKOFF: Duration = Duration::from_secs(2880);
/// Shortest time-out of a request; with less time left, none is sent.
const SHORTEST: Duration = Duration::from_millis(50);

/// The outcome of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// All attempted events are delivered.
    Well,
    /// The server refused at least one event.
    Refused,
    /// The server did not answer, or answered with an error of its own.
    Unheard,
}

/// Delivers the due events of one webhook.
pub struct Round<'a> {
    store: &'a Store,
    post: &'a Post,
}

impl<'a> Round<'a> {
    /// Creates a round over the events of `store` for `post`.
    pub fn new(store: &'a Store, post: &'a Post) -> Self {
        Self { store, post }
    }

    /// Posts due events until none is left, `end` is reached, or `more` returns false after an event. Stops
    /// at the first event that the server does not answer, because each further one would take the full
    /// time-out.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub fn go(&self, end: Option<Instant>, mut more: impl FnMut() -> bool) -> Result<Went, Failure> {
        let mut went = Went::Well;
        while let Some(timeout) = self.timeout(end)
            && let Some(letter) = self.store.take(&self.post.url, timeout * 2)?
        {
            match self.post.post(&letter.body, timeout) {
                Ok(()) => {
                    tracing::info!("the webhook event {} is delivered", letter.event_id);
                    self.store.delivered(&letter)?;
                }
                Err(Refusal { why, of_event, retry_after }) => {
                    self.postpone(&letter, &why, retry_after)?;
                    if !of_event {
                        return Ok(Went::Unheard);
                    }
                    went = Went::Refused;
                }
            }
            if !more() {
                break;
            }
        }
        Ok(went)
    }

    /// Returns the time until the next event is due, or `None` if none is queued.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn next_due(&self) -> Result<Option<Duration>, Failure> {
        self.store.next_due(&self.post.url)
    }

    /// Returns the time-out of the next request, or `None` if less than [`SHORTEST`] is left.
    fn timeout(&self, end: Option<Instant>) -> Option<Duration> {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        match left {
            Some(left) if left < SHORTEST => None,
            Some(left) => Some(left.min(self.post.timeout())),
            None => Some(self.post.timeout()),
        }
    }

    fn postpone(&self, letter: &Letter, why: &str, retry_after: Option<Duration>) -> Result<(), Failure> {
        let (wait, id) = (wait(letter).max(retry_after.unwrap_or_default()), &letter.event_id);
        if let Some(pause) = retry_after {
            self.store.pause(&self.post.url, pause)?;
        }
        let seconds = wait.as_secs_f64();
        tracing::warn!("the webhook event {id} is not delivered ({why}), again in {seconds:.0} s");
        self.store.postpone(letter, wait)
    }
}

/// Returns the wait until the next attempt: [`FIRST_WAIT`] doubled per attempt, at most [`LONGEST_BACKOFF`],
/// times 0.75 to 1.245 depending on the event id. The spread keeps many kiosks from retrying at the same
/// time.
fn wait(letter: &Letter) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << letter.attempts.min(20));
    let spread = letter.event_id.bytes().map(u32::from).sum::<u32>() % 100;
    doubled.min(LONGEST_BACKOFF).mul_f64(0.75 + 0.005 * f64::from(spread)).min(LONGEST_WAIT)
}

#[cfg(test)]
#[allow(dead_code)]
#[path = "../../tests/common/receiver.rs"]
mod receiver;

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::receiver::{Manner, Receiver};
    use super::*;
    use crate::store::places::Places;

    /// Runs a round with one event for each of five sessions. Returns its outcome, the number of requests and
    /// the number of events left.
    fn round(manner: Manner, end: Option<Duration>, more: bool) -> (Went, usize, u64) {
        let receiver = Receiver::new(manner);
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("s.db"), b"a key of the tests").unwrap();
        let places = Places { webhook: Some(receiver.url.clone()), ..Places::default() };
        for id in ["a", "b", "c", "d", "e"] {
            let record = [("session_id", id), ("status", "Approved"), ("created_at", "2026-01-01T00:00:00Z")];
            let record = Map::from_iter(record.map(|(name, value)| (name.to_owned(), json!(value))));
            store.put(&record, &places, true).unwrap();
        }
        let webhook = json!({ "url": receiver.url, "secret_env": "S", "timeout_s": 20.0 });
        let webhook = serde_json::from_value(webhook).unwrap();
        let post = Post::new(&webhook, b"0123456789abcdef".to_vec()).unwrap();
        let went = Round::new(&store, &post).go(end.map(|end| Instant::now() + end), || more).unwrap();
        (went, receiver.requests().len(), store.waiting(&receiver.url).unwrap())
    }

    #[test]
    fn a_server_that_fails_once_is_not_asked_again() {
        assert_eq!(round(Manner::Accepts, None, true), (Went::Well, 5, 0));
        for manner in [Manner::Fails, Manner::Drops, Manner::Redirects] {
            assert_eq!(round(manner, None, true), (Went::Unheard, 1, 5), "{manner:?}");
        }
    }

    #[test]
    fn an_event_that_is_not_wanted_does_not_keep_the_others() {
        assert_eq!(round(Manner::Rejects, None, true), (Went::Refused, 5, 5));
    }

    #[test]
    fn a_round_ends_when_its_time_or_its_master_says_so() {
        let began = Instant::now();
        assert_eq!(round(Manner::Hangs, Some(Duration::from_millis(400)), true), (Went::Unheard, 1, 5));
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        assert_eq!(round(Manner::Accepts, None, false), (Went::Well, 1, 4));
        assert_eq!(round(Manner::Accepts, Some(Duration::ZERO), true), (Went::Well, 0, 5));
    }
}
