// SPDX-License-Identifier: MIT OR Apache-2.0

//! The attempts of one check: a state machine without a clock or a pipeline.

use super::advice::Advice;
use super::decision::{Decision, Status, Thresholds};
use super::risk::LogType;
use crate::check::{ActionEvent, ActionState, Guidance, LightCue, Step, Time};

/// Pause between a failed attempt and the next one, in nanoseconds on the running clock. The screen shows the
/// retry and the advice meanwhile.
pub const RETRY_PAUSE: Time = 2_000_000_000;

/// Window in nanoseconds that contains at most two changes of guidance, so that a person can read them.
pub const GUIDANCE_SPAN: Time = 1_000_000_000;

/// Settings that may change while a check runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionConfig {
    /// Maximum number of attempts, 1–3.
    pub max_attempts: u32,
    /// Maximum duration of an attempt, in nanoseconds on the running clock.
    pub attempt_timeout: Time,
    /// Time between progress events, in nanoseconds on the running clock.
    pub progress_interval: Time,
    /// Score thresholds of the decision.
    pub thresholds: Thresholds,
}

/// An event to report to the application.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionEvent {
    Guidance(Guidance),
    Progress(Progress),
    Action(ActionEvent),
    Light(LightCue),
    Retry(Retry),
    Decided(Decision),
}

/// The progress of a check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Status of the check.
    pub status: Status,
    /// Completed share of the attempt, 0–1.
    pub fraction: f64,
    /// Number of faces in the last analysed frame.
    pub faces: u32,
}

/// A failed attempt that another one will follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Advice for the next attempt.
    pub advice: Advice,
    /// Name of the most severe risk.
    pub error: &'static str,
    /// Names of the risks, with the most severe first.
    pub feedback_codes: Vec<&'static str>,
    /// Number of attempts made.
    pub attempts_used: u32,
    /// Maximum number of attempts.
    pub max_attempts: u32,
}

/// Counts attempts and decides when to conclude one.
#[derive(Clone, Debug, Default)]
pub struct Session {
    status: Status,
    attempt: u32,
    /// Changes with every attempt of every check, so that outdated work can be recognised.
    serial: u64,
    started: Option<Time>,
    last_progress: Option<Time>,
    guidance: Option<Guidance>,
    /// Times of the last two changes of guidance.
    guided: [Option<Time>; 2],
    fraction: f64,
    score: Option<f64>,
    /// Number of faces in the last analysed frame.
    faces: u32,
    /// The last action event of the attempt.
    action: Option<ActionEvent>,
    /// The pause between a retry and the next attempt.
    pause: Option<Pause>,
    /// The light that the screen shows.
    light: Option<LightCue>,
    /// Number of attempts of this check that were restarted after a flush.
    restarts: u32,
}

/// The time in which a person reads the advice.
#[derive(Clone, Copy, Debug)]
struct Pause {
    advice: Advice,
    /// Time of the first tick after the retry.
    since: Option<Time>,
}

impl Session {
    /// Returns a session that has not started.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a session that has not started. Its serial is higher than those of all attempts of `earlier`.
    pub fn after(earlier: &Self) -> Self {
        Self { serial: earlier.serial + 1, ..Self::default() }
    }

    /// Returns the status of the check.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns the number of the running or last attempt, from 1; 0 before the first.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the serial of the attempt, which changes with every attempt of every check.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Returns whether a check is running, pauses included.
    pub fn is_running(&self) -> bool {
        self.status == Status::InProgress
    }

    /// Starts a check with its first attempt. A running check is dropped without a decision.
    pub fn start(&mut self) -> Vec<SessionEvent> {
        let mut events = self.withdraw();
        (self.guidance, self.restarts) = (None, 0);
        self.begin_attempt(1);
        events.push(self.progress());
        events
    }

    /// Ends a running check with the status Abandoned.
    pub fn cancel(&mut self) -> Vec<SessionEvent> {
        if self.is_running() { self.finish(Decision::abandoned()) } else { Vec::new() }
    }

    /// Restarts the running attempt because the stream's time restarted (a flush or a seek). A pause starts
    /// again. A check allows `max_attempts` restarts, since each one draws another challenge. After that, the
    /// second value is true: the attempt counts and must be concluded.
    pub fn restart_attempt(&mut self, config: &SessionConfig) -> (Vec<SessionEvent>, bool) {
        if let Some(pause) = &mut self.pause {
            pause.since = None;
            return (self.withdraw(), false);
        }
        if !self.is_running() {
            return (self.withdraw(), false);
        }
        if self.started.is_some() {
            if self.restarts >= config.max_attempts {
                return (Vec::new(), true);
            }
            self.restarts += 1;
        }
        let events = self.withdraw();
        self.begin_attempt(self.attempt);
        (events, false)
    }

