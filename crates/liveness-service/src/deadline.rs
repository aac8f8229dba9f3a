// SPDX-License-Identifier: MIT OR Apache-2.0

//! Deadlines for work that may block, such as reading from a pipe or decoding.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use super::failure::Failure;

/// Runs `work` on a separate thread, because a pipe may have no writer and a decoder may be slow. Work past
/// the deadline continues unobserved until it ends or the process exits.
///
/// # Errors
/// Errors of `work`, and `Code::Data` if it panics or does not end by `deadline`.
pub fn before<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (done, result) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("reader".into()).spawn(move || {
        // After the deadline the receiver no longer exists.
        let _ = done.send(work());
    });
    thread.map_err(|e| Failure::internal(format!("no thread can be started: {e}")))?;
    match result.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(Failure::data("it takes too long")),
        Err(RecvTimeoutError::Disconnected) => Err(Failure::data("it cannot be decoded: the decoder failed")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::failure::Code;

    #[test]
    fn the_deadline_ends_work_that_does_not_end() {
        let (release, hold) = mpsc::channel::<()>();
        let failure = before(Instant::now() + Duration::from_millis(20), move || {
            let _ = hold.recv();
            Ok(())
        });
        assert_eq!(failure.unwrap_err().text, "it takes too long");
        drop(release);
    }

    #[test]
    fn a_decoder_that_panics_is_a_picture_that_cannot_be_decoded() {
        let far = Instant::now() + Duration::from_secs(10);
        let failure = before::<()>(far, || panic!("on purpose")).unwrap_err();
        assert_eq!(failure.code, Code::Data);
    }
}
