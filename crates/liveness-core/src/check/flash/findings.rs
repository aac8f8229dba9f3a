// SPDX-License-Identifier: MIT OR Apache-2.0

//! The analysis of the light on the face, and its verdict.

use super::changes::Changes;
use super::code::LightCode;
use super::freshness::Freshness;
use super::response::{Answer, Response, demodulate};
use super::series::Series;
use super::shape::{Likeness, Slopes};
use super::signs::Signs;
use crate::check::random::Randomness;
use crate::check::{Cue, Failure};
use crate::face::HeadPose;

/// Least number of known patches. With fewer, clipping leaves too little of the face.
const LEAST_PATCHES: usize = 300;
/// The screen's share of the light on the face below which the light gives no result.
const LEAST_MODULATION: f64 = 0.04;
/// The screen's share of the light on the face from which a lack of relief is certain.
const GOOD_MODULATION: f64 = 0.15;
/// Noise of the slopes up to which a lack of relief is certain.
const GOOD_NOISE: f64 = 0.008;
/// −log₂ of the greatest probability that another code agrees as well. The probability is half of the
/// promised 2⁻²⁰, because the light may be analysed twice.
const LEAST_FRESHNESS: f64 = 21.0;
/// Unexplained change of the light, as a share of it, above which another light plays, as in a recording.
/// Faces that move a little stay below it.
const OTHER_LIGHT: f64 = 0.025;
/// The same limit per unit of the screen's share of the light, because a camera's exposure follows the
/// screen.
const CAMERA: f64 = 0.07;
/// Mean correlation of the slopes at which a surface is a face with a probability of one half.
const FACE_LIKE: f64 = 0.45;
/// Change of the score's logit per unit of the mean correlation.
const STEEPNESS: f64 = 14.0;
/// Noise of the slopes above which a surface must reach `SURELY_FACE_LIKE`.
const MUCH_NOISE: f64 = 0.035;
/// Ratio of the strongest responses to the median above which a surface must reach `SURELY_FACE_LIKE`,
/// because it mirrors the screen.
const MIRROR: f64 = 5.0;
/// Least mean correlation for a noisy or mirroring surface. Glass with a picture behind it responds little
/// and unevenly and has reached 0.55.
const SURELY_FACE_LIKE: f64 = 0.65;
/// Mean correlation below which a surface with a clear response certainly has no relief.
const NO_RELIEF: f64 = 0.25;

/// The analysis of the light on the face.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Agreement of the light with the code.
    pub freshness: Freshness,
    /// Response of each patch.
    pub response: Response,
    /// Slopes of the surface.
    pub slopes: Slopes,
    /// Similarity of the surface to a face; `None` if too few patches are known.
    pub likeness: Option<Likeness>,
    /// Similarity of the surfaces from two halves of the periods; `None` if too few patches are known.
    pub steadiness: Option<Likeness>,
    /// The screen's share of the light on the face, 0–1.
    pub modulation: f64,
    /// Further cues in the responses.
    pub signs: Signs,
}

impl Findings {
    /// Analyses the patches recorded while the code played, with the head's mean pose. `most_lag` is the
    /// greatest delay in seconds. Returns `None` if there are too few frames, if the fit fails, or without
    /// randomness.
    pub fn new(
        series: &Series,
        code: &LightCode,
        most_lag: f64,
        pose: HeadPose,
        random: &mut Randomness,
    ) -> Option<Self> {
        let changes = Changes::new(series)?;
        let freshness = Freshness::search(&changes, code, most_lag, random)?;
        let response = demodulate(&changes, code, freshness.lag)?;
        let measured = |answers: &[Answer]| Slopes::measured(answers, response.noise, code, series.clipped());
        let slopes = measured(&response.patches);
        let steadiness = measured(&response.halves[0]).likeness(&measured(&response.halves[1]));
        let face = Slopes::expected(pose);
        let likeness = slopes.likeness(&face);
        let signs = Signs::new(&response.patches, &slopes, &face);
        Some(Self {
            modulation: response.modulation(),
            freshness,
            response,
            slopes,
            likeness,
            steadiness,
            signs,
        })
    }

