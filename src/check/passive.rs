//! The passive check: single frames are read, good ones vote.

use super::{AntiSpoof, Check, Cue, Evidence, Guidance, Method, Reading, Step, Time, calibrated};
use crate::face::{FaceQuality, FrameObservation, Mesh};
use crate::inference::InferenceError;
use crate::vision::{Frame, Point};

/// Faster than this many eye distances a second, a face is blurred by its motion.
const MAX_SPEED: f32 = 2.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassiveConfig {
    /// Good frames that a decision takes.
    pub frames: u32,
    /// Least time between analysed frames, in nanoseconds.
    pub interval: Time,
}

impl Default for PassiveConfig {
    fn default() -> Self {
        Self { frames: 5, interval: 66_000_000 }
    }
}

/// One judged frame.
#[derive(Clone, Copy)]
struct Vote {
    reading: Reading,
    quality: FaceQuality,
}

/// Counts the votes of one attempt.
pub struct PassiveCheck {
    config: PassiveConfig,
    net: AntiSpoof,
    good: Vec<Vote>,
    /// Votes of frames with a fault: they count only when there is no good one.
    poor: Vec<Vote>,
    hindrances: Vec<Guidance>,
    last_position: Option<(Point, Time)>,
    last_time: Option<Time>,
}

impl PassiveCheck {
    pub fn new(config: PassiveConfig, net: AntiSpoof) -> Self {
        Self {
            config,
            net,
            good: Vec::new(),
            poor: Vec::new(),
            hindrances: Vec::new(),
            last_position: None,
            last_time: None,
        }
    }

    fn votes(&self) -> &[Vote] {
        if self.good.is_empty() { &self.poor } else { &self.good }
    }

    /// That of the median frame.
    fn score(&self) -> Option<f64> {
        median(self.votes(), |vote| vote.reading.logit()).map(calibrated)
    }

    /// Asks to hold still when the face moved too fast since the last frame.
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

fn median(votes: &[Vote], of: impl Fn(&Vote) -> f64) -> Option<f64> {
    let mut values: Vec<f64> = votes.iter().map(of).collect();
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
        let guidance = self.with_motion(Guidance::of(observation), mesh.map(|face| &face.mesh), time);
        if let Some(face) = mesh {
            let vote = Vote { reading: self.net.read(frame, &face.mesh)?, quality: face.quality };
            if guidance == Guidance::Ok { self.good.push(vote) } else { self.poor.push(vote) }
        }
        if guidance != Guidance::Ok {
            self.hindrances.push(guidance);
        }
        let fraction = (self.good.len() as f64 / f64::from(self.config.frames.max(1))).min(1.0);
        Ok(Step {
            guidance,
            fraction,
            done: fraction >= 1.0,
            score: self.score(),
            actions: Vec::new(),
            light: None,
        })
    }

    fn evidence(&self) -> Evidence {
        let votes = self.votes();
        let score = self.score();
        let hindrance = match (self.good.is_empty(), most_frequent(&self.hindrances)) {
            (false, _) => Guidance::Ok,
            (true, hindrance) => hindrance.unwrap_or(Guidance::NoFace),
        };
        Evidence {
            score,
            hindrance,
            cues: vec![
                Cue::new("net_near", median(votes, |vote| vote.reading.near), 1.0 / 3.0),
                Cue::new("net_wide", median(votes, |vote| vote.reading.wide), 2.0 / 3.0),
                // Only ever lowers the score.
                Cue::new("border", median(votes, |vote| vote.reading.border), 0.0),
            ],
            face_quality: mean(votes, |vote| f64::from(vote.quality.score())),
            face_luminance: mean(votes, |vote| f64::from(vote.quality.luminance)),
            quality: FaceQuality::mean(votes.iter().map(|vote| &vote.quality)),
            ..Evidence::default()
        }
    }
}

/// The value that occurs most often; of equals the latest.
fn most_frequent(all: &[Guidance]) -> Option<Guidance> {
    let count = |g: Guidance| all.iter().filter(|other| **other == g).count();
    all.iter().copied().max_by_key(|g| count(*g))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(logits: &[f64]) -> Vec<Vote> {
        let reading = |wide| Reading { near: wide, wide, border: 0.0 };
        logits.iter().map(|z| Vote { reading: reading(*z), quality: FaceQuality::default() }).collect()
    }

    #[test]
    fn one_odd_frame_does_not_move_the_median() {
        let of = |logits: &[f64]| median(&votes(logits), |vote| vote.reading.logit());
        assert_eq!(of(&[]), None);
        assert!((of(&[1.0, 9.0, 2.0]).unwrap() - 2.0).abs() < 1e-9);
        assert!((of(&[1.0, 3.0]).unwrap() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn the_hindrance_told_is_the_most_frequent() {
        let all =
            [Guidance::Blurred, Guidance::TooDark, Guidance::TooDark, Guidance::Blurred, Guidance::TooDark];
        assert_eq!(most_frequent(&all), Some(Guidance::TooDark));
        assert_eq!(most_frequent(&[]), None);
    }
}
