//! Work that must end: reading from a pipe, decoding.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use super::failure::Failure;

/// Runs `work` on a thread of its own: a pipe may never be opened by a writer, a decoder may take long. What is late is left to
/// itself and ends with the process, if not before.
///
/// # Errors
/// Those of `work`; `Code::Data` when it takes longer than until `deadline`, or panics.
pub fn before<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (done, result) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("reader".into()).spawn(move || {
        // After the deadline, the receiver is gone.
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