    /// Withdraws an open prompt and the light from the screen.
    fn withdraw(&mut self) -> Vec<SessionEvent> {
        let open = self.action.take_if(|action| action.state == ActionState::Requested);
        let asked = open.map(|asked| ActionEvent { state: ActionState::Failed, ..asked });
        let light = self.light.take().map(|light| LightCue::off(light.index + 1));
        asked.map(SessionEvent::Action).into_iter().chain(light.map(SessionEvent::Light)).collect()
    }

    /// Returns the last guidance reported to the person.
    pub fn guidance(&self) -> Guidance {
        self.guidance.unwrap_or_default()
    }

    /// Returns the completed share of the attempt, 0–1.
    pub fn fraction(&self) -> f64 {
        self.fraction
    }

    /// Returns the attempt's current score, or `None` if there is none yet.
    pub fn score(&self) -> Option<f64> {
        self.score
    }

    /// Returns the last action event of the attempt: an open prompt or the result of the last one.
    pub fn action(&self) -> Option<ActionEvent> {
        self.action
    }

    /// Returns the advice for the next attempt during the pause after a retry. The check does not run meanwhile.
    pub fn advice(&self) -> Option<Advice> {
        self.pause.map(|pause| pause.advice)
    }

    /// Returns the light that the screen should show.
    pub fn light(&self) -> Option<&LightCue> {
        self.light.as_ref()
    }

