// SPDX-License-Identifier: MIT OR Apache-2.0

//! Webhooks: signed status updates of sessions, delivered to a server at least once.
//!
//! Events wait in the store's outbox. A separate thread posts them, so that no camera waits for a server.

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

/// Pause after a server that does not answer.
const REST: Duration = Duration::from_secs(1);
/// Interval at which the outbox is checked for events of other processes.
const ROUND: Duration = Duration::from_secs(30);
/// Extra time at the end to record the outcome of the last request.
const GRACE: Duration = Duration::from_millis(250);

/// A command to the delivery thread.
enum Order {
    /// Check the outbox for new events.
    Look,
    /// Deliver pending events until this time, then stop.
    Finish(Instant),
}

/// Handle of the delivery thread.
pub struct Courier {
    orders: Sender<Order>,
    /// Disconnects when the thread ends.
    ended: Receiver<()>,
}

impl Courier {
    /// Starts the delivery thread, which begins with undelivered events of earlier sessions. `key` is the key
    /// of the store at `store`.
    ///
    /// # Errors
    /// The webhook's settings or secret cannot be used, or no thread can be started.
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

    /// Makes the thread check the outbox for new events.
    pub fn look(&self) {
        // If the thread has ended, it has logged the reason.
        let _ = self.orders.send(Order::Look);
    }

    /// Delivers pending events for up to `patience`. Undelivered events stay in the outbox; a hanging request
    /// is abandoned at exit.
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

/// Tries to deliver each pending event once. Returns the number of delivered events and the number of those
/// still pending.
///
/// # Errors
/// The webhook's settings or secret cannot be used, or the store cannot be read or written.
pub fn deliver(webhook: &Webhook, store: &Store, secrets: &SecretRules) -> Result<(u64, u64), Failure> {
    let post = post(webhook, secrets)?;
    store.hasten(&post.url)?;
    let before = store.waiting(&post.url)?;
    Round::new(store, &post).go(None, || true)?;
    let after = store.waiting(&post.url)?;
    Ok((before.saturating_sub(after), after))
}

/// Delivers events until ordered to finish, then delivers the remaining ones.
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

/// Returns the deadline of a `Finish` order, now if the sender is gone, or `None` without an order.
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

/// Delivers the remaining events until none is left, the server refuses one or does not answer, or `end` is
/// reached.
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
