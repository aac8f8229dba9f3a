// SPDX-License-Identifier: MIT OR Apache-2.0

//! The state machine of a challenge: positioning, pause, prompt, answer, next pause. It works on times and
//! signals, without nets.

use super::super::random::Randomness;
use super::super::{ActionEvent, ActionState, Failure, MILLISECOND, Time};
use super::ask::{Action, Draw};
use super::gesture::{Gesture, Performance};
use super::signal::{Neutral, Signals};

/// Time in good position after which the face's state counts as neutral, in nanoseconds.
const SETTLE: Time = 400 * MILLISECOND;
/// Longest interruption of the good position, in nanoseconds. A blink or a brief fault does not restart it.
const LAPSE: Time = 300 * MILLISECOND;
/// Shortest pause before a prompt, in nanoseconds. The pause is random: 0 to `PAUSES` − 1 steps longer.
const LEAST_PAUSE: Time = 200 * MILLISECOND;
/// Step of the random pause, in nanoseconds.
const PAUSE_STEP: Time = 25 * MILLISECOND;
/// Number of equally likely pauses.
const PAUSES: u64 = 21;
/// Shortest human reaction to a prompt, in nanoseconds. A choice among several answers takes at least 300 ms
/// (Hick 1952); reading and the frame's way to the screen add to it.
pub const REACTION: Time = 250 * MILLISECOND;
/// Number of early answers that fails the challenge, as no accident.
const EARLY: u32 = 2;
/// Number of unrequested expressions that fails the challenge, as a recording.
const UNASKED: u32 = 6;
/// Extent from which an action counts as attempted.
const ATTEMPTED: f32 = 0.35;
/// Extent down to which the opposite action counts as made.
const OPPOSITE: f32 = -0.5;

/// The result of one prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// The requested action.
    pub action: Action,
    /// Time of the request.
    pub requested: Time,
    /// The answer; `None` if there was none.
    pub performance: Option<Performance>,
}

impl Record {
    /// Returns true if a movement is the mirror image of the open prompt's answer, made after a human
    /// reaction time.
    fn is_answered_in_mirror(&self, seen: Action, how: Performance) -> bool {
        self.performance.is_none()
            && seen != self.action
            && seen == self.action.mirror_image()
            && how.onset >= self.requested + REACTION
    }
}

/// The fault in a person's answer to a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// No movement was seen.
    NotSeen,
    /// The movement did not go far enough to count.
    TooLittle,
    /// The movement did not end.
    NotBack,
    /// The head moved the opposite way.
    Opposite,
    /// Another movement was made.
    Another,
    /// The movement began before a person could have answered.
    TooEarly,
}

/// The measures of the answer to the open prompt so far.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    /// Greatest extent of the action.
    most: f32,
    /// Least extent of the action.
    least: f32,
    /// Another movement was made.
    another: bool,
    /// The movement came before a person could have answered.
    early: bool,
}

#[derive(Debug)]
enum Stage {
    Positioning { span: Option<(Time, Time)>, rest: Vec<Signals> },
    Pause { until: Time },
    Asked { gesture: Gesture, requested: Time, deadline: Time },
    Passed,
    Failed(Failure),
}

/// The result of a frame.
#[derive(Debug, Default)]
pub struct Turn {
    /// Changes of the prompts with this frame.
    pub events: Vec<ActionEvent>,
    /// Positioning ended with this frame.
    pub settled: bool,
    /// An action was completed with this frame.
    pub performed: bool,
}

/// The state machine of one challenge.
pub struct Course {
    actions: Vec<Action>,
    timeout: Time,
    random: Randomness,
    stage: Stage,
    neutral: Option<Neutral>,
    /// Detectors of all actions, from the first pause on.
    watched: Vec<Gesture>,
    records: Vec<Record>,
    /// Measures of the answer to the last prompt.
    answer: Answer,
    early: u32,
    unasked: u32,
}

