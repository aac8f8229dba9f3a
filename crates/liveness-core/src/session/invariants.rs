// SPDX-License-Identifier: MIT OR Apache-2.0

//! Invariants of every session, for any evidence and any rules.

use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::check::{Evidence, Failure, Guidance, Method};
use crate::face::{AgeGender, Gender};

const FAILURES: [Failure; 6] = [
    Failure::NotDone,
    Failure::Frozen,
    Failure::Looped,
    Failure::OtherFace,
    Failure::OtherLight,
    Failure::NoReflection,
];

fn action() -> impl Strategy<Value = Option<RuleAction>> {
    option::of(prop::sample::select(RuleAction::ALL.to_vec()))
}

fn limit() -> impl Strategy<Value = Limit> {
    (option::of(0.0f64..=100.0), action()).prop_map(|(threshold, action)| Limit { threshold, action })
}

prop_compose! {
    fn rules()(
        (quality_review, quality_decline) in (option::of(0.0f64..=100.0), option::of(0.0f64..=100.0)),
        (darkest, brightest) in (limit(), limit()),
        (multiple_faces, injection) in (action(), action()),
        minimum_age in option::of(1.0f64..100.0),
    ) -> Rules {
        Rules { quality_review, quality_decline, darkest, brightest, multiple_faces, injection, minimum_age }
    }
}

prop_compose! {
    fn evidence()(
        score in option::weighted(0.9, 0.0f64..=100.0),
        attack in prop::bool::weighted(0.1),
        hindrance in prop::sample::select(Guidance::ALL.to_vec()),
        failure in option::weighted(0.2, prop::sample::select(FAILURES.to_vec())),
        (face_quality, face_luminance) in (option::of(0.0f64..=100.0), option::of(0.0f64..=100.0)),
    ) -> Evidence {
        let attack = attack || failure.is_some_and(Failure::is_attack);
        Evidence { score, attack, hindrance, failure, face_quality, face_luminance, ..Evidence::default() }
    }
}

prop_compose! {
    fn status_rule()(
        field in prop::sample::select(vec!["score", "face_quality", "warnings.risk", "evidence.attempts_used"]),
        operator in prop::sample::select(Operator::ALL.to_vec()),
        value in prop_oneof![(0.0f64..100.0).prop_map(Value::from), Just(Value::from("LOW_FACE_QUALITY"))],
        status in prop::sample::select(vec![Status::Approved, Status::InReview, Status::Declined]),
    ) -> StatusRule {
        StatusRule { field: field.into(), operator, value, status }
    }
}

fn aged(age: f32) -> AgeGender {
    AgeGender { age, gender: Gender::Female, gender_confidence: 0.9 }
}

/// Returns the number of attempts and the last decision.
fn course(attempts: &[(Evidence, Option<f32>)], rules: Rules, budget: u32) -> (u32, Decision) {
    let config = SessionConfig {
        max_attempts: budget,
        attempt_timeout: 1,
        progress_interval: 1,
        thresholds: Thresholds::default(),
    };
    let mut session = Session::new();
    session.start();
    for (made, (evidence, age)) in (1..).zip(attempts.iter().cycle()) {
        let decision = rules.apply(decide(evidence, config.thresholds), evidence);
        let decision = rules.apply_age(decision, age.map(aged));
        let attack = decision.has(Risk::LivenessFaceAttack);
        let events = session.conclude(decision, true, &config);
        let decided = events.iter().find_map(|event| match event {
            SessionEvent::Decided(decision) => Some(decision.clone()),
            _ => None,
        });
        match decided {
            Some(decision) => return (made, decision),
            None => {
                assert!(!attack, "an attack is never retried");
                assert!(session.attempt() <= budget && made < budget, "attempts stay in their budget");
                let retry = events.iter().find_map(|event| match event {
                    SessionEvent::Retry(retry) => Some(retry),
                    _ => None,
                });
                let retry = retry.expect("a further attempt is told");
                session.tick(0, &config);
                session.tick(RETRY_PAUSE, &config);
                assert!(!retry.advice.text().is_empty() && retry.feedback_codes.contains(&retry.error));
                assert_eq!((retry.attempts_used, retry.max_attempts), (made, budget));
                assert_eq!((session.attempt(), session.advice()), (made + 1, None));
            }
        }
    }
    unreachable!("attempts are endless")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_session_ends_and_approves_nothing_grave(
        attempts in prop::collection::vec((evidence(), option::weighted(0.9, 5.0f32..90.0)), 1..4),
        rules in rules(),
        status_rules in prop::collection::vec(status_rule(), 0..4),
        budget in 1u32..=3,
    ) {
        let (made, decision) = course(&attempts, rules, budget);
        let (evidence, age) = &attempts[(made as usize - 1) % attempts.len()];
        let check = LivenessCheck::new("n", Method::Passive, &decision, Some(evidence)).with_age(age.map(aged));
        let json: Value = serde_json::from_str(&check.to_json()).unwrap();
        let status = apply_status_rules(&status_rules, &json, decision.status);

        prop_assert!(made <= budget);
        let error = check.warnings.iter().any(|warning| warning.log_type == LogType::Error);
        prop_assert!(!(error && status == Status::Approved));
        prop_assert!(!(error && decision.status != Status::Declined));
        prop_assert!(!evidence.attack || decision.status == Status::Declined);
        if status_rules.is_empty() && status == Status::Approved {
            prop_assert!(evidence.score.is_some_and(|score| score > 60.0) && evidence.failure.is_none());
        }
        prop_assert!(matches!(status, Status::Approved | Status::InReview | Status::Declined));
        let named: Vec<_> = check.warnings.iter().map(|warning| warning.risk).collect();
        prop_assert!(named.iter().enumerate().all(|(i, risk)| !named[..i].contains(risk)), "no warning twice");
    }
}
