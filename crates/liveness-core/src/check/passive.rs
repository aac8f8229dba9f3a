// SPDX-License-Identifier: MIT OR Apache-2.0

//! The passive check: each good frame casts a vote.

use super::{AntiSpoof, Check, Cue, Evidence, Guidance, Identity, Method, Reading, Step, Time, calibrated};
use crate::face::{Embedding, FaceQuality, FrameObservation, Mesh};
use crate::inference::InferenceError;
use crate::vision::{Frame, Point};

/// Maximum number of votes. More votes add no information, however long a check runs.
const MOST_VOTES: usize = 256;
/// Speed in eye distances per second above which motion blurs a face.
const MAX_SPEED: f32 = 2.0;

/// Settings of a passive check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassiveConfig {
    /// Number of good frames for a decision.
    pub frames: u32,
    /// Minimum time between analysed frames, in nanoseconds.
    pub interval: Time,
    /// Asks a person to move back if the face is too near to show its surroundings. Checks with movement or
    /// light do not need them.
    pub room: bool,
    /// Names of the face quality components that are left out of the quality score.
    pub left_out: &'static [&'static str],
}

impl Default for PassiveConfig {
    fn default() -> Self {
        Self { frames: 5, interval: 66_000_000, room: true, left_out: &[] }
    }
}

/// The reading and quality of one frame.
#[derive(Clone, Copy)]
struct Vote {
    reading: Reading,
    quality: FaceQuality,
}

/// Passive check over one attempt.
pub struct PassiveCheck {
    config: PassiveConfig,
    net: AntiSpoof,
    good: Vec<Vote>,
    /// Votes of frames with a fault. They count only if there is no good one.
    poor: Vec<Vote>,
    hindrances: Hindrances,
    last_position: Option<(Point, Time)>,
    last_time: Option<Time>,
    /// The person whose votes are counted; `None` if another check watches the identity.
    identity: Option<Identity>,
}

impl PassiveCheck {
    /// Creates a check without an identity. The caller must ensure that all frames show one person.
    pub fn new(config: PassiveConfig, net: AntiSpoof) -> Self {
        Self {
            config,
            net,
            good: Vec::new(),
            poor: Vec::new(),
            hindrances: Hindrances::default(),
            last_position: None,
            last_time: None,
            identity: None,
        }
    }

    /// Counts only the votes of one person. Another face starts the count over.
    pub fn of_one_person(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Drops the votes if `mesh` is another person's face. Returns true if there were any.
    fn meets_another(&mut self, frame: &Frame<'_>, mesh: &Mesh) -> Result<bool, InferenceError> {
        let Some(identity) = &mut self.identity else { return Ok(false) };
        if !identity.follow(frame, mesh)? {
            return Ok(false);
        }
        let others = !self.good.is_empty() || !self.poor.is_empty();
        self.forget();
        Ok(others)
    }

    /// Drops all votes, because the next ones may be another person's.
    pub(super) fn forget(&mut self) {
        self.good.clear();
        self.poor.clear();
    }

    fn votes(&self) -> &[Vote] {
        if self.good.is_empty() { &self.poor } else { &self.good }
    }

    /// Returns the score of the median logit, 0–100; `None` without votes.
    pub(super) fn score(&self) -> Option<f64> {
        median(self.votes().iter().map(|vote| vote.reading.logit())).map(calibrated)
    }

    /// Returns `HoldStill` in place of `Ok` if the face moved too fast since the last frame.
    fn with_motion(&mut self, guidance: Guidance, mesh: Option<&Mesh>, time: Option<Time>) -> Guidance {
        let position = mesh.zip(time).map(|(mesh, time)| (mesh.bbox().center(), time));
        let last = std::mem::replace(&mut self.last_position, position);
        let (Some(mesh), Some((from, then)), Some((to, now))) = (mesh, last, position) else {
            return guidance;
        };
        let seconds = now.saturating_sub(then) as f32 * 1e-9;
        let fast = to.distance(from) > MAX_SPEED * mesh.eye_distance() * seconds.max(0.01);
        if guidance == Guidance::Ok && fast { Guidance::HoldStill } else { guidance }
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(0.5 * (values[middle - 1] + values[middle])),
    }
}

fn mean(votes: &[Vote], of: impl Fn(&Vote) -> f64) -> Option<f64> {
    (!votes.is_empty()).then(|| votes.iter().map(of).sum::<f64>() / votes.len() as f64)
}

impl Check for PassiveCheck {
    fn method(&self) -> Method {
        Method::Passive
    }

    fn wants(&self, time: Option<Time>) -> bool {
        let waited = time.zip(self.last_time).map(|(now, last)| now.abs_diff(last));
        waited.is_none_or(|waited| waited >= self.config.interval)
    }