    /// Returns the findings for a source that shows people as a mirror does, with left and right of the
    /// screen's light exchanged.
    #[must_use]
    pub fn mirrored(mut self) -> Self {
        self.slopes = self.slopes.mirrored();
        self.likeness = self.likeness.map(Likeness::mirrored);
        self
    }

    /// Returns the reason why the surface is no live face; `None` if it is one or if the score decides.
    pub fn failure(&self) -> Option<Failure> {
        let answers = self.modulation >= LEAST_MODULATION && self.freshness.bits() >= LEAST_FRESHNESS;
        let like = self.likeness.filter(|_| self.slopes.known() >= LEAST_PATCHES).map(|l| l.mean());
        let clear = answers && self.is_clear();
        match like {
            _ if self.freshness.unexplained > OTHER_LIGHT.max(CAMERA * self.modulation) => {
                Some(Failure::OtherLight)
            }
            Some(like) if answers && like >= self.least_likeness() => None,
            None if answers => Some(Failure::TooFewFrames),
            Some(_) if answers && self.fits_mirror_image() => Some(Failure::Mirrored),
            Some(like) if clear && like < NO_RELIEF => Some(Failure::NoRelief),
            Some(_) if clear && !self.mirrors() => None,
            _ => Some(Failure::NoReflection),
        }
    }

    /// Returns true if more light may settle a doubtful result.
    pub fn is_undecided(&self) -> bool {
        let open = match self.failure() {
            Some(failure) => failure == Failure::NoReflection,
            None => self.surface() < Some(0.0),
        };
        open && self.modulation >= LEAST_MODULATION
    }

    /// Returns true if the surface fits a face in a mirror: its slopes from top to bottom are those of a
    /// face, and those from side to side are reversed. No flat or bent sheet has such slopes.
    fn fits_mirror_image(&self) -> bool {
        let turned_over = self.likeness.filter(|likeness| likeness.across < 0.0).map(Likeness::mirrored);
        turned_over.is_some_and(|likeness| likeness.mean() >= self.least_likeness())
    }

    /// Returns the least mean correlation of a face's surface.
    fn least_likeness(&self) -> f64 {
        let noisy = self.steadiness.is_none_or(|steadiness| steadiness.difference > MUCH_NOISE);
        if noisy || self.mirrors() { SURELY_FACE_LIKE } else { FACE_LIKE }
    }

    fn mirrors(&self) -> bool {
        self.signs.mirror.is_some_and(|mirror| mirror > MIRROR)
    }

    /// Returns true if there was enough light to show a relief.
    fn is_clear(&self) -> bool {
        self.modulation >= GOOD_MODULATION && self.steadiness.is_some_and(|s| s.difference <= GOOD_NOISE)
    }

    /// Returns the logit of the surface's similarity to a face; `None` if too few patches are known.
    pub(super) fn surface(&self) -> Option<f64> {
        self.likeness.map(|likeness| STEEPNESS * (likeness.mean() - FACE_LIKE))
    }

