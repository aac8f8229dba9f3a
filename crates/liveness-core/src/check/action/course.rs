//! The course of a challenge: position, pause, ask, wait, next. A state machine over times and signals, without nets.

use super::super::random::Randomness;
use super::super::{ActionEvent, ActionState, Failure, MILLISECOND, Time};
use super::ask::{Action, Draw};
use super::gesture::{Gesture, Performance};
use super::signal::{Neutral, Signals};

/// A face in good position for so long is taken for its neutral state.
const SETTLE: Time = 400 * MILLISECOND;
/// A blink or a moment's flaw does not interrupt that.
const LAPSE: Time = 300 * MILLISECOND;
/// Between two prompts lies a random pause of `LEAST_PAUSE` and up to `PAUSES` − 1 steps more.
const LEAST_PAUSE: Time = 200 * MILLISECOND;
const PAUSE_STEP: Time = 25 * MILLISECOND;
const PAUSES: u64 = 21;
/// Nobody answers a prompt sooner: choosing among several answers takes 300 ms and more (Hick 1952), reading and the frame's
/// way to the screen come on top.
pub const REACTION: Time = 250 * MILLISECOND;
/// So many answers before their prompt are no accident.
const EARLY: u32 = 2;
/// Expressions that nobody asked for: so many are a recording.
const UNASKED: u32 = 6;
/// An extent of an action from which it was attempted, and one of its opposite.
const ATTEMPTED: f32 = 0.35;
const OPPOSITE: f32 = -0.5;

/// What came of one prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    pub action: Action,
    pub requested: Time,
    pub performance: Option<Performance>,
}

impl Record {
    /// Returns whether a movement is the mirror image of the open prompt's answer, made after a human reaction time.
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
    /// The extremes of the action's extent.
    most: f32,
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

/// What a frame brought about.
#[derive(Debug, Default)]
pub struct Turn {
    pub events: Vec<ActionEvent>,
    /// Positioning ended with this frame.
    pub settled: bool,
    /// An action was completed with this frame.
    pub performed: bool,
}

pub struct Course {
    actions: Vec<Action>,
    timeout: Time,
    random: Randomness,
    stage: Stage,
    neutral: Option<Neutral>,
    /// Every action, watched from the first prompt's pause on.
    watched: Vec<Gesture>,
    records: Vec<Record>,
    /// To the last prompt.
    answer: Answer,
    early: u32,
    unasked: u32,
}

impl Course {
    /// `timeout`: how long a person has for each action.
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

    pub fn is_positioning(&self) -> bool {
        matches!(self.stage, Stage::Positioning { .. })
    }

    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Passed | Stage::Failed(_))
    }

    pub fn passed(&self) -> bool {
        matches!(self.stage, Stage::Passed)
    }

    pub fn failure(&self) -> Option<Failure> {
        match self.stage {
            Stage::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    pub fn neutral(&self) -> Option<&Neutral> {
        self.neutral.as_ref()
    }

    pub fn records(&self) -> &[Record] {
        &self.records
    }

    pub fn early(&self) -> u32 {
        self.early
    }

    pub fn unasked(&self) -> u32 {
        self.unasked
    }

    /// The last prompt and what was wrong with its answer; `None` when it was answered.
    pub fn mistake(&self) -> Option<(Action, Mistake)> {
        let open = self.records.last().filter(|record| record.performance.is_none())?;
        Some((open.action, self.answer.mistake(open.action)))
    }

    /// 0–1: positioning counts as one part, each action as another.
    pub fn fraction(&self) -> f64 {
        let parts = 1 + self.actions.len();
        let done = self.records.iter().filter(|record| record.performance.is_some()).count();
        let settled = usize::from(self.neutral.is_some());
        if self.passed() { 1.0 } else { (settled + done) as f64 / parts as f64 }
    }

    /// Ends the challenge.
    pub fn fail(&mut self, failure: Failure) -> Vec<ActionEvent> {
        if self.is_over() {
            return Vec::new();
        }
        let open = self.open_event(ActionState::Failed);
        self.stage = Stage::Failed(failure);
        open.into_iter().collect()
    }

    /// Fails a challenge that was passed, on what came to light at its end.
    pub fn reject(&mut self, failure: Failure) {
        self.stage = Stage::Failed(failure);
    }

    /// Takes in a frame; `ready` tells that its face is in good position.
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

    /// Whoever was positioned until now is gone.
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

    /// Whether the next action has not begun yet.
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

    /// Looks for what nobody asked for; tells what that amounts to, where it is too much.
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

    /// The event of the prompt that is open.
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

/// Whether `seen` is `asked`, or comes with it of itself.
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

    /// Rest with `action` carried out to `extent`.
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

    /// Runs a challenge; `answer` says for each prompt which action comes, and how long after (may be negative).
    fn run(asked: &[Action], answer: impl Fn(usize) -> Option<(Action, i64)>) -> Course {
        run_to(asked, 1.5, answer)
    }

    /// The same with movements of another height.
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
        // What came before a human could answer is no answer, and a nod has no mirror image of its own.
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
        // A turn that nobody asked for, in the pause.
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
