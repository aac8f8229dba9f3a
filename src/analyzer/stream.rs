//! What belongs to the streaming thread: the nets, the running check, the portrait.

use std::sync::Arc;

use gst_video::VideoInfo;

use super::super::frame::{UnreadableFrame, with_frame};
use super::super::meta::LivenessMeta;
use liveness_core::check::{Check, DepthMap, Evidence, Failure, Guidance, LightRecord, Step, Time};
use liveness_core::face::{
    AgeEstimator, AgeGender, Embedder, Embedding, FaceAnalyzer, FrameObservation, ReferenceShot,
};
use liveness_core::inference::{InferenceError, ModelSource};
use liveness_core::vision::{Frame, Glimpse, Point, Sampler, StrobeFilter};

/// A portrait of a face without fault is worth more than any of a face with one.
const FAULTLESS: f32 = 1000.0;

pub struct Stream {
    pub info: Option<VideoInfo>,
    analyzer: FaceAnalyzer,
    age: AgeEstimator,
    embedder: Embedder,
    check: Box<dyn Check>,
    /// Which attempt `check` is for.
    serial: u64,
    shot: ReferenceShot,
    /// The reference image shows another face than the one that was checked.
    stranger: bool,
    /// Set where somebody else in the picture does not keep the check from going on.
    company: Option<Company>,
    sampler: Sampler,
    strobe: StrobeFilter,
    /// The first and the last time that a face was in the picture, before a check.
    face: Option<(Time, Time)>,
}

/// A face that is not seen for this long, in nanoseconds, has left.
const LAPSE: Time = 500_000_000;

/// How often somebody else was in the picture.
#[derive(Default)]
struct Company {
    frames: u32,
    crowded: u32,
}

impl Company {
    /// Counts a frame, `crowded` where somebody else is in it.
    fn count(&mut self, crowded: bool) {
        self.frames += 1;
        self.crowded += u32::from(crowded);
    }

    /// Somebody who only passes by is in less than a tenth of the frames.
    fn is_seen(&self) -> bool {
        10 * self.crowded > self.frames
    }
}

/// A frame's analysis.
pub struct Analysis {
    pub observation: Arc<FrameObservation>,
    /// Samples of the buffer per square pixel, in which the observation is.
    pub density: Point,
    pub step: Step,
}