    fn observe(
        &mut self,
        frame: &Frame<'_>,
        observation: &FrameObservation,
        time: Option<Time>,
    ) -> Result<Step, InferenceError> {
        self.last_time = time;
        let mesh = observation.primary().map(|(_, face)| face);
        let guidance = if self.config.room { Guidance::of } else { Guidance::of_whole_face }(observation);
        let mut guidance = self.with_motion(guidance, mesh.map(|face| &face.mesh), time);
        let mut anew = false;
        if let Some(face) = mesh {
            // A bad frame identifies a person too poorly to discard good votes, and its own vote does not
            // count beside them.
            if guidance == Guidance::Ok || self.good.is_empty() {
                anew = self.meets_another(frame, &face.mesh)?;
            }
            let vote = Vote { reading: self.net.read(frame, &face.mesh)?, quality: face.quality };
            if guidance == Guidance::Ok && !vote.reading.has_real_surroundings() {
                guidance = Guidance::MoveBack;
            }
            let most = MOST_VOTES.max(self.config.frames as usize);
            let votes = if guidance == Guidance::Ok { &mut self.good } else { &mut self.poor };
            if votes.len() < most {
                votes.push(vote);
            }
        }
        if guidance != Guidance::Ok {
            self.hindrances.note(guidance);
        }
        let fraction = (self.good.len() as f64 / f64::from(self.config.frames.max(1))).min(1.0);
        Ok(Step {
            guidance,
            fraction,
            done: fraction >= 1.0,
            score: self.score(),
            actions: Vec::new(),
            light: None,
            anew,
        })
    }

    fn who(&self) -> Option<&Embedding> {
        self.identity.as_ref()?.who()
    }

    fn evidence(&self) -> Evidence {
        let votes = self.votes();
        let readings = || votes.iter().map(|vote| &vote.reading);
        let score = self.score();
        let hindrance = match (self.good.is_empty(), self.hindrances.most_frequent()) {
            (false, _) => Guidance::Ok,
            (true, hindrance) => hindrance.unwrap_or(Guidance::NoFace),
        };
        Evidence {
            score,
            hindrance,
            cues: vec![
                Cue::new("net_near", median(readings().map(|reading| reading.near)), 1.0 / 3.0),
                Cue::new("net_wide", median(readings().map(|reading| reading.wide)), 2.0 / 3.0),
                // The border can only lower the score, so it has no weight.
                Cue::new("border", median(readings().map(|reading| reading.border)), 0.0),
                Cue::new("backdrop", median(readings().filter_map(|reading| reading.backdrop)), 0.0),
            ],
            face_quality: mean(votes, |vote| f64::from(vote.quality.score_without(self.config.left_out))),
            face_luminance: mean(votes, |vote| f64::from(vote.quality.luminance)),
            quality: FaceQuality::mean(votes.iter().map(|vote| &vote.quality)),
            ..Evidence::default()
        }
    }
}

/// Counts of each hindrance, the latest last.
#[derive(Default)]
struct Hindrances(Vec<(Guidance, u64)>);

impl Hindrances {
    fn note(&mut self, guidance: Guidance) {
        let known = self.0.iter().position(|(other, _)| *other == guidance);
        let count = known.map_or(0, |at| self.0.remove(at).1);
        self.0.push((guidance, count + 1));
    }

    /// Returns the most frequent hindrance; of several, the latest.
    fn most_frequent(&self) -> Option<Guidance> {
        self.0.iter().max_by_key(|(_, count)| *count).map(|(guidance, _)| *guidance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(logits: &[f64]) -> Vec<Vote> {
        let reading = |wide| Reading { near: wide, wide, border: 0.0, backdrop: None };
        logits.iter().map(|z| Vote { reading: reading(*z), quality: FaceQuality::default() }).collect()
    }

    #[test]
    fn one_odd_frame_does_not_move_the_median() {
        let of = |logits: &[f64]| median(votes(logits).iter().map(|vote| vote.reading.logit()));
        assert_eq!(of(&[]), None);
        assert!((of(&[1.0, 9.0, 2.0]).unwrap() - 2.0).abs() < 1e-9);
        assert!((of(&[1.0, 3.0]).unwrap() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn the_hindrance_told_is_the_most_frequent() {
        let all =
            [Guidance::Blurred, Guidance::TooDark, Guidance::TooDark, Guidance::Blurred, Guidance::TooDark];
        let mut hindrances = Hindrances::default();
        assert_eq!(hindrances.most_frequent(), None);
        all.into_iter().for_each(|guidance| hindrances.note(guidance));
        assert_eq!(hindrances.most_frequent(), Some(Guidance::TooDark));
        hindrances.note(Guidance::Blurred);
        assert_eq!(hindrances.most_frequent(), Some(Guidance::Blurred));
        assert_eq!(hindrances.0.len(), 2);
    }
}
