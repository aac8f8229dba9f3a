//! Webhooks: a session's status, told to a server, signed, at least once, whatever happens in between.
//!
//! Events wait in the store's outbox; a thread of its own posts them, so that no camera waits for a server.

mod canonical;
mod post;
mod signature;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gstliveness::workflow::Webhook;

use super::console;
use super::failure::Failure;
use super::secret;
use super::store::Store;
use super::store::outbox::Letter;
use post::Post;

/// After a first failure; doubled from try to try.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Looks for events of other programs so often.
const ROUND: Duration = Duration::from_secs(30);

enum Order {
    /// There is something new.
    Look,
    /// Deliver what can be delivered until then, and stop.
    Finish(Instant),
}

/// The thread that delivers.
pub struct Courier {
    orders: Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl Courier {
    /// Begins with what an earlier session could not deliver.
    pub fn start(webhook: &Webhook, store: PathBuf, key: Vec<u8>) -> Result<Self, Failure> {
        let file = webhook.secret_file.as_ref().map(|name| Path::new(&name.0));
        let secret = secret::read(
            "the webhook's secret",
            file,
            webhook.secret_env.as_ref().map(|name| name.0.as_str()),
        )?;
        let post = Post::new(&webhook.url.0, secret, webhook.timeout_s)?;
        let (orders, taken) = channel();
        let deliver = move || {
            let worked =
                Store::open(&store, &key).and_then(|store| Round { store: &store, post: &post }.work(&taken));
            if let Err(failure) = worked {
                console::complain(&failure.about("the webhook"));
            }
        };
        let thread = thread::Builder::new().name("webhook".into()).spawn(deliver);
        let thread = thread.map_err(|e| Failure::internal(format!("no thread for the webhook: {e}")))?;
        Ok(Self { orders, thread: Some(thread) })
    }

    pub fn look(&self) {
        // Where nobody listens any more, the reason has been told.
        let _ = self.orders.send(Order::Look);
    }

    /// Gives what is left so long; the rest keeps for the next session.
    pub fn finish(mut self, patience: Duration) {
        let _ = self.orders.send(Order::Finish(Instant::now() + patience));
        self.thread.take().into_iter().for_each(|thread| drop(thread.join()));
    }
}

struct Round<'a> {
    store: &'a Store,
    post: &'a Post,
}

impl Round<'_> {
    fn work(&self, orders: &Receiver<Order>) -> Result<(), Failure> {
        loop {
            self.deliver(None)?;
            let due = self.store.next_due(&self.post.url)?;
            match orders.recv_timeout(due.unwrap_or(ROUND).min(ROUND)) {
                Ok(Order::Look) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Order::Finish(end)) => return self.finish(end),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    /// Delivers what is left, until it is done, the server refuses or the time is over.
    fn finish(&self, end: Instant) -> Result<(), Failure> {
        while self.deliver(Some(end))? {
            let left = end.saturating_duration_since(Instant::now());
            match self.store.next_due(&self.post.url)? {
                Some(due) if due < left => thread::sleep(due.max(Duration::from_millis(5))),
                _ => break,
            }
        }
        let waiting = self.store.waiting(&self.post.url)?;
        if waiting > 0 {
            tracing::warn!("{waiting} webhook events wait in the store for the next session");
        }
        Ok(())
    }

    /// Posts all that is due, until `end` if there is one; false when the server did not take one.
    fn deliver(&self, end: Option<Instant>) -> Result<bool, Failure> {
        let mut taken = true;
        while end.is_none_or(|end| Instant::now() < end)
            && let Some(letter) = self.store.take(&self.post.url, self.post.timeout() * 2)?
        {
            match self.post.post(&letter.body) {
                Ok(()) => {
                    tracing::info!("the webhook event {} is delivered", letter.event_id);
                    self.store.delivered(&letter)?;
                }
                Err(why) => {
                    let (wait, id) = (wait(&letter), &letter.event_id);
                    tracing::warn!(
                        "the webhook event {id} is not delivered ({why}), again in {:.0} s",
                        wait.as_secs_f64()
                    );
                    self.store.postpone(&letter, wait)?;
                    taken = false;
                }
            }
        }
        Ok(taken)
    }
}

/// Doubled from try to try, and spread: many kiosks lose one server at once.
fn wait(letter: &Letter) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << letter.attempts.min(20));
    let spread = letter.event_id.bytes().map(u32::from).sum::<u32>() % 100;
    doubled.min(LONGEST_WAIT).mul_f64(0.75 + 0.005 * f64::from(spread))
}
