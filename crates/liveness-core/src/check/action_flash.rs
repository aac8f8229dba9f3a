//! Action and flash in one attempt: the light plays while a movement is asked.
//!
//! **Veto**: whatever fails either check fails this one; the first that failed is told. **Confirmation**: it passes when the
//! movement was done and the light showed a face. **Abstention**: single frames are read before the light only, and frames in which
//! the asked movement bends the face say nothing of the light; the code is longer by what a movement takes. The score is
//! the flash check's.

use std::sync::Arc;

use super::{
    ActionCheck, ActionConfig, Check, DepthMap, Evidence, FlashCheck, FlashConfig, Guidance, LightRecord,
    Method, Step, Time,
};
use crate::face::{Embedding, FrameObservation};
use crate::inference::{InferenceError, ModelSource};
use crate::vision::Frame;

/// What an asked movement takes of the light's time, in nanoseconds.
const MOVEMENT: Time = 1_200_000_000;

impl FlashConfig {
    /// With the time that so many movements take of the light's.
    #[must_use]
    pub fn beside(self, movements: u32) -> Self {
        Self { duration: self.duration + Time::from(movements) * MOVEMENT, ..self }
    }
}

/// Watches one attempt.
pub struct ActionFlashCheck {
    action: ActionCheck,
    flash: FlashCheck,
    /// Whether the movements and the light are over.
    asked: bool,
    lit: bool,
}

impl ActionFlashCheck {
    /// # Errors
    /// When a model cannot be loaded.
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
                // A portrait in even light is better than one in the code's; that it shows the same face is compared.
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
        // The light is judged last: what failed before it is the reason.
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
