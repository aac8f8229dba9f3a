// SPDX-License-Identifier: MIT OR Apache-2.0

//! The view model: turns the checks on the frames over time into a view.

use crate::meta::RunningCheck;
use liveness_core::check::{ActionEvent, ActionState, Guidance, Method};
use liveness_core::session::Status;
use liveness_screen::{Prompt, View};

/// Time for which the outcome of an action is shown.
const OUTCOME: gst::ClockTime = gst::ClockTime::from_mseconds(800);

/// The current view and the state that it depends on.
#[derive(Debug, Default)]
pub struct Script {
    view: Option<View>,
    /// Stream time of the last frame with a check.
    seen: Option<gst::ClockTime>,
    /// The checks that have ended since the view was last empty. A check that runs again is removed.
    ended: Vec<(Method, Status)>,
    /// The attempt and its last action event, with the stream time at which the event arrived.
    action: Option<(u32, ActionEvent, Option<gst::ClockTime>)>,
}

impl Script {
    /// Shows nothing until the next frame with a check.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the view to draw, or `None` to draw nothing.
    pub fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    /// Updates the view for a frame with its checks, if any, and its stream time. A decision is shown for
    /// `verdict_time` after the checks have ended.
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

    /// Updates the view for a frame without checks. A decision stays for its time; everything else disappears.
    fn wait(&mut self, time: Option<gst::ClockTime>, verdict_time: gst::ClockTime) {
        // Without timestamps, the age of the decision is unknown. A jump back in time counts like one forward.
        let away = self.seen.zip(time).map(|(seen, now)| now.absdiff(seen));
        let held = away.is_some_and(|away| away < verdict_time);
        self.view = self.view.take().filter(|view| held && matches!(view.prompt, Prompt::Verdict(_)));
    }

    /// Returns the view for the checks of a frame.
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
                self.ended.iter().map(|(_, status)| *status).max_by_key(|status| status.severity())?;
            return Some(View { prompt: Prompt::Verdict(verdict), fraction: 1.0, light: None });
        }
        let light = running.iter().find_map(|check| check.light.clone()).filter(|light| light.active);
        let guidance = running.iter().map(|check| check.guidance).find(|guidance| *guidance != Guidance::Ok);
        let advice = running.iter().find_map(|check| check.advice);
        let action = running.iter().find_map(|check| check.action.map(|event| (check.attempt, event)));
        let action = self.action_prompt(action, time);
        let prompt = match (advice, guidance, action) {
            (Some(advice), ..) => Prompt::Retry(advice),
            (None, Some(guidance), _) => Prompt::Coach(guidance),
            (None, None, Some(prompt)) => prompt,
            (None, None, None) if light.is_some() => Prompt::Light,
            (None, None, None) => Prompt::Coach(Guidance::Ok),
        };
        let fraction = running.iter().map(|check| check.fraction).fold(1.0, f64::min);
        Some(View { prompt, fraction, light })
    }

    /// Returns the prompt of an open action, or the outcome of the last one for [`OUTCOME`].
    fn action_prompt(
        &mut self,
        now: Option<(u32, ActionEvent)>,
        time: Option<gst::ClockTime>,
    ) -> Option<Prompt> {
        let known = self.action.filter(|(attempt, event, _)| now == Some((*attempt, *event)));
        self.action = known.or(now.map(|(attempt, event)| (attempt, event, time)));
        let (_, event, since) = self.action?;
        let age = since.zip(time).map(|(since, time)| since.absdiff(time));
        let fresh = age.is_some_and(|age| age < OUTCOME);
        match event.state {
            ActionState::Requested => Some(Prompt::Act(event.action)),
            ActionState::Done => fresh.then_some(Prompt::Good),
            ActionState::Failed => fresh.then_some(Prompt::Missed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveness_core::check::{Action, LightCue};
    use liveness_core::session::Advice;

    fn check(method: Method, status: Status) -> RunningCheck {
        RunningCheck {
            method,
            status,
            attempt: 1,
            guidance: Guidance::Ok,
            fraction: 0.5,
            score: None,
            action: None,
            advice: None,
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

    fn event(state: ActionState) -> RunningCheck {
        let event = ActionEvent { action: Action::Nod, index: 0, count: 2, state, deadline: 0 };
        RunningCheck { action: Some(event), ..check(Method::Action, Status::InProgress) }
    }

    #[test]
    fn a_done_action_is_praised_until_the_next() {
        let [asked, done] = [ActionState::Requested, ActionState::Done].map(event);
        let retried = RunningCheck { attempt: 2, ..check(Method::Action, Status::InProgress) };
        let frames = [
            (Some(std::slice::from_ref(&asked)), 0),
            (Some(std::slice::from_ref(&done)), 100),
            (Some(std::slice::from_ref(&done)), 899),
            (Some(std::slice::from_ref(&done)), 900),
            (Some(std::slice::from_ref(&asked)), 1000),
            (Some(std::slice::from_ref(&retried)), 1100),
        ];
        let (nod, good, hold) = (Prompt::Act(Action::Nod), Prompt::Good, Prompt::Coach(Guidance::Ok));
        assert_eq!(prompts(&frames), [nod, good, good, hold, nod, hold].map(Some));
    }

    #[test]
    fn a_failed_action_is_never_praised_and_a_retry_is_shown_while_it_lasts() {
        let [asked, failed] = [ActionState::Requested, ActionState::Failed].map(event);
        let advice = Advice::Further(Action::Nod);
        // Coaching continues during the pause, but the advice stays visible.
        let retry = RunningCheck { advice: Some(advice), guidance: Guidance::NoFace, ..failed.clone() };
        let declined = RunningCheck { status: Status::Declined, ..failed.clone() };
        let frames = [
            (Some(std::slice::from_ref(&asked)), 0),
            (Some(std::slice::from_ref(&retry)), 100),
            (Some(std::slice::from_ref(&retry)), 2100),
            (Some(std::slice::from_ref(&asked)), 2133),
            (Some(std::slice::from_ref(&failed)), 2200),
            (Some(std::slice::from_ref(&declined)), 2233),
        ];
        let (nod, retry) = (Prompt::Act(Action::Nod), Prompt::Retry(advice));
        let declined = Prompt::Verdict(Status::Declined);
        assert_eq!(prompts(&frames), [nod, retry, retry, nod, Prompt::Missed, declined].map(Some));
    }
}