    /// Returns all cues by name. Cues without a value abstain.
    pub(super) fn cues(findings: Option<&Self>) -> Vec<Cue> {
        let cue = |name, weight, of: fn(&Self) -> Option<f64>| Cue::new(name, findings.and_then(of), weight);
        vec![
            cue("slope_across", 0.5 * STEEPNESS, |f| f.likeness.map(|l| l.across)),
            cue("slope_up", 0.5 * STEEPNESS, |f| f.likeness.map(|l| l.up)),
            cue("steadiness", 0.0, |f| f.steadiness.map(|s| s.mean())),
            cue("slope_noise", 0.0, |f| f.steadiness.map(|s| s.difference)),
            cue("modulation", 0.0, |f| Some(f.modulation)),
            cue("code_explained", 0.0, |f| Some(f.freshness.explained)),
            cue("light_unexplained", 0.0, |f| Some(f.freshness.unexplained)),
            cue("code_freshness", 0.0, |f| Some(f.freshness.bits())),
            cue("display_latency", 0.0, |f| Some(f.freshness.lag)),
            cue("shape", 0.0, |f| f.signs.shape),
            cue("relief", 0.0, |f| f.signs.relief),
            cue("pigment", 0.0, |f| f.signs.pigment),
            cue("tint", 0.0, |f| f.signs.tint),
            cue("mirror", 0.0, |f| f.signs.mirror),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a surface with a strong and steady response and this similarity to a face.
    fn surface(like: f64) -> Findings {
        let likeness = |difference| Likeness { across: like, up: like, gain: [0.3; 2], difference };
        Findings {
            freshness: Freshness { lag: 0.1, explained: 0.9, unexplained: 0.01, decoys: vec![0.1; 96] },
            response: Response { patches: Vec::new(), halves: [Vec::new(), Vec::new()], noise: [0.0; 3] },
            slopes: Slopes::expected(HeadPose::default()),
            likeness: Some(likeness(0.0)),
            steadiness: Some(likeness(0.004)),
            modulation: 0.4,
            signs: Signs { mirror: Some(1.5), ..Signs::default() },
        }
    }

    fn noisy(mut findings: Findings, noise: f64) -> Findings {
        findings.steadiness.as_mut().unwrap().difference = noise;
        findings
    }

    fn mirroring(like: f64) -> Findings {
        Findings { signs: Signs { mirror: Some(9.0), ..Signs::default() }, ..surface(like) }
    }

    #[test]
    fn a_face_passes_and_what_has_no_relief_is_an_attack() {
        assert_eq!(surface(0.8).failure(), None);
        assert_eq!(surface(0.1).failure(), Some(Failure::NoRelief));
        assert_eq!(surface(0.35).failure(), None, "left to the score");
        assert!(surface(0.8).surface() > Some(3.0) && surface(0.35).surface() < Some(0.0));
    }

    #[test]
    fn a_face_whose_columns_answer_in_mirror_is_told_as_that_and_never_passes() {
        let mut findings = surface(0.8);
        findings.likeness.as_mut().unwrap().across = -0.8;
        assert_eq!((findings.failure(), findings.is_undecided()), (Some(Failure::Mirrored), false));
        assert_eq!(findings.clone().mirrored().failure(), None);
        // Weak evidence and another light must not let it pass either.
        assert_eq!(noisy(findings.clone(), 0.05).failure(), Some(Failure::Mirrored));
        findings.freshness.unexplained = 0.05;
        assert_eq!(findings.failure(), Some(Failure::OtherLight));
        // A sheet has no relief in a mirror either.
        let mut sheet = surface(0.1);
        sheet.likeness.as_mut().unwrap().across = -0.2;
        assert_eq!(sheet.failure(), Some(Failure::NoRelief));
    }

    #[test]
    fn relief_under_another_light_never_passes() {
        let other = |explained, unexplained| {
            let mut findings = surface(0.9);
            (findings.freshness.explained, findings.freshness.unexplained) = (explained, unexplained);
            findings.failure()
        };
        assert_eq!(other(0.9, 0.05), Some(Failure::OtherLight));
        assert_eq!(other(0.11, 0.01), Some(Failure::NoReflection));
        assert_eq!(other(0.9, 0.01), None);
    }

    #[test]
    fn what_is_noisy_or_mirrors_must_be_surely_a_face() {
        for doubtful in [|like| noisy(surface(like), 0.05), mirroring] {
            assert_eq!(doubtful(0.7).failure(), None);
            assert_eq!(doubtful(0.55).failure(), Some(Failure::NoReflection));
        }
        assert_eq!(mirroring(0.1).failure(), Some(Failure::NoRelief));
        assert_eq!(noisy(surface(0.1), 0.05).failure(), Some(Failure::NoReflection));
    }

    #[test]
    fn more_light_helps_where_there_is_some() {
        assert!(noisy(surface(0.3), 0.02).is_undecided() && surface(0.35).is_undecided());
        assert!(!surface(0.8).is_undecided() && !surface(0.1).is_undecided());
        let dim = Findings { modulation: 0.02, ..surface(0.8) };
        assert_eq!((dim.failure(), dim.is_undecided()), (Some(Failure::NoReflection), false));
    }
}
