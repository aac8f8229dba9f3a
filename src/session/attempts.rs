//! The attempts of one check: a state machine without clock or pipeline.

use super::decision::{Decision, Status, Thresholds};
use super::risk::LogType;
use crate::check::{ActionEvent, ActionState, Guidance, LightCue, Step, Time};

/// What may be changed while a check runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionConfig {
    /// 1–3.
    pub max_attempts: u32,
    /// Nanoseconds on the running clock.
    pub attempt_timeout: Time,
    pub progress_interval: Time,
    pub thresholds: Thresholds,
}

/// What is to be told.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionEvent {
    Guidance(Guidance),
    Progress(Progress),
    Action(ActionEvent),
    Light(LightCue),
    Retry(Retry),
    Decided(Decision),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub status: Status,
    pub fraction: f64,
    pub faces: u32,
}

/// An attempt failed and another may be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// For people.
    pub detail: String,
    /// The risk that weighs most.
    pub error: &'static str,
    pub feedback_codes: Vec<&'static str>,
    pub attempts_used: u32,
    pub max_attempts: u32,
}

/// Counts attempts and says when to conclude one.
#[derive(Clone, Debug, Default)]
pub struct Session {
    status: Status,
    attempt: u32,
    /// Changes with every attempt of every check, so that late work can be told from current.
    serial: u64,
    started: Option<Time>,
    last_progress: Option<Time>,
    guidance: Option<Guidance>,
    fraction: f64,
    score: Option<f64>,
    /// In the last analysed frame.
    faces: u32,
    /// The prompt that the person has before them.
    asked: Option<ActionEvent>,
    /// The light that the screen shows.
    light: Option<LightCue>,
}

impl Session {
    pub fn new() -> Self {
        Self::default()
    }

    /// A session that has not started, later than all attempts of `earlier`.
    pub fn after(earlier: &Self) -> Self {
        Self { serial: earlier.serial + 1, ..Self::default() }
    }

    pub fn status(&self) -> Status {
        self.status
    }

