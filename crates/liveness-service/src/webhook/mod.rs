//! Webhooks: a session's status, told to a server, signed, at least once, whatever happens in between.
//!
//! Events wait in the store's outbox; a thread of its own posts them, so that no camera waits for a server.

pub mod canonical;
mod post;
mod reach;
mod round;
mod signature;
pub mod trust;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use liveness_workflow::Webhook;

use super::failure::Failure;
use super::secret;
use super::secret::SecretRules;
use super::store::Store;
use post::Post;
use round::{Round, Went};

/// After a server that does not answer.
const REST: Duration = Duration::from_secs(1);
/// Looks for events of other programs so often.
const ROUND: Duration = Duration::from_secs(30);
/// What a last try may take to be noted, once its time is over.
const GRACE: Duration = Duration::from_millis(250);

enum Order {
    /// There is something new.
    Look,
    /// Deliver what can be delivered until then, and stop.
    Finish(Instant),
}

/// The thread that delivers.
pub struct Courier {
    orders: Sender<Order>,
    /// Hangs up when the thread ends.
    ended: Receiver<()>,
}

impl Courier {
    /// Begins with what an earlier session could not deliver.
    pub fn start(
        webhook: &Webhook,
        store: PathBuf,
        key: Vec<u8>,
        secrets: &SecretRules,
    ) -> Result<Self, Failure> {
        let post = post(webhook, secrets)?;
        let (orders, taken) = channel();
        let (running, ended) = channel();
        let deliver = move || {
            let worked = Store::open(&store, &key).and_then(|store| work(&Round::new(&store, &post), &taken));
            if let Err(failure) = worked {
                tracing::error!("{}", failure.about("the webhook"));
            }
            drop(running);
        };
        let thread = thread::Builder::new().name("webhook".into()).spawn(deliver);
        thread.map_err(|e| Failure::internal(format!("no thread for the webhook: {e}")))?;
        Ok(Self { orders, ended })
    }

    pub fn look(&self) {
        // Where nobody listens any more, the reason has been told.
        let _ = self.orders.send(Order::Look);
    }

    /// Gives what is left so long; the rest keeps for the next session. A request that hangs is left to the end of the
    /// process: its event is still in the store.
    pub fn finish(self, patience: Duration) {
        let _ = self.orders.send(Order::Finish(Instant::now() + patience));
        let _ = self.ended.recv_timeout(patience + GRACE);
    }
}

fn post(webhook: &Webhook, secrets: &SecretRules) -> Result<Post, Failure> {
    let file = webhook.secret_file.as_ref().map(|name| Path::new(&name.0));
    let variable = webhook.secret_env.as_ref().map(|name| name.0.as_str());
    Post::new(webhook, secret::read("the webhook's secret", file, variable, secrets)?)
}

/// Delivers all that waits, each event tried once; how many are delivered and how many still wait.
pub fn deliver(webhook: &Webhook, store: &Store, secrets: &SecretRules) -> Result<(u64, u64), Failure> {
    let post = post(webhook, secrets)?;
    store.hasten(&post.url)?;
    let before = store.waiting(&post.url)?;
    Round::new(store, &post).go(None, || true)?;
    let after = store.waiting(&post.url)?;
    Ok((before.saturating_sub(after), after))
}

/// Delivers what comes until it is told to finish, and then what is left.
fn work(round: &Round<'_>, orders: &Receiver<Order>) -> Result<(), Failure> {
    let mut rested = Instant::now();
    loop {
        if Instant::now() >= rested {
            let mut told = None;
            let went = round.go(None, || {
                told = end_of(orders);
                told.is_none()
            })?;
            match told {
                Some(end) => return finish(round, end),
                None if went == Went::Unheard => rested = Instant::now() + REST,
                None => {}
            }
        }
        let rest = rested.saturating_duration_since(Instant::now());
        let due = round.next_due()?.unwrap_or(ROUND).clamp(rest, ROUND);
        match orders.recv_timeout(due) {
            Ok(Order::Look) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Order::Finish(end)) => return finish(round, end),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// The time until which to deliver what is left, where that has been told; it is over when nobody is there any more.
fn end_of(orders: &Receiver<Order>) -> Option<Instant> {
    loop {
        match orders.try_recv() {
            Ok(Order::Look) => {}
            Ok(Order::Finish(end)) => return Some(end),
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => return Some(Instant::now()),
        }
    }
}

/// Delivers what is left, until it is done, the server refuses or the time is over.
fn finish(round: &Round<'_>, end: Instant) -> Result<(), Failure> {
    while round.go(Some(end), || true)? == Went::Well {
        let left = end.saturating_duration_since(Instant::now());
        match round.next_due()? {
            Some(due) if due < left => thread::sleep(due.max(Duration::from_millis(5))),
            _ => break,
        }
    }
    Ok(())
}
