//! What the metas say, over time, as a view.

use crate::check::{ActionEvent, Guidance, Method};
use crate::elements::meta::RunningCheck;
use crate::screen::{Prompt, View};
use crate::session::Status;

/// How long a done action is praised.
const PRAISE: gst::ClockTime = gst::ClockTime::from_mseconds(800);

#[derive(Debug, Default)]
pub struct Script {
    view: Option<View>,
    /// Stream time of the last meta.
    seen: Option<gst::ClockTime>,
    /// The checks that have ended since the screen was last plain; one that runs again is none of them.
    ended: Vec<(Method, Status)>,
    asked: Option<Asked>,
    praised: Option<gst::ClockTime>,
}

/// An action before the person, and where the check stood.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Asked {
    index: u32,
    attempt: u32,
}

impl Script {
    /// Nothing is shown until the next meta.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    /// Takes in the checks of a frame at its stream time, or that it has none.
    pub fn frame(
        &mut self,
        checks: Option<&[RunningCheck]>,
        time: Option<gst::ClockTime>,
        verdict_time: gst::ClockTime,
    ) {
        match checks {
            Some(checks) => {
                self.view = self.see(checks, time);
                self.seen = time;
            }
            None => self.wait(time, verdict_time),
        }
        if self.view.is_none() {
            self.clear();
        }
    }

    /// A frame without a meta: no check runs any more. A verdict stays for its time, what a check showed goes with it.
    fn wait(&mut self, time: Option<gst::ClockTime>, verdict_time: gst::ClockTime) {
        // Without times nothing can be held, and back in time is away too.
        let away = self.seen.zip(time).map(|(seen, now)| now.absdiff(seen));
        let held = away.is_some_and(|away| away < verdict_time);
        self.view = self.view.take().filter(|view| held && matches!(view.prompt, Prompt::Verdict(_)));
    }

    fn see(&mut self, checks: &[RunningCheck], time: Option<gst::ClockTime>) -> Option<View> {
        for check in checks {
            self.ended.retain(|(method, _)| *method != check.method);
            if check.status != Status::InProgress {
                self.ended.push((check.method, check.status));
            }
        }
        let running: Vec<&RunningCheck> =
            checks.iter().filter(|check| check.status == Status::InProgress).collect();
        if running.is_empty() {
            let verdict =
                self.ended.iter().map(|(_, status)| *status).max_by_key(|status| gravity(*status))?;
            return Some(View { prompt: Prompt::Verdict(verdict), fraction: 1.0, light: None });
        }
        let light = running.iter().find_map(|check| check.light.clone()).filter(|light| light.active);
        let guidance = running.iter().map(|check| check.guidance).find(|guidance| *guidance != Guidance::Ok);
        let action = running.iter().find_map(|check| check.action);
        let praised = self.praise(action, running[0].attempt, time);
        let prompt = match (guidance, action) {
            (Some(guidance), _) => Prompt::Coach(guidance),
            (None, Some(event)) => Prompt::Act(event.action),
            (None, None) if praised => Prompt::Good,
            (None, None) if light.is_some() => Prompt::Light,
            (None, None) => Prompt::Coach(Guidance::Ok),
        };
        let fraction = running.iter().map(|check| check.fraction).fold(1.0, f64::min);
        Some(View { prompt, fraction, light })
    }

    /// Whether an action was done just now: it is no longer asked, and the attempt goes on.
    fn praise(&mut self, action: Option<ActionEvent>, attempt: u32, time: Option<gst::ClockTime>) -> bool {
        let now = action.map(|event| Asked { index: event.index, attempt });
        if let Some(before) = std::mem::replace(&mut self.asked, now)
            && now.is_none()
        {
            self.praised = time.filter(|_| before.attempt == attempt);
        }
        let since = self.praised.zip(time).map(|(praised, now)| now.absdiff(praised));
        since.is_some_and(|since| since < PRAISE)
    }
}

/// The gravest end of several is that of all.
fn gravity(status: Status) -> u8 {
    match status {
        Status::Approved => 0,
        Status::InReview => 1,
        Status::Declined => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Action, ActionState, LightCue};

    fn check(method: Method, status: Status) -> RunningCheck {
        RunningCheck {
            method,
            status,
            attempt: 1,
            guidance: Guidance::Ok,
            fraction: 0.5,
            score: None,
            action: None,
            light: None,
        }
    }

    fn ms(time: u64) -> Option<gst::ClockTime> {
        Some(gst::ClockTime::from_mseconds(time))
    }

    fn prompts(frames: &[(Option<&[RunningCheck]>, u64)]) -> Vec<Option<Prompt>> {
        let mut script = Script::default();
        let mut show = |(checks, time): &(Option<&[RunningCheck]>, u64)| {
            script.frame(*checks, ms(*time), gst::ClockTime::from_seconds(2));
            script.view().map(|view| view.prompt)
        };
        frames.iter().map(&mut show).collect()
    }

    #[test]
    fn what_a_check_showed_goes_with_the_check() {
        let lit = RunningCheck {
            light: Some(LightCue {
                active: true,
                rows: 1,
                columns: 1,
                colors: vec![0],
                ..LightCue::default()
            }),
            ..check(Method::Flash, Status::InProgress)
        };
        let frames = [(Some(&[lit][..]), 1000), (None, 1033), (None, 1066)];
        assert_eq!(prompts(&frames), [Some(Prompt::Light), None, None]);
    }

    #[test]
    fn without_times_nothing_is_held() {
        let (mut script, verdict_time) = (Script::default(), gst::ClockTime::from_seconds(2));
        script.frame(Some(&[check(Method::Passive, Status::Approved)]), None, verdict_time);
        assert!(script.view().is_some());
        script.frame(None, None, verdict_time);
        assert!(script.view().is_none());
    }

    #[test]
    fn the_verdict_is_the_gravest_of_all_checks_once_none_runs() {
        let declined = check(Method::Action, Status::Declined);
        let (running, approved) =
            (check(Method::Flash, Status::InProgress), check(Method::Flash, Status::Approved));
        let frames = [
            (Some(&[declined, running.clone()][..]), 0),
            (Some(&[running][..]), 100),
            (Some(&[approved][..]), 200),
            (None, 2000),
            (None, 2200),
        ];
        let declined = Some(Prompt::Verdict(Status::Declined));
        let hold = Some(Prompt::Coach(Guidance::Ok));
        assert_eq!(prompts(&frames), [hold, hold, declined, declined, None]);
    }

    #[test]
    fn a_done_action_is_praised_until_the_next() {
        let event = ActionEvent {
            action: Action::Nod,
            index: 0,
            count: 2,
            state: ActionState::Requested,
            deadline: 0,
        };
        let idle = check(Method::Action, Status::InProgress);
        let asked = RunningCheck { action: Some(event), ..idle.clone() };
        let retried = RunningCheck { attempt: 2, ..idle.clone() };
        let frames = [
            (Some(std::slice::from_ref(&asked)), 0),
            (Some(std::slice::from_ref(&idle)), 100),
            (Some(std::slice::from_ref(&idle)), 899),
            (Some(std::slice::from_ref(&idle)), 900),
            (Some(std::slice::from_ref(&asked)), 1000),
            (Some(std::slice::from_ref(&retried)), 1100),
        ];
        let (nod, good, hold) = (Prompt::Act(Action::Nod), Prompt::Good, Prompt::Coach(Guidance::Ok));
        assert_eq!(prompts(&frames), [nod, good, good, hold, nod, hold].map(Some));
    }
}