#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// The frame is at fault: skip it.
    #[error(transparent)]
    Frame(#[from] UnreadableFrame),
    /// A net is at fault: the element cannot go on.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

impl Stream {
    pub fn new(source: &ModelSource, check: Box<dyn Check>) -> Result<Self, InferenceError> {
        Ok(Self {
            info: None,
            analyzer: FaceAnalyzer::new(source)?,
            age: AgeEstimator::new(source)?,
            embedder: Embedder::new(source)?,
            check,
            serial: 0,
            shot: ReferenceShot::default(),
            stranger: false,
            company: None,
            sampler: Sampler::new(),
            strobe: StrobeFilter::default(),
            face: None,
        })
    }

    /// The next frame has nothing to do with the last.
    pub fn reset(&mut self) {
        self.analyzer.reset();
        self.strobe = StrobeFilter::default();
        self.face = None;
    }

    pub fn serves(&self, serial: u64) -> bool {
        self.serial == serial
    }

    /// Begins another attempt; `company`: though somebody else is in the picture.
    pub fn begin(&mut self, serial: u64, check: Box<dyn Check>, company: bool) {
        self.check = check;
        self.company = company.then(Company::default);
        self.serial = serial;
        self.shot.clear();
        self.stranger = false;
    }

    /// Returns whether a face has been in the picture for `face_time` nanoseconds. In a stream without times, one frame with a face is enough.
    pub fn face_stays(
        &mut self,
        buffer: &gst::BufferRef,
        time: Option<Time>,
        face_time: Time,
    ) -> Result<bool, AnalysisError> {
        let Some(info) = self.info.clone() else { return Ok(false) };
        let observation = with_frame(buffer, &info, |frame| self.analyzer.analyze(frame))??;
        let seen = observation.primary().is_some();
        let Some(now) = time else { return Ok(seen) };
        let since = self.face.filter(|(_, last)| now.saturating_sub(*last) <= LAPSE).map(|(since, _)| since);
        if seen {
            self.face = Some((since.unwrap_or(now), now));
        }
        let stays = seen && now.saturating_sub(since.unwrap_or(now)) >= face_time;
        if stays {
            self.face = None;
        }
        Ok(stays)
    }

    pub fn wants(&self, time: Option<Time>) -> bool {
        self.check.wants(time)
    }

    /// Returns whether the frame lies between the flashes of a strobing lamp. Every frame is to be shown to this, in order, also
    /// those that the check does not want. A frame that cannot be read does not.
    pub fn is_between_flashes(&mut self, buffer: &gst::BufferRef, time: Option<Time>) -> bool {
        let Self { info: Some(info), sampler, .. } = self else { return false };
        let luma = with_frame(buffer, info, |frame| Glimpse::of(frame, sampler).luma());
        luma.is_ok_and(|luma| self.strobe.is_between_flashes(luma, time))
    }

    /// Looks at one frame, unless an element before has done so. Between two attempts (`pause`) it is only coached by.
    pub fn analyze(
        &mut self,
        buffer: &gst::BufferRef,
        info: &VideoInfo,
        time: Option<Time>,
        pause: bool,
    ) -> Result<Analysis, AnalysisError> {
        let seen = buffer.meta::<LivenessMeta>().and_then(|meta| meta.observation().cloned());
        with_frame(buffer, info, |frame| {
            let seen = seen.filter(|seen| (seen.width, seen.height) == (frame.width(), frame.height()));
            let observation = match seen.filter(|seen| self.shows(frame, seen)) {
                Some(observation) => {
                    // Should the element before stop, this one goes on with the same face.
                    self.analyzer.adopt(&observation);
                    observation
                }
                None => Arc::new(self.analyzer.analyze(frame)?),
            };
            let alone = self.company.is_some() && observation.has_rival();
            let judged = if alone { Arc::new(observation.alone()) } else { observation.clone() };
            if pause {
                let step = Step::coaching(self.check.coach(&judged));
                return Ok(Analysis { step, observation, density: frame.density() });
            }
            if let Some(company) = &mut self.company {
                company.count(alone);
            }
            let step = self.check.observe(frame, &judged, time)?;
            if step.anew {
                self.shot.clear();
                if let Some(company) = &mut self.company {
                    *company = Company::default();
                }
            }
            if let Some((_, face)) = observation.primary() {
                let faultless = if step.guidance == Guidance::Ok { FAULTLESS } else { 0.0 };
                let worth = faultless + face.quality.score();
                self.shot.consider(frame, &face.mesh, worth, &mut self.sampler);
            }
            Ok(Analysis { observation, density: frame.density(), step })
        })?
    }

    /// Whether the frame still is the picture that was observed: a flip or a crop may have taken the meta over.
    fn shows(&mut self, frame: &Frame<'_>, seen: &FrameObservation) -> bool {
        seen.glimpse.as_ref().is_none_or(|known| known.is_like(&Glimpse::of(frame, &mut self.sampler)))
    }

    /// Compares the reference image with the face that was checked.
    pub fn identify(&mut self) -> Result<(), InferenceError> {
        let Self { shot, embedder, sampler, check, .. } = self;
        let Some((who, (frame, mesh))) = check.who().zip(shot.view()) else { return Ok(()) };
        let shown = embedder.embed(&frame, mesh, sampler)?;
        self.stranger = shown.is_some_and(|shown| shown.similarity(who) < Embedding::SAME_PERSON);
        Ok(())
    }

    pub fn evidence(&self) -> Evidence {
        let mut evidence = self.check.evidence();
        if evidence.hindrance == Guidance::Ok && self.company.as_ref().is_some_and(Company::is_seen) {
            evidence.hindrance = Guidance::MultipleFaces;
        }
        if self.stranger {
            evidence.reject(Failure::OtherFace);
        }
        evidence
    }

    pub fn depth_map(&self) -> Option<DepthMap> {
        self.check.depth_map()
    }

    pub fn light_record(&self) -> Option<Arc<LightRecord>> {
        self.check.light_record()
    }

    /// The age of the person in the reference picture.
    pub fn age(&mut self) -> Result<Option<AgeGender>, InferenceError> {
        let Self { shot, age, sampler, .. } = self;
        shot.view().map_or(Ok(None), |(frame, mesh)| age.estimate(&frame, mesh, sampler))
    }

    pub fn portrait(&self) -> Option<(&[u8], usize, usize)> {
        self.shot.picture()
    }
}
