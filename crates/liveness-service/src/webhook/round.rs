//! One round of deliveries.

use std::time::{Duration, Instant};

use super::post::{Post, Refusal};
use crate::failure::Failure;
use crate::store::Store;
use crate::store::outbox::{LONGEST_WAIT, Letter};

/// After a first failure; doubled from try to try.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait between tries without its spread; with it at most [`LONGEST_WAIT`].
const LONGEST_BACKOFF: Duration = Duration::from_secs(2880);
/// No request is given less.
const SHORTEST: Duration = Duration::from_millis(50);

/// How a round went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// All that was tried is delivered.
    Well,
    /// The server did not want all of it.
    Refused,
    /// The server did not answer, or not as one that works.
    Unheard,
}

pub struct Round<'a> {
    store: &'a Store,
    post: &'a Post,
}

impl<'a> Round<'a> {
    pub fn new(store: &'a Store, post: &'a Post) -> Self {
        Self { store, post }
    }

    /// Posts what is due, until `end` if there is one, while `more` holds after each. A server that does not answer one
    /// event is not asked to take the next: each would take its whole time.
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

    /// In what time the next event may be taken.
    pub fn next_due(&self) -> Result<Option<Duration>, Failure> {
        self.store.next_due(&self.post.url)
    }

    /// What a request may take; `None` when the time is over.
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

/// Doubled from try to try, and spread: many kiosks lose one server at once.
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

    /// How a round of events of five sessions goes, the requests it took and the events that are left.
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
