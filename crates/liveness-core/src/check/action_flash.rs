// SPDX-License-Identifier: MIT OR Apache-2.0

//! Action and flash in one attempt: the light plays while movements are requested.
//!
//! **Veto**: a failure of either check fails this one; the first failure is reported. **Confirmation**: the
//! movements were done and the light showed a face. **Abstention**: single frames are read only before the light.
//! Frames in which a requested movement bends the face are left out of the light's analysis, so the light is longer
//! by the time of the movements. The score is that of the flash check.

use std::sync::Arc;

use super::{
    ActionCheck, ActionConfig, Check, DepthMap, Evidence, FlashCheck, FlashConfig, Guidance, LightRecord,
    Method, Step, Time,
};
use crate::face::{Embedding, FrameObservation};
use crate::inference::{InferenceError, ModelSource};
use crate::vision::Frame;

/// Light time that one requested movement takes up, in nanoseconds.
const MOVEMENT: Time = 1_200_000_000;

impl FlashConfig {
    /// Lengthens the light by the time that `movements` movements take up.
    #[must_use]
    pub fn beside(self, movements: u32) -> Self {
        Self { duration: self.duration + Time::from(movements) * MOVEMENT, ..self }
    }
}

/// Action and flash check over one attempt.
pub struct ActionFlashCheck {
    action: ActionCheck,
    flash: FlashCheck,
    /// Set when the last movement is over.
    asked: bool,
    /// Set when the light is over.
    lit: bool,
}

impl ActionFlashCheck {
    /// Creates a check; lengthens the light for the movements of `action`.
    ///
    /// # Errors
    ///
    /// Returns an error if a model cannot be loaded.
    pub fn new(
        action: ActionConfig,
        flash: FlashConfig,
        source: &ModelSource,
    ) -> Result<Self, InferenceError> {
        let flash = flash.beside(action.count);
        Ok(Self {
            action: ActionCheck::new(action, source)?,
            flash: FlashCheck::new(flash, source)?,
            asked: false,
            lit: false,
        })
    }
}

impl Check for ActionFlashCheck {
    fn method(&self) -> Method {
        Method::ActionFlash
    }

    fn observe(
        &mut self,
        frame: &Frame<'_>,
        observation: &FrameObservation,
        time: Option<Time>,
    ) -> Result<Step, InferenceError> {
        let mut step = Step::over();
        if !self.asked {
            step = self.action.watch(frame, observation, time, false)?;
            self.asked = step.done;
        }
        if !self.lit {
            let moving = step.guidance == Guidance::Ok
                && observation.primary().is_some()
                && !self.action.is_at_rest(observation);
            let light = self.flash.watch(frame, observation, time, moving)?;
            self.lit = light.done;
            step = Step {
                guidance: if light.guidance == Guidance::Ok { step.guidance } else { light.guidance },
                fraction: step.fraction.min(light.fraction),
                light: light.light,
                // The action's own restart does not count: a portrait in even light is better than one in
                // coloured light, and it is compared with the checked face anyway.
                anew: light.anew,
                ..step
            };
        }
        let failed =
            (self.asked && self.action.failure().is_some()) || (self.lit && self.flash.failure().is_some());
        step.done = failed || (self.asked && self.lit);
        Ok(step)
    }

    fn coach(&self, observation: &FrameObservation) -> Guidance {
        self.flash.coach(observation)
    }

    fn evidence(&self) -> Evidence {
        let (action, mut evidence) = (self.action.evidence(), self.flash.evidence());
        evidence.challenges = action.challenges;
        evidence.entropy_bits += action.entropy_bits;
        let known = |name: &str| evidence.cues.iter().any(|cue| cue.name == name);
        let more: Vec<_> =
            action.cues.into_iter().filter(|cue| !known(&cue.name) && cue.name != "light").collect();
        evidence.cues.extend(more);
        if action.hindrance == Guidance::MultipleFaces {
            evidence.hindrance = Guidance::MultipleFaces;
        }
        // The light is judged last, so an earlier failure of the action is the reason.
        if let Some(failure) = action.failure.filter(|_| !evidence.attack) {
            evidence.reject(failure);
            evidence.mistake = action.mistake;
        }
        evidence
    }

    fn who(&self) -> Option<&Embedding> {
        self.flash.who().or(self.action.who())
    }

    fn depth_map(&self) -> Option<DepthMap> {
        self.flash.depth_map()
    }

    fn light_record(&self) -> Option<Arc<LightRecord>> {
        self.flash.light_record()
    }
}