    /// The running or last attempt, from 1; 0 before the first.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    pub fn serial(&self) -> u64 {
        self.serial
    }

    pub fn is_running(&self) -> bool {
        self.status == Status::InProgress
    }

    /// Begins a check with its first attempt; a running one is dropped without a decision.
    pub fn start(&mut self) -> Vec<SessionEvent> {
        let mut events = self.withdraw();
        self.guidance = None;
        self.begin_attempt(1);
        events.push(self.progress());
        events
    }

    /// Gives a running check up.
    pub fn cancel(&mut self) -> Vec<SessionEvent> {
        if self.is_running() { self.finish(Decision::abandoned()) } else { Vec::new() }
    }

    /// Makes the running attempt begin anew, because the stream's time did (a flush or seek).
    pub fn restart_attempt(&mut self) -> Vec<SessionEvent> {
        let events = self.withdraw();
        if self.is_running() {
            self.begin_attempt(self.attempt);
        }
        events
    }

    /// Takes back what a screen shows: an open prompt, the light.
    fn withdraw(&mut self) -> Vec<SessionEvent> {
        let asked = self.asked.take().map(|asked| ActionEvent { state: ActionState::Failed, ..asked });
        let light = self.light.take().map(|light| LightCue::off(light.index + 1));
        asked.map(SessionEvent::Action).into_iter().chain(light.map(SessionEvent::Light)).collect()
    }

    /// What the person was last told to do.
    pub fn guidance(&self) -> Guidance {
        self.guidance.unwrap_or_default()
    }

    /// How much of the attempt is done, 0–1.
    pub fn fraction(&self) -> f64 {
        self.fraction
    }

    /// The attempt's score so far, once there is one.
    pub fn score(&self) -> Option<f64> {
        self.score
    }

    /// The prompt that the person has before them.
    pub fn asked(&self) -> Option<ActionEvent> {
        self.asked
    }

    /// The light that the screen is to show.
    pub fn light(&self) -> Option<&LightCue> {
        self.light.as_ref()
    }

    /// Takes in where the check stands after a frame. The second value tells that the attempt is to be concluded.
    pub fn step(
        &mut self,
        step: &Step,
        faces: u32,
        time: Time,
        config: &SessionConfig,
    ) -> (Vec<SessionEvent>, bool) {
        let mut events = Vec::new();
        if !self.is_running() {
            return (events, false);
        }
        if self.guidance.replace(step.guidance) != Some(step.guidance) {
            events.push(SessionEvent::Guidance(step.guidance));
        }
        (self.fraction, self.faces, self.score) = (step.fraction, faces, step.score);
        for action in &step.actions {
            self.asked = Some(*action).filter(|action| action.state == ActionState::Requested);
            events.push(SessionEvent::Action(*action));
        }
        if let Some(light) = &step.light {
            self.light = Some(light.clone()).filter(|light| light.active);
            events.push(SessionEvent::Light(light.clone()));
        }
        let (progress, timed_out) = self.tick(time, config);
        events.extend(progress);
        (events, step.done || timed_out)
    }

    /// Lets the clock run on, with a frame analysed or without. The second value tells that the attempt is to be concluded.
    pub fn tick(&mut self, now: Time, config: &SessionConfig) -> (Vec<SessionEvent>, bool) {
        if !self.is_running() {
            return (Vec::new(), false);
        }
        let due = self.last_progress.is_none_or(|last| now.saturating_sub(last) >= config.progress_interval);
        if due {
            self.last_progress = Some(now);
        }
        let started = *self.started.get_or_insert(now);
        let over = now.saturating_sub(started) >= config.attempt_timeout;
        (due.then(|| self.progress()).into_iter().collect(), over)
    }

    /// Ends the attempt with its decision: another attempt while the fault can be mended, attempts remain and the
    /// stream goes on; else the result.
    pub fn conclude(
        &mut self,
        decision: Decision,
        stream_goes_on: bool,
        config: &SessionConfig,
    ) -> Vec<SessionEvent> {
        if !self.is_running() {
            return Vec::new();
        }
        if !self.retries(&decision, stream_goes_on, config) {
            return self.finish(decision);
        }
        let mut events = self.withdraw();
        events.push(SessionEvent::Retry(Retry::new(&decision, self.attempt, config.max_attempts)));
        self.begin_attempt(self.attempt + 1);
        events.push(self.progress());
        events
    }

    /// Whether another attempt would follow `decision`.
    pub fn retries(&self, decision: &Decision, stream_goes_on: bool, config: &SessionConfig) -> bool {
        stream_goes_on && decision.retryable() && self.attempt < config.max_attempts
    }

    fn begin_attempt(&mut self, attempt: u32) {
        let serial = self.serial + 1;
        // What the person was told still holds.
        let (faces, guidance) = (self.faces, self.guidance);
        *self = Self { status: Status::InProgress, attempt, serial, faces, guidance, ..Self::default() };
    }

    fn finish(&mut self, decision: Decision) -> Vec<SessionEvent> {
        self.status = decision.status;
        self.serial += 1;
        self.fraction = 1.0;
        let mut events = self.withdraw();
        events.extend([self.progress(), SessionEvent::Decided(decision)]);
        events
    }

    fn progress(&self) -> SessionEvent {
        SessionEvent::Progress(Progress { status: self.status, fraction: self.fraction, faces: self.faces })
    }
}