impl Course {
    /// Creates a challenge. `timeout` is the time limit for each answer, in nanoseconds. Without a draw, it
    /// fails with `NoChallenge`.
    pub fn new(draw: Option<Draw>, timeout: Time, random: Randomness) -> Self {
        let actions = draw.map(|draw| draw.actions).unwrap_or_default();
        let positioning = Stage::Positioning { span: None, rest: Vec::new() };
        let stage = if actions.is_empty() { Stage::Failed(Failure::NoChallenge) } else { positioning };
        Self {
            actions,
            timeout,
            random,
            stage,
            neutral: None,
            watched: Action::ALL.map(Gesture::new).into(),
            records: Vec::new(),
            answer: Answer::default(),
            early: 0,
            unasked: 0,
        }
    }

    /// Returns true until the face has settled.
    pub fn is_positioning(&self) -> bool {
        matches!(self.stage, Stage::Positioning { .. })
    }

    /// Returns true once the challenge is passed or failed.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Passed | Stage::Failed(_))
    }

    /// Returns true if the challenge is passed.
    pub fn passed(&self) -> bool {
        matches!(self.stage, Stage::Passed)
    }

    /// Returns the reason for a failed challenge.
    pub fn failure(&self) -> Option<Failure> {
        match self.stage {
            Stage::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// Returns the person's signals at rest; `None` while positioning.
    pub fn neutral(&self) -> Option<&Neutral> {
        self.neutral.as_ref()
    }

    /// Returns the prompts so far, in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Returns the number of answers before their prompt could be answered.
    pub fn early(&self) -> u32 {
        self.early
    }

    /// Returns the number of expressions that were not requested.
    pub fn unasked(&self) -> u32 {
        self.unasked
    }

    /// Returns the last requested action and the fault in its answer; `None` if it was answered.
    pub fn mistake(&self) -> Option<(Action, Mistake)> {
        let open = self.records.last().filter(|record| record.performance.is_none())?;
        Some((open.action, self.answer.mistake(open.action)))
    }

    /// Returns the progress, 0–1. Positioning and each action count as one part.
    pub fn fraction(&self) -> f64 {
        let parts = 1 + self.actions.len();
        let done = self.records.iter().filter(|record| record.performance.is_some()).count();
        let settled = usize::from(self.neutral.is_some());
        if self.passed() { 1.0 } else { (settled + done) as f64 / parts as f64 }
    }

    /// Ends the challenge. Returns the event of the open prompt. Has no effect on a challenge that is over.
    pub fn fail(&mut self, failure: Failure) -> Vec<ActionEvent> {
        if self.is_over() {
            return Vec::new();
        }
        let open = self.open_event(ActionState::Failed);
        self.stage = Stage::Failed(failure);
        open.into_iter().collect()
    }

    /// Fails a passed challenge for a reason found at its end.
    pub fn reject(&mut self, failure: Failure) {
        self.stage = Stage::Failed(failure);
    }

    /// Observes a frame. `ready` is true if its face is in good position.
    pub fn observe(&mut self, time: Time, signals: &Signals, ready: bool) -> Turn {
        let mut turn = Turn::default();
        if self.is_positioning() {
            self.position(time, signals, ready, &mut turn);
            return turn;
        }
        if self.is_over() {
            return turn;
        }
        if let Some(failure) = self.watch(time, signals) {
            turn.events = self.fail(failure);
            return turn;
        }
        match self.stage {
            Stage::Pause { until } if time >= until && self.rests(signals) => {
                self.ask(time, signals, &mut turn)
            }
            Stage::Asked { .. } => self.wait(time, signals, &mut turn),
            _ => {}
        }
        turn
    }

    /// Restarts the positioning, if it is not over, because the person may have changed.
    pub fn position_anew(&mut self) {
        if self.is_positioning() {
            self.stage = Stage::Positioning { span: None, rest: Vec::new() };
        }
    }

    fn position(&mut self, time: Time, signals: &Signals, ready: bool, turn: &mut Turn) {
        let Stage::Positioning { span, rest } = &mut self.stage else {
            return;
        };
        if span.is_some_and(|(_, last)| time.saturating_sub(last) > LAPSE) {
            (*span, *rest) = (None, Vec::new());
        }
        if !ready {
            return;
        }
        rest.push(*signals);
        let since = span.map_or(time, |(since, _)| since);
        *span = Some((since, time));
        if time.saturating_sub(since) >= SETTLE {
            self.neutral = Neutral::of(rest);
            turn.settled = true;
            turn.events = self.pause(time);
        }
    }

    fn pause(&mut self, time: Time) -> Vec<ActionEvent> {
        let Some(steps) = self.random.below(PAUSES) else {
            return self.fail(Failure::NoChallenge);
        };
        self.stage = Stage::Pause { until: time + LEAST_PAUSE + steps * PAUSE_STEP };
        Vec::new()
    }

    fn extent(&self, action: Action, signals: &Signals) -> f32 {
        self.neutral.map_or(0.0, |neutral| neutral.extent(action, signals))
    }

    /// Returns true if the next action has not begun yet.
    fn rests(&self, signals: &Signals) -> bool {
        self.actions.get(self.records.len()).is_some_and(|action| {
            let mut gesture = Gesture::new(*action);
            gesture.observe(0, self.extent(*action, signals));
            gesture.rests()
        })
    }

    fn ask(&mut self, time: Time, signals: &Signals, turn: &mut Turn) {
        let action = self.actions[self.records.len()];
        let mut gesture = Gesture::new(action);
        gesture.observe(time, self.extent(action, signals));
        let deadline = time.saturating_add(self.timeout);
        self.records.push(Record { action, requested: time, performance: None });
        self.answer = Answer::default();
        self.stage = Stage::Asked { gesture, requested: time, deadline };
        turn.events.extend(self.open_event(ActionState::Requested));
    }

    fn wait(&mut self, time: Time, signals: &Signals, turn: &mut Turn) {
        let neutral = self.neutral;
        let Stage::Asked { gesture, requested, deadline } = &mut self.stage else {
            return;
        };
        let extent = neutral.map_or(0.0, |neutral| neutral.extent(gesture.action(), signals));
        self.answer.observe(extent);
        let performance = gesture.observe(time, extent);
        let late = time > *deadline && gesture.under_way_since().is_none_or(|since| since > *deadline);
        match performance {
            Some(done) if done.onset < *requested + REACTION => {
                self.early += 1;
                self.answer.early = true;
                if self.early >= EARLY {
                    turn.events = self.fail(Failure::TooEarly);
                }
            }
            Some(done) => {
                turn.performed = true;
                turn.events.extend(self.open_event(ActionState::Done));
                if let Some(record) = self.records.last_mut() {
                    record.performance = Some(done);
                }
                if self.records.len() < self.actions.len() {
                    turn.events.extend(self.pause(time));
                } else {
                    self.stage = Stage::Passed;
                }
            }
            None if late => turn.events = self.fail(Failure::NotDone),
            None => {}
        }
    }

    /// Observes all actions for movements that were not requested. Returns the failure for a wrong head
    /// movement or for too many expressions.
    fn watch(&mut self, time: Time, signals: &Signals) -> Option<Failure> {
        let last = self.records.last().copied();
        let asked = last.map(|record| record.action);
        let neutral = self.neutral;
        let (mut wrong, mut mirrored) = (false, false);
        for gesture in &mut self.watched {
            let action = gesture.action();
            let extent = neutral.map_or(0.0, |neutral| neutral.extent(action, signals));
            let Some(seen) = gesture.observe(time, extent) else { continue };
            if asked.is_some_and(|asked| goes_with(asked, action)) {
                continue;
            }
            if action.moves_head() {
                wrong = true;
                mirrored |= last.is_some_and(|record| record.is_answered_in_mirror(action, seen));
            } else if action != Action::Blink {
                self.unasked += 1;
            }
        }
        self.answer.another |= wrong;
        if mirrored {
            Some(Failure::Mirrored)
        } else {
            (wrong || self.unasked >= UNASKED).then_some(Failure::WrongAction)
        }
    }

    /// Returns the event of the open prompt.
    fn open_event(&self, state: ActionState) -> Option<ActionEvent> {
        let Stage::Asked { gesture, deadline, .. } = &self.stage else {
            return None;
        };
        Some(ActionEvent {
            action: gesture.action(),
            index: self.records.len().saturating_sub(1) as u32,
            count: self.actions.len() as u32,
            state,
            deadline: *deadline,
        })
    }
}

impl Answer {
    fn observe(&mut self, extent: f32) {
        (self.most, self.least) = (self.most.max(extent), self.least.min(extent));
    }

    fn mistake(&self, asked: Action) -> Mistake {
        if asked.moves_head() && self.least <= OPPOSITE && -self.least > self.most {
            Mistake::Opposite
        } else if self.another {
            Mistake::Another
        } else if self.early {
            Mistake::TooEarly
        } else if self.most >= 1.0 {
            Mistake::NotBack
        } else if self.most >= ATTEMPTED {
            Mistake::TooLittle
        } else {
            Mistake::NotSeen
        }
    }
}

/// Returns true if `seen` is the requested action or accompanies it naturally.
fn goes_with(asked: Action, seen: Action) -> bool {
    use Action::{LookUp, Nod, OpenMouth, RaiseBrows, Smile};
    asked == seen
        || matches!(
            (asked, seen),
            (Nod, LookUp) | (LookUp, Nod | RaiseBrows | OpenMouth) | (RaiseBrows, LookUp) | (Smile | OpenMouth, _)
                if !matches!(seen, Action::TurnLeft | Action::TurnRight)
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Signals = Signals { yaw: 2.0, pitch: 4.0, eyes: 0.3, smile: 0.05, jaw: 0.02, brows: 0.1 };
    const FRAME: Time = 33 * MILLISECOND;

    /// Returns the signals at rest, with `action` carried out to `extent`.
    fn doing(action: Action, extent: f32) -> Signals {
        let mut now = REST;
        match action {
            Action::Blink => now.eyes *= 1.0 - 0.5 * extent,
            Action::Nod => now.pitch += 10.0 * extent,
            Action::LookUp => now.pitch -= 10.0 * extent,
            Action::TurnLeft => now.yaw += 18.0 * extent,
            Action::TurnRight => now.yaw -= 18.0 * extent,
            Action::Smile => now.smile += 0.35 * extent,
            Action::OpenMouth => now.jaw += 0.35 * extent,
            Action::RaiseBrows => now.brows += 0.35 * extent,
        }
        now
    }

    /// Runs a challenge. For each prompt `answer` returns an action and its delay in milliseconds, which may
    /// be negative.
    fn run(asked: &[Action], answer: impl Fn(usize) -> Option<(Action, i64)>) -> Course {
        run_to(asked, 1.5, answer)
    }

    /// Runs a challenge like [`run`], with movements to the extent `height`.
    fn run_to(asked: &[Action], height: f32, answer: impl Fn(usize) -> Option<(Action, i64)>) -> Course {
        let draw = Draw { actions: asked.to_vec(), entropy_bits: 0.0 };
        let mut course = Course::new(Some(draw), 2_000 * MILLISECOND, Randomness::Seeded(5));
        let mut moving: Option<(Action, i64)> = None;
        for time in (0..600).map(|i| i * FRAME) {
            let phase = moving.map_or(-1.0, |(_, from)| (time as i64 - from) as f64 / 600e6);
            let signals = match moving {
                Some((action, _)) if (0.0..1.0).contains(&phase) => {
                    doing(action, height * (std::f64::consts::PI * phase).sin() as f32)
                }
                _ => REST,
            };
            for event in course.observe(time, &signals, true).events {
                if event.state == ActionState::Requested {
                    moving = answer(event.index as usize)
                        .map(|(action, after)| (action, time as i64 + after * 1_000_000));
                }
            }
            if course.is_over() {
                break;
            }
        }
        course
    }

    #[test]
    fn who_does_what_is_asked_passes() {
        let course = run(&Action::ALL, |i| Some((Action::ALL[i], 300)));
        assert!(course.passed(), "{:?}", course.failure());
        assert_eq!(course.fraction(), 1.0);
        for record in course.records() {
            let after = record.performance.unwrap().onset - record.requested;
            assert!((260..340).contains(&(after / MILLISECOND)), "{record:?}");
        }
    }

    #[test]
    fn who_does_nothing_or_comes_late_fails() {
        assert_eq!(run(&[Action::Nod], |_| None).failure(), Some(Failure::NotDone));
        assert_eq!(run(&[Action::Nod], |_| Some((Action::Nod, 2_500))).failure(), Some(Failure::NotDone));
    }

    #[test]
    fn another_movement_than_asked_fails() {
        let wrong = run(&[Action::TurnLeft], |_| Some((Action::Nod, 300)));
        assert_eq!(wrong.failure(), Some(Failure::WrongAction));
        assert_eq!(run(&[Action::Blink], |_| Some((Action::Nod, 300))).failure(), Some(Failure::WrongAction));
    }

    #[test]
    fn the_mirror_image_of_an_answer_is_told_as_that() {
        for (asked, answered) in
            [(Action::TurnLeft, Action::TurnRight), (Action::TurnRight, Action::TurnLeft)]
        {
            let mirrored = run(&[asked], |_| Some((answered, 300)));
            assert_eq!(mirrored.failure(), Some(Failure::Mirrored));
            assert_eq!(mirrored.mistake(), Some((asked, Mistake::Opposite)));
        }
        // A movement within the reaction time is no answer, and a nod has no mirror image of its own.
        let early = run(&[Action::TurnLeft], |_| Some((Action::TurnRight, 10)));
        assert_eq!(early.failure(), Some(Failure::WrongAction));
        let up = run(&[Action::Nod, Action::TurnLeft], |i| (i == 1).then_some((Action::TurnRight, 300)));
        assert_eq!(up.failure(), Some(Failure::NotDone));
    }

    #[test]
    fn an_answer_before_a_human_could_give_it_does_not_count() {
        let course = run(&[Action::Smile], |_| Some((Action::Smile, 10)));
        assert_eq!((course.early(), course.failure()), (1, Some(Failure::NotDone)));
    }

    #[test]
    fn the_mistake_in_an_answer_is_told_apart() {
        for (action, height, mistake) in [
            (Action::TurnLeft, 0.0, Mistake::NotSeen),
            (Action::TurnLeft, 0.7, Mistake::TooLittle),
            (Action::Blink, 0.7, Mistake::TooLittle),
            (Action::TurnLeft, -0.7, Mistake::Opposite),
            (Action::TurnLeft, -1.5, Mistake::Opposite),
            (Action::LookUp, -1.5, Mistake::Opposite),
        ] {
            let course = run_to(&[action], height, |_| Some((action, 300)));
            assert_eq!(course.mistake(), Some((action, mistake)), "{height}: {:?}", course.failure());
        }
        assert_eq!(run(&[Action::Smile], |_| Some((Action::Smile, 300))).mistake(), None);
        let wrong = run(&[Action::Blink], |_| Some((Action::Nod, 300)));
        assert_eq!(wrong.mistake(), Some((Action::Blink, Mistake::Another)));
        let early = run(&[Action::Smile], |_| Some((Action::Smile, 10)));
        assert_eq!(early.mistake(), Some((Action::Smile, Mistake::TooEarly)));
    }

    #[test]
    fn what_is_done_between_prompts_fails() {
        let turn = Action::TurnLeft;
        let course = run(&[Action::Blink, turn], |i| if i == 0 { Some((Action::Blink, 300)) } else { None });
        assert_eq!(course.failure(), Some(Failure::NotDone));
        // A turn that was not requested, in the pause.
        let draw = Draw { actions: vec![turn], entropy_bits: 0.0 };
        let mut course = Course::new(Some(draw), 2_000 * MILLISECOND, Randomness::Seeded(5));
        let settled = (0..100).find(|i| course.observe(i * FRAME, &REST, true).settled).unwrap();
        let extents = [0.0, 1.2, 1.5, 1.5, 1.5, 1.5, 1.2, 0.8, 0.0];
        extents.iter().enumerate().for_each(|(i, extent)| {
            let time = (settled + 1 + i as Time) * FRAME;
            course.observe(time, &doing(Action::TurnRight, *extent), true);
        });
        assert_eq!(course.failure(), Some(Failure::WrongAction));
    }

    #[test]
    fn positioning_begins_anew_when_the_face_goes() {
        let draw = Draw { actions: vec![Action::Nod], entropy_bits: 0.0 };
        let mut course = Course::new(Some(draw), 1, Randomness::Seeded(5));
        for i in 0..100 {
            course.observe(i * FRAME, &REST, i % 20 < 10);
        }
        assert!(course.is_positioning());
    }
}
