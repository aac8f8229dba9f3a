// SPDX-License-Identifier: MIT OR Apache-2.0

//! A hygiene mask on a living person: asked to be taken off, never called an attack.

mod common;

use common::session::Session;
use common::*;

fn check(identity: u32, mask: bool, check: &str) -> Session {
    Session::playing(&format!(
        "livenesstestsrc num-buffers=60 seed={identity} identity={identity} hygiene-mask={mask} ! \
         video/x-raw,width=640,height=480,framerate=30/1 ! {check} seed=3 max-attempts=1 attempt-timeout=1000000000 ! \
         fakesink sync=false"
    ))
}

/// Blue, white and three black ones.
#[test]
fn a_mask_is_to_be_taken_off_and_no_attack() {
    for identity in [0, 1, 2, 5, 8] {
        for element in ["livenesspassive", "livenessaction", "livenessflash"] {
            let mut session = check(identity, true, element);
            let result = session.result();
            assert_ne!(text(&result, "status"), "Approved", "{identity}, {element}: {result}");
            let warnings = texts(&result, "warnings");
            assert!(
                !warnings.contains(&"LIVENESS_FACE_ATTACK".to_owned()),
                "{identity}, {element}: {result}"
            );
            let codes = guidance(&session.messages);
            assert!(codes.contains(&"FACE_COVERED".to_owned()), "{identity}, {element}: {codes:?}");
            assert!(warnings.contains(&"HIGH_FACE_OCCLUSION".to_owned()), "{identity}, {element}: {result}");
        }
    }
}

#[test]
fn who_wears_none_is_not_told_to_take_it_off() {
    for identity in 0..6 {
        let mut session = check(identity, false, "livenesspassive");
        session.result();
        let codes = guidance(&session.messages);
        assert!(!codes.contains(&"FACE_COVERED".to_owned()), "{identity}: {codes:?}");
    }
}