impl Retry {
    fn new(decision: &Decision, attempts_used: u32, max_attempts: u32) -> Self {
        let mut risks: Vec<_> =
            decision.risks.iter().filter(|(_, grave)| *grave > LogType::Information).collect();
        risks.sort_by_key(|(_, grave)| std::cmp::Reverse(*grave));
        let risks: Vec<_> = risks.into_iter().map(|(risk, _)| *risk).collect();
        let reason = decision.failure.map(|failure| failure.text());
        let texts = risks.iter().map(|risk| match (risk, reason) {
            (risk, Some(reason)) if risk.tells_why() => reason,
            (risk, _) => risk.long_description(),
        });
        let detail = texts.collect::<Vec<_>>().join(" ");
        Self {
            detail,
            error: risks.first().map_or("", |risk| risk.name()),
            feedback_codes: risks.iter().map(|risk| risk.name()).collect(),
            attempts_used,
            max_attempts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::risk::Risk;
    use super::*;
    use proptest::prelude::*;

    const CONFIG: SessionConfig = SessionConfig {
        max_attempts: 3,
        attempt_timeout: 10_000,
        progress_interval: 500,
        thresholds: Thresholds { decline: 30.0, review: 60.0 },
    };

    fn step(guidance: Guidance, done: bool) -> Step {
        Step { guidance, fraction: 0.5, done, score: None, actions: Vec::new(), light: None, anew: false }
    }

    fn declined(risk: Risk) -> Decision {
        Decision { status: Status::Declined, score: 0.0, risks: vec![(risk, LogType::Error)], failure: None }
    }

    fn is_result(events: &[SessionEvent]) -> bool {
        events.iter().any(|event| matches!(event, SessionEvent::Decided(_)))
    }

    #[test]
    fn guidance_is_told_only_when_it_changes() {
        let mut session = Session::new();
        session.start();
        let told: Vec<usize> = [Guidance::Ok, Guidance::Ok, Guidance::TooDark, Guidance::Ok]
            .map(|g| session.step(&step(g, false), 1, 0, &CONFIG).0)
            .map(|events| events.iter().filter(|e| matches!(e, SessionEvent::Guidance(_))).count())
            .to_vec();
        assert_eq!(told, [1, 0, 1, 1]);
    }

    #[test]
    fn guidance_holds_over_attempts_and_is_told_anew_by_another_check() {
        let mut session = Session::new();
        let told = |events: Vec<SessionEvent>| events.contains(&SessionEvent::Guidance(Guidance::NoFace));
        session.start();
        assert!(told(session.step(&step(Guidance::NoFace, true), 0, 0, &CONFIG).0));
        session.conclude(declined(Risk::NoFaceDetected), true, &CONFIG);
        assert!(!told(session.step(&step(Guidance::NoFace, true), 0, 1, &CONFIG).0));
        session.start();
        assert!(told(session.step(&step(Guidance::NoFace, true), 0, 2, &CONFIG).0));
    }

    #[test]
    fn three_attempts_and_then_the_result() {
        let mut session = Session::new();
        session.start();
        for attempt in 1..=3 {
            assert_eq!(session.attempt(), attempt);
            let events = session.conclude(declined(Risk::NoFaceDetected), true, &CONFIG);
            assert_eq!(is_result(&events), attempt == 3);
        }
        assert_eq!(session.status(), Status::Declined);
        assert!(session.conclude(declined(Risk::NoFaceDetected), true, &CONFIG).is_empty());
    }

    #[test]
    fn an_attack_or_the_end_of_the_stream_leaves_no_retry() {
        for (risk, goes_on) in [(Risk::LivenessFaceAttack, true), (Risk::NoFaceDetected, false)] {
            let mut session = Session::new();
            session.start();
            assert!(is_result(&session.conclude(declined(risk), goes_on, &CONFIG)));
        }
    }

    #[test]
    fn an_attempt_ends_at_its_timeout() {
        let mut session = Session::new();
        session.start();
        assert!(!session.step(&step(Guidance::NoFace, false), 0, 5_000, &CONFIG).1);
        assert!(!session.tick(14_999, &CONFIG).1);
        assert!(session.tick(15_000, &CONFIG).1);
    }

    #[test]
    fn progress_comes_in_its_interval_whether_frames_are_analysed_or_not() {
        let mut session = Session::new();
        session.start();
        let told = |time: Time, events: Vec<SessionEvent>| {
            events.iter().any(|event| matches!(event, SessionEvent::Progress(_))).then_some(time)
        };
        let times: Vec<Time> = (0..40)
            .map(|i| i * 100)
            .filter_map(|time| match time % 300 {
                0 => told(time, session.step(&step(Guidance::Ok, false), 1, time, &CONFIG).0),
                _ => told(time, session.tick(time, &CONFIG).0),
            })
            .collect();
        assert_eq!(times, [0, 500, 1000, 1500, 2000, 2500, 3000, 3500]);
    }

    #[test]
    fn cancelling_abandons_once() {
        let mut session = Session::new();
        assert!(session.cancel().is_empty());
        session.start();
        assert!(is_result(&session.cancel()));
        assert!(session.cancel().is_empty());
        assert_eq!(session.status(), Status::Abandoned);
    }

    proptest! {
        /// Whatever happens, a started check gives exactly one decision, and attempts stay in their budget.
        #[test]
        fn one_decision_per_check(calls in prop::collection::vec((0u8..5, 0u64..30_000), 1..60), budget in 1u32..=3) {
            let config = SessionConfig { max_attempts: budget, ..CONFIG };
            let mut session = Session::new();
            let (mut open, mut decisions, mut starts) = (false, 0, 0);
            for (call, time) in calls {
                let events = match call {
                    0 if !open => { starts += 1; open = true; session.start() }
                    1 => session.cancel(),
                    2 => session.conclude(declined(Risk::NoFaceDetected), true, &config),
                    3 => session.conclude(declined(Risk::LivenessFaceAttack), true, &config),
                    _ => session.step(&step(Guidance::Ok, false), 1, time, &config).0,
                };
                let decided = events.iter().filter(|e| matches!(e, SessionEvent::Decided(_))).count();
                prop_assert!(decided <= usize::from(open));
                if decided > 0 { open = false; decisions += 1; }
                prop_assert!(session.attempt() <= budget);
            }
            prop_assert_eq!(starts, decisions + usize::from(open));
        }
    }
}
