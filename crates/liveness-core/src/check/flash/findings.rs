//! What the light showed, and what that means.

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

/// A larger share of patches lost to clipping leaves too little of the face.
const LEAST_PATCHES: usize = 300;
/// The screen's share of the light on the face below which nothing can be said, and from which on the lack of relief is sure;
/// the noise of the slopes up to which it is.
const LEAST_MODULATION: f64 = 0.04;
const GOOD_MODULATION: f64 = 0.15;
const GOOD_NOISE: f64 = 0.008;
/// −log₂ of the probability of another code to agree as well as this one must; half of what is promised, since it may be looked twice.
const LEAST_FRESHNESS: f64 = 21.0;
/// Changes of the light (as a share of it) that the code does not explain, beyond those of any face that moves a little and of a
/// camera that follows the screen's part of the light: another light plays, as in a recording.
const OTHER_LIGHT: f64 = 0.025;
const CAMERA: f64 = 0.07;
/// Where a surface is as likely a face's as not, and how fast that changes (by mean correlation of its slopes).
const FACE_LIKE: f64 = 0.45;
const STEEPNESS: f64 = 14.0;
/// Slopes noisier than this, or of a surface that mirrors the screen so strongly (patches answer so many times what others do), must be
/// that much more like a face's: what glass and the picture behind it answer, little and uneven, has come up to 0.55.
const MUCH_NOISE: f64 = 0.035;
const MIRROR: f64 = 5.0;
const SURELY_FACE_LIKE: f64 = 0.65;
/// Below this a surface that answered well has no relief beyond doubt.
const NO_RELIEF: f64 = 0.25;

/// What the light showed.
#[derive(Clone, Debug)]
pub struct Findings {
    pub freshness: Freshness,
    pub response: Response,
    pub slopes: Slopes,
    pub likeness: Option<Likeness>,
    /// How the surface of one half of the time compares with that of the other.
    pub steadiness: Option<Likeness>,
    /// The screen's share of the light on the face.
    pub modulation: f64,
    pub signs: Signs,
}

impl Findings {
    /// From what the patches looked like while the code played, and the head's mean pose; `most_lag` is in seconds. `None` when
    /// there are too few frames, or without randomness.
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

    /// Returns the findings for a source that shows people as a mirror does: left and right of the screen's light are exchanged.
    #[must_use]
    pub fn mirrored(mut self) -> Self {
        self.slopes = self.slopes.mirrored();
        self.likeness = self.likeness.map(Likeness::mirrored);
        self
    }

    /// Why it is no live face.
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

    /// Whether more of the light may show what this much does not.
    pub fn is_undecided(&self) -> bool {
        let open = match self.failure() {
            Some(failure) => failure == Failure::NoReflection,
            None => self.surface() < Some(0.0),
        };
        open && self.modulation >= LEAST_MODULATION
    }

    /// Returns whether the columns of the light answer as on a face in a mirror: the surface slopes as a face's does from top to bottom, and
    /// the other way round from side to side. No flat or bent sheet does.
    fn fits_mirror_image(&self) -> bool {
        let turned_over = self.likeness.filter(|likeness| likeness.across < 0.0).map(Likeness::mirrored);
        turned_over.is_some_and(|likeness| likeness.mean() >= self.least_likeness())
    }

    /// The likeness from which on a surface is a face's.
    fn least_likeness(&self) -> f64 {
        let noisy = self.steadiness.is_none_or(|steadiness| steadiness.difference > MUCH_NOISE);
        if noisy || self.mirrors() { SURELY_FACE_LIKE } else { FACE_LIKE }
    }

    fn mirrors(&self) -> bool {
        self.signs.mirror.is_some_and(|mirror| mirror > MIRROR)
    }

    /// Whether there was light enough to see a relief if there were one.
    fn is_clear(&self) -> bool {
        self.modulation >= GOOD_MODULATION && self.steadiness.is_some_and(|s| s.difference <= GOOD_NOISE)
    }

    /// In logits.
    pub(super) fn surface(&self) -> Option<f64> {
        self.likeness.map(|likeness| STEEPNESS * (likeness.mean() - FACE_LIKE))
    }

    /// All that was measured, by name; what is not known yet abstains.
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

    /// A surface that answers well and steadily, so much like a face's.
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
        // Nor does it pass where the light says little, or where another light plays.
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
