// SPDX-License-Identifier: MIT OR Apache-2.0

//! The state of the streaming thread: the nets, the running check and the reference image.

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

/// The bonus of a frame without a fault: the worst such frame ranks above the best frame with a fault.
const FAULTLESS: f32 = 1000.0;

/// The nets and the running check.
pub struct Stream {
    /// Format of the frames; `None` before the caps.
    pub info: Option<VideoInfo>,
    analyzer: FaceAnalyzer,
    age: AgeEstimator,
    embedder: Embedder,
    check: Box<dyn Check>,
    /// Serial of the attempt that `check` belongs to.
    serial: u64,
    shot: ReferenceShot,
    /// True if the reference image shows another face than the one that was checked.
    stranger: bool,
    /// Statistics of bystanders; `None` if a second face interrupts the check.
    company: Option<Company>,
    sampler: Sampler,
    strobe: StrobeFilter,
    /// Times of the first and the last frame with a face before a check, in nanoseconds.
    face: Option<(Time, Time)>,
}

/// Nanoseconds without a face after which the face is taken to have left.
const LAPSE: Time = 500_000_000;

/// The number of frames with and without a bystander.
#[derive(Default)]
struct Company {
    frames: u32,
    crowded: u32,
}

impl Company {
    /// Counts a frame; `crowded` if a bystander is in it.
    fn count(&mut self, crowded: bool) {
        self.frames += 1;
        self.crowded += u32::from(crowded);
    }

    /// Returns whether more than a tenth of the frames show a bystander. People who only pass by stay below.
    fn is_seen(&self) -> bool {
        10 * self.crowded > self.frames
    }
}

/// The analysis of a frame.
pub struct Analysis {
    /// The faces in the frame.
    pub observation: Arc<FrameObservation>,
    /// Buffer samples per square pixel; the observation is in square pixels.
    pub density: Point,
    /// The check's update after the frame.
    pub step: Step,
}

/// An error of the analysis of a frame.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// The frame is unreadable; the element skips it.
    #[error(transparent)]
    Frame(#[from] UnreadableFrame),
    /// A net failed; the element stops with an error.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

impl Stream {
    /// Loads the nets.
    ///
    /// # Errors
    /// A model is missing, unreadable or unusable.
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

    /// Forgets the previous frames, after a discontinuity.
    pub fn reset(&mut self) {
        self.analyzer.reset();
        self.strobe = StrobeFilter::default();
        self.face = None;
    }

    /// Returns whether the check belongs to attempt `serial`.
    pub fn serves(&self, serial: u64) -> bool {
        self.serial == serial
    }

    /// Starts a new attempt. With `company`, a bystander does not interrupt it.
    pub fn begin(&mut self, serial: u64, check: Box<dyn Check>, company: bool) {
        self.check = check;
        self.company = company.then(Company::default);
        self.serial = serial;
        self.shot.clear();
        self.stranger = false;
    }

    /// Returns whether a face has been in the picture for `face_time` nanoseconds. Without timestamps, one frame with a
    /// face is enough.
    ///
    /// # Errors
    /// The frame is unreadable, or a net failed.
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

    /// Returns whether the check analyses a frame at this time, in nanoseconds.
    pub fn wants(&self, time: Option<Time>) -> bool {
        self.check.wants(time)
    }

    /// Returns whether the frame was taken between the flashes of a strobing lamp. Expects every frame in order, also
    /// those that the check does not analyse. Returns false for an unreadable frame.
    pub fn is_between_flashes(&mut self, buffer: &gst::BufferRef, time: Option<Time>) -> bool {
        let Self { info: Some(info), sampler, .. } = self else { return false };
        let luma = with_frame(buffer, info, |frame| Glimpse::of(frame, sampler).luma());
        luma.is_ok_and(|luma| self.strobe.is_between_flashes(luma, time))
    }

    /// Analyses a frame, or reuses the observation of the previous element. In the `pause` between two attempts, the
    /// frame is used for coaching only.
    ///
    /// # Errors
    /// The frame is unreadable, or a net failed.
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
                    // If the previous element stops analysing, this one continues with the same face.
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

    /// Returns whether the frame still shows the observed picture. A flip or a crop may have copied the meta to
    /// another.
    fn shows(&mut self, frame: &Frame<'_>, seen: &FrameObservation) -> bool {
        seen.glimpse.as_ref().is_none_or(|known| known.is_like(&Glimpse::of(frame, &mut self.sampler)))
    }

    /// Compares the reference image with the face that was checked, and keeps the outcome for [`Self::evidence`].
    ///
    /// # Errors
    /// The net failed.
    pub fn identify(&mut self) -> Result<(), InferenceError> {
        let Self { shot, embedder, sampler, check, .. } = self;
        let Some((who, (frame, mesh))) = check.who().zip(shot.view()) else { return Ok(()) };
        let shown = embedder.embed(&frame, mesh, sampler)?;
        self.stranger = shown.is_some_and(|shown| shown.similarity(who) < Embedding::SAME_PERSON);
        Ok(())
    }

    /// Returns the evidence of the check, with bystanders and a wrong face in the reference image taken into account.
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

    /// Returns the depth map of the face, from checks with light.
    pub fn depth_map(&self) -> Option<DepthMap> {
        self.check.depth_map()
    }

    /// Returns the patterns of the secret light, from checks with light.
    pub fn light_record(&self) -> Option<Arc<LightRecord>> {
        self.check.light_record()
    }

    /// Returns the estimated age and gender of the person in the reference image, or `None` without an image.
    ///
    /// # Errors
    /// The net failed.
    pub fn age(&mut self) -> Result<Option<AgeGender>, InferenceError> {
        let Self { shot, age, sampler, .. } = self;
        shot.view().map_or(Ok(None), |(frame, mesh)| age.estimate(&frame, mesh, sampler))
    }

    /// Returns the reference image as interleaved RGB with its width and height.
    pub fn portrait(&self) -> Option<(&[u8], usize, usize)> {
        self.shot.picture()
    }
}