    /// Takes over the state of the check after a frame. The second value is true if the attempt must be concluded.
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
        events.extend(self.guide(step.guidance, time));
        (self.fraction, self.faces, self.score) = (step.fraction, faces, step.score);
        for action in &step.actions {
            self.action = Some(*action);
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

    /// Reports guidance when it changes, at most twice per [`GUIDANCE_SPAN`].
    fn guide(&mut self, guidance: Guidance, now: Time) -> Option<SessionEvent> {
        let [last, before] = self.guided;
        let held = before.is_some_and(|told| now.saturating_sub(told) < GUIDANCE_SPAN);
        if self.guidance == Some(guidance) || held {
            return None;
        }
        (self.guidance, self.guided) = (Some(guidance), [Some(now), last]);
        Some(SessionEvent::Guidance(guidance))
    }

    /// Advances the clock, with or without an analysed frame. The second value is true if the attempt must be
    /// concluded.
    pub fn tick(&mut self, now: Time, config: &SessionConfig) -> (Vec<SessionEvent>, bool) {
        if !self.is_running() {
            return (Vec::new(), false);
        }
        let due = self.last_progress.is_none_or(|last| now.saturating_sub(last) >= config.progress_interval);
        let resumes = self.pause_ends(now);
        if resumes {
            self.begin_attempt(self.attempt + 1);
        }
        if due || resumes {
            self.last_progress = Some(now);
        }
        let progress = (due || resumes).then(|| self.progress()).into_iter().collect();
        if resumes || self.pause.is_some() {
            return (progress, false);
        }
        let started = *self.started.get_or_insert(now);
        (progress, now.saturating_sub(started) >= config.attempt_timeout)
    }

    /// Returns the time at which [`Self::tick`] next ends an attempt or a pause, or `None` before the tick
    /// that starts its time.
    pub fn due(&self, config: &SessionConfig) -> Option<Time> {
        match self.pause {
            Some(pause) => pause.since.map(|since| since.saturating_add(RETRY_PAUSE)),
            None => self.started.map(|started| started.saturating_add(config.attempt_timeout)),
        }
    }

    /// Returns whether the pause after a retry is over.
    fn pause_ends(&mut self, now: Time) -> bool {
        self.pause.as_mut().is_some_and(|pause| {
            let since = *pause.since.get_or_insert(now);
            now.saturating_sub(since) >= RETRY_PAUSE
        })
    }

    /// Ends the attempt with its decision. A pause and another attempt follow if the fault can be remedied,
    /// attempts remain and the stream continues; otherwise the decision is the result.
    pub fn conclude(
        &mut self,
        decision: Decision,
        stream_goes_on: bool,
        config: &SessionConfig,
    ) -> Vec<SessionEvent> {
        // A pause contains no attempt to end. If the stream ends in a pause, the last attempt's decision is
        // the result.
        if !self.is_running() || (self.pause.is_some() && stream_goes_on) {
            return Vec::new();
        }
        if !self.retries(&decision, stream_goes_on, config) {
            return self.finish(decision);
        }
        let retry = Retry::new(&decision, self.attempt, config.max_attempts);
        let mut events = self.withdraw();
        (self.fraction, self.score) = (0.0, None);
        self.pause = Some(Pause { advice: retry.advice, since: None });
        events.push(SessionEvent::Retry(retry));
        events
    }

    /// Returns whether another attempt would follow `decision`.
    pub fn retries(&self, decision: &Decision, stream_goes_on: bool, config: &SessionConfig) -> bool {
        stream_goes_on && decision.retryable() && self.attempt < config.max_attempts
    }

    fn begin_attempt(&mut self, attempt: u32) {
        let serial = self.serial + 1;
        // The reported guidance still applies.
        let (faces, guidance, restarts) = (self.faces, self.guidance, self.restarts);
        let status = Status::InProgress;
        *self = Self { status, attempt, serial, faces, guidance, restarts, ..Self::default() };
    }

    fn finish(&mut self, decision: Decision) -> Vec<SessionEvent> {
        self.status = decision.status;
        self.serial += 1;
        self.fraction = 1.0;
        self.pause = None;
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
        let advice = decision.advice.or(risks.first().map(|risk| Advice::against(*risk)));
        Self {
            advice: advice.unwrap_or(Advice::EvenLight),
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

    /// A configuration whose attempt outlasts the guidance.
    const LONG: SessionConfig = SessionConfig { attempt_timeout: Time::MAX, ..CONFIG };

    fn step(guidance: Guidance, done: bool) -> Step {
        Step { guidance, fraction: 0.5, done, score: None, actions: Vec::new(), light: None, anew: false }
    }

    fn declined(risk: Risk) -> Decision {
        let risks = vec![(risk, LogType::Error)];
        Decision { status: Status::Declined, score: 0.0, risks, failure: None, advice: None }
    }

    /// Advances the session beyond the pause after a retry, from `now`.
    fn pass_pause(session: &mut Session, now: Time) {
        assert!(session.advice().is_some());
        session.tick(now, &CONFIG);
        session.tick(now + RETRY_PAUSE, &CONFIG);
        assert!(session.advice().is_none());
    }

    fn is_result(events: &[SessionEvent]) -> bool {
        events.iter().any(|event| matches!(event, SessionEvent::Decided(_)))
    }

    #[test]
    fn guidance_is_told_only_when_it_changes() {
        let mut session = Session::new();
        session.start();
        let told: Vec<usize> = [Guidance::Ok, Guidance::Ok, Guidance::TooDark, Guidance::TooDark]
            .map(|g| session.step(&step(g, false), 1, 0, &CONFIG).0)
            .map(|events| events.iter().filter(|e| matches!(e, SessionEvent::Guidance(_))).count())
            .to_vec();
        assert_eq!(told, [1, 0, 1, 0]);
    }

    #[test]
    fn guidance_changes_at_most_twice_a_second_whatever_the_frames_say() {
        for period in [16_000_000, 33_000_000, 66_000_000] {
            let mut session = Session::new();
            session.start();
            let mut told = Vec::new();
            for i in 0..3 * GUIDANCE_SPAN / period {
                let guidance = if i % 2 == 0 { Guidance::Ok } else { Guidance::TooDark };
                let (events, _) = session.step(&step(guidance, false), 1, i * period, &LONG);
                let changes = events.iter().filter(|event| matches!(event, SessionEvent::Guidance(_)));
                told.extend(changes.map(|_| i * period));
            }
            assert!(told.len() >= 5, "{told:?}");
            assert!(told.windows(3).all(|three| three[2] - three[0] >= GUIDANCE_SPAN), "{told:?}");
        }
    }

    #[test]
    fn guidance_that_stays_is_told_once_the_last_could_be_read() {
        let mut session = Session::new();
        session.start();
        let mut told = |guidance, time| {
            let events = session.step(&step(guidance, false), 1, time, &LONG).0;
            events.contains(&SessionEvent::Guidance(guidance))
        };
        assert!(told(Guidance::NoFace, 0));
        assert!(told(Guidance::Ok, GUIDANCE_SPAN / 4));
        assert!(!told(Guidance::TooDark, GUIDANCE_SPAN / 2));
        assert!(told(Guidance::TooDark, GUIDANCE_SPAN));
    }

    #[test]
    fn guidance_holds_over_attempts_and_is_told_anew_by_another_check() {
        let mut session = Session::new();
        let told = |events: Vec<SessionEvent>| events.contains(&SessionEvent::Guidance(Guidance::NoFace));
        session.start();
        assert!(told(session.step(&step(Guidance::NoFace, true), 0, 0, &CONFIG).0));
        session.conclude(declined(Risk::NoFaceDetected), true, &CONFIG);
        pass_pause(&mut session, 1);
        assert!(!told(session.step(&step(Guidance::NoFace, true), 0, 2 + RETRY_PAUSE, &CONFIG).0));
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
            if attempt < 3 {
                pass_pause(&mut session, Time::from(attempt) * 10 * RETRY_PAUSE);
            }
        }
        assert_eq!(session.status(), Status::Declined);
        assert!(session.conclude(declined(Risk::NoFaceDetected), true, &CONFIG).is_empty());
    }

    #[test]
    fn a_retry_is_shown_for_two_seconds_before_the_next_attempt_begins() {
        let mut session = Session::new();
        session.start();
        session.conclude(declined(Risk::LowFaceLuminance), true, &CONFIG);
        let advice = Some(Advice::Coach(Guidance::TooDark));
        for time in [70_000, 70_000 + RETRY_PAUSE - 1] {
            // Guidance continues, and nothing counts as a response.
            let (events, over) = session.step(&step(Guidance::TooDark, false), 1, time, &CONFIG);
            assert!(!over && !is_result(&events));
            assert_eq!((session.advice(), session.attempt()), (advice, 1));
            assert_eq!(session.guidance(), Guidance::TooDark);
        }
        let (events, over) = session.tick(70_000 + RETRY_PAUSE, &CONFIG);
        assert!(!over && matches!(events[..], [SessionEvent::Progress(_)]), "{events:?}");
        assert_eq!((session.advice(), session.attempt()), (None, 2));
        // The attempt's time begins with its own first frame.
        assert!(!session.tick(71_000 + RETRY_PAUSE, &CONFIG).1);
        assert!(session.tick(81_000 + RETRY_PAUSE, &CONFIG).1);
    }

    #[test]
    fn the_end_of_the_stream_in_a_pause_decides_at_once_and_a_flush_times_it_anew() {
        let mut session = Session::new();
        session.start();
        session.conclude(declined(Risk::NoFaceDetected), true, &CONFIG);
        session.tick(60 * RETRY_PAUSE, &CONFIG);
        assert_eq!(session.restart_attempt(&CONFIG), (Vec::new(), false));
        assert!(session.advice().is_some());
        session.tick(0, &CONFIG);
        session.tick(RETRY_PAUSE - 1, &CONFIG);
        assert!(session.advice().is_some());
        assert!(session.conclude(declined(Risk::NoFaceDetected), true, &CONFIG).is_empty());
        assert!(is_result(&session.conclude(declined(Risk::NoFaceDetected), false, &CONFIG)));
        assert_eq!((session.advice(), session.attempt()), (None, 1));
    }

    #[test]
    fn flushes_restart_a_check_as_often_as_it_has_attempts_and_then_count() {
        let mut session = Session::new();
        session.start();
        // Before the first frame there is nothing to restart.
        (0..10).for_each(|_| assert!(!session.restart_attempt(&CONFIG).1));
        for _ in 0..CONFIG.max_attempts {
            session.tick(100, &CONFIG);
            let serial = session.serial();
            assert!(!session.restart_attempt(&CONFIG).1);
            assert_eq!((session.attempt(), session.serial()), (1, serial + 1));
        }
        session.tick(100, &CONFIG);
        let serial = session.serial();
        assert_eq!(session.restart_attempt(&CONFIG), (Vec::new(), true));
        assert_eq!(session.serial(), serial, "the attempt is still there to be concluded");
        session.conclude(declined(Risk::LowLivenessScore), true, &CONFIG);
        pass_pause(&mut session, 1_000);
        // The next attempts of the check have no restarts left; those of another check have.
        session.tick(10 * RETRY_PAUSE, &CONFIG);
        assert!(session.restart_attempt(&CONFIG).1);
        session.start();
        session.tick(100, &CONFIG);
        assert!(!session.restart_attempt(&CONFIG).1);
    }

    #[test]
    fn an_attempt_and_a_pause_say_when_they_end() {
        let mut session = Session::new();
        session.start();
        assert_eq!(session.due(&CONFIG), None);
        session.tick(70, &CONFIG);
        assert_eq!(session.due(&CONFIG), Some(10_070));
        session.conclude(declined(Risk::LowLivenessScore), true, &CONFIG);
        session.tick(5_000, &CONFIG);
        assert_eq!(session.due(&CONFIG), Some(5_000 + RETRY_PAUSE));
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
        /// In all cases, a started check returns exactly one decision, and the attempts stay within their limit.
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
