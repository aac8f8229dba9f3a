//! The passive check: a net judges single frames at two scales, good frames vote.

use std::sync::Arc;

use super::{Check, Cue, Evidence, Guidance, Method, Step, Time};
use crate::face::{FrameObservation, Mesh};
use crate::inference::{InferenceError, Model, ModelSource, Net};
use crate::vision::{Affine, Border, ChannelOrder, Frame, Layout, Point, Sampler, TensorSpec};

const SIDE: usize = 128;
const INPUT: TensorSpec = TensorSpec {
    width: SIDE,
    height: SIDE,
    layout: Layout::Nchw,
    order: ChannelOrder::Bgr,
    scale: 1.0,
    bias: 0.0,
};
/// The crops, in sides of the face's square box; slid inside the picture, never padded.
const SCALES: [f32; 2] = [1.5, 2.7];
/// Faster than this many eye distances a second, a face is blurred by its motion.
const MAX_SPEED: f32 = 2.0;

/// The score of a mean logit (live against attack): a logistic curve, 0–100.
pub fn calibrated(logit: f64) -> f64 {
    100.0 / (1.0 + (-logit).exp())
}

/// The anti-spoofing net.
pub struct AntiSpoof {
    net: Arc<Net>,
    sampler: Sampler,
    input: Vec<f32>,
}

impl AntiSpoof {
    /// # Errors
    /// When the model cannot be loaded.
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        let net = Net::load(Model::AntiSpoof, source)?;
        Ok(Self { net, sampler: Sampler::new(), input: vec![0.0; INPUT.len()] })
    }

    /// The logit of live against the likelier attack, at each of the two scales.
    ///
    /// # Errors
    /// When the net cannot run.
    pub fn logits(&mut self, frame: &Frame<'_>, mesh: &Mesh) -> Result<[f64; 2], InferenceError> {
        let mut logits = [0.0; 2];
        let bbox = mesh.bbox();
        for (logit, scale) in logits.iter_mut().zip(SCALES) {
            let rect = bbox.square(scale).slid_inside(frame.width() as f32, frame.height() as f32);
            let map = Affine::from_rect(&rect, SIDE, SIDE);
            self.sampler.sample(frame, &map, &INPUT, Border::Replicate, &mut self.input);
            *logit = self.net.run(&self.input, |outputs| {
                let classes = outputs.values("logits", 3)?;
                Ok(f64::from(classes[0] - classes[1].max(classes[2])))
            })?;
        }
        Ok(logits)
    }
}

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
    logits: [f64; 2],
    quality: f64,
    luminance: f64,
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

    fn score(&self) -> Option<f64> {
        mean(self.votes(), |vote| 0.5 * (vote.logits[0] + vote.logits[1])).map(calibrated)
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
            let vote = Vote {
                logits: self.net.logits(frame, &face.mesh)?,
                quality: f64::from(face.quality.score()),
                luminance: f64::from(face.quality.luminance),
            };
            if guidance == Guidance::Ok { self.good.push(vote) } else { self.poor.push(vote) }
        }
        if guidance != Guidance::Ok {
            self.hindrances.push(guidance);
        }
        let fraction = (self.good.len() as f64 / f64::from(self.config.frames.max(1))).min(1.0);
        Ok(Step { guidance, fraction, done: fraction >= 1.0, score: self.score() })
    }

    fn evidence(&self) -> Evidence {
        let votes = self.votes();
        let score = self.score();
        let hindrance = match (self.good.is_empty(), most_frequent(&self.hindrances)) {
            (false, _) => Guidance::Ok,
            (true, hindrance) => hindrance.unwrap_or(Guidance::NoFace),
        };
        let [near, far] = [0, 1].map(|i| mean(votes, |vote| vote.logits[i]));
        Evidence {
            score,
            attack: false,
            hindrance,
            cues: vec![Cue::new("net_near", near, 0.5), Cue::new("net_far", far, 0.5)],
            entropy_bits: 0.0,
            face_quality: mean(votes, |vote| vote.quality),
            face_luminance: mean(votes, |vote| vote.luminance),
        }
    }
}

/// The value that occurs most often; of equals the latest.
fn most_frequent(all: &[Guidance]) -> Option<Guidance> {
    let count = |g: Guidance| all.iter().filter(|other| **other == g).count();
    all.iter().copied().max_by_key(|g| count(*g))
}
