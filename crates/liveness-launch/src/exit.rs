// SPDX-License-Identifier: MIT OR Apache-2.0

//! The exit statuses of decisions.

use liveness_core::session::Status;

/// The session is approved, or the command succeeded.
pub const APPROVED: u8 = 0;
/// The session is declined.
pub const DECLINED: u8 = 1;
/// The session needs a review.
pub const IN_REVIEW: u8 = 2;
/// The session was not completed.
pub const ABANDONED: u8 = 3;

/// Returns the exit status of a decision.
pub const fn status_of(status: Status) -> u8 {
    match status {
        Status::Approved => APPROVED,
        Status::Declined | Status::KycExpired => DECLINED,
        Status::InReview => IN_REVIEW,
        Status::NotStarted | Status::InProgress | Status::Abandoned => ABANDONED,
    }
}

/// Returns the more severe of two exit statuses: errors, then abandoned, declined, in review, approved.
pub fn worse(a: u8, b: u8) -> u8 {
    let gravity = |status| match status {
        APPROVED => 0,
        IN_REVIEW => 1,
        DECLINED => 2,
        other => other,
    };
    if gravity(b) > gravity(a) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_wins_in_any_order() {
        for (a, b, worst) in [(0, 2, 2), (2, 1, 1), (1, 3, 3), (3, 64, 64), (66, 65, 66), (0, 0, 0)] {
            assert_eq!((worse(a, b), worse(b, a)), (worst, worst));
        }
    }
}
