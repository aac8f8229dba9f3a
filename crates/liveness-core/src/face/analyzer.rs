// SPDX-License-Identifier: MIT OR Apache-2.0

//! The analysis of a frame: detection, tracking and measurement of faces.

use super::blendshapes::BlendshapeNet;
use super::detector::{Detection, FaceDetector};
use super::landmarks::{LandmarkNet, Mesh};
use super::observation::{FaceMesh, FaceObservation, FrameObservation};
use super::pose::fit_pose;
use super::quality::QualityMeter;
use crate::inference::{InferenceError, ModelSource};
use crate::vision::{Frame, Glimpse, Oval, Point, Rect, RotatedRect, Sampler};

/// Number of frames from one run of the detector to the next, while a face is tracked.
const DETECT_EVERY: u32 = 5;
/// Minimum presence of a tracked face (MediaPipe's threshold).
const MIN_PRESENCE: f32 = 0.5;
/// Overlap (intersection over union) above which boxes in two frames belong to the same face.
const SAME_FACE: f32 = 0.3;
/// Minimum score of a close-up that confirms a detected face. Patterns reach 0.73; faces have at least 0.69.
const CONFIRMED: f32 = 0.68;
/// Parts of the oval that are searched while no face is found, one per frame: all of it, its upper and its
/// lower half. Each part is a square: its centre's offset in half heights of the oval, and its side in
/// heights. At 1280 × 720 pixels a face is found up to 2 m from a usual camera; a search of the whole picture
/// finds it only up to 0.8 m.
const SEARCHED: [(f32, f32); 3] = [(0.0, 1.1), (-0.5, 0.7), (0.5, 0.7)];
/// Minimum score of a detection in the oval. Faces have at least 0.74.
const FOUND: f32 = 0.7;
/// Maximum number of new faces examined per frame.
const MOST_LOOKS: usize = 3;
/// Minimum ratio of areas for a new face to replace the tracked one.
const TAKES_OVER: f32 = 1.5;

/// Maximum number of frames for which a face may be lost, as in profile, and keep its number when found in
/// the same place.
const MAX_LOST: u32 = 5;

/// The face that is tracked from frame to frame.
struct Track {
    id: u32,
    /// The detector has found the face, but the landmark net has not seen it yet.
    fresh: bool,
    bbox: Rect,
    region: RotatedRect,
}

/// Analyses the frames of one stream in order.
pub struct FaceAnalyzer {
    detector: FaceDetector,
    landmarks: LandmarkNet,
    blendshapes: BlendshapeNet,
    quality: QualityMeter,
    sampler: Sampler,
    track: Option<Track>,
    /// The number and box of the last tracked face, and the number of frames since it was seen.
    last: Option<(u32, Rect, u32)>,
    /// The faces besides the tracked one, as last detected.
    others: Vec<FaceObservation>,
    since_detection: u32,
    last_id: u32,
    /// Index in [`SEARCHED`] of the part to search next.
    part: usize,
    /// Width and height of the last frame in pixels.
    size: (usize, usize),
}

impl FaceAnalyzer {
    /// Loads the models.
    ///
    /// # Errors
    /// An [`InferenceError`] if ONNX Runtime or a model cannot be loaded.
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        Ok(Self {
            detector: FaceDetector::new(source)?,
            landmarks: LandmarkNet::new(source)?,
            blendshapes: BlendshapeNet::new(source)?,
            quality: QualityMeter::new(),
            sampler: Sampler::new(),
            track: None,
            last: None,
            others: Vec::new(),
            since_detection: 0,
            last_id: 0,
            part: 0,
            size: (0, 0),
        })
    }

    /// Forgets the faces, so that the next frame is analysed without reference to the last.
    pub fn reset(&mut self) {
        (self.track, self.last) = (None, None);
        self.others.clear();
    }

    /// Continues from another analyzer's observation of the current frame and takes over its face numbers.
    pub fn adopt(&mut self, seen: &FrameObservation) {
        self.track = seen.primary().map(|(face, measured)| Track {
            id: face.id,
            fresh: false,
            bbox: face.bbox,
            region: measured.mesh.region(),
        });
        self.last = self.track.as_ref().map(|track| (track.id, track.bbox, 0));
        self.others.clear();
        self.others.extend(seen.faces.iter().skip(usize::from(self.track.is_some())).cloned());
        self.size = (seen.width, seen.height);
        self.last_id = seen.faces.iter().map(|face| face.id).fold(self.last_id, u32::max);
        // The detector next runs after `DETECT_EVERY` frames, to find other faces.
        self.since_detection = 0;
    }

    /// Returns the observation of `frame`.
    ///
    /// # Errors
    /// An [`InferenceError`] if a net cannot run.
    pub fn analyze(&mut self, frame: &Frame<'_>) -> Result<FrameObservation, InferenceError> {
        self.since_detection += 1;
        self.resize((frame.width(), frame.height()));
        if self.track.is_none() || self.since_detection >= DETECT_EVERY {
            self.detect(frame)?;
        }
        let mut primary = self.follow(frame)?;
        if primary.is_none() && self.since_detection > 0 {
            // Lost between two detections: detect at once.
            self.detect(frame)?;
            primary = self.follow(frame)?;
        }
        if primary.is_none() && self.search_oval(frame)? {
            primary = self.follow(frame)?;
        }
        self.last = match (&primary, self.last) {
            (Some(face), _) => Some((face.id, face.bbox, 0)),
            (None, Some((id, bbox, lost))) if lost < MAX_LOST => Some((id, bbox, lost + 1)),
            (None, _) => None,
        };
        let mut faces: Vec<FaceObservation> = primary.into_iter().collect();
        faces.extend(self.others.iter().cloned());
        let glimpse = Some(Glimpse::of(frame, &mut self.sampler));
        Ok(FrameObservation { width: frame.width(), height: frame.height(), glimpse, faces })
    }

    /// Scales the known faces to the frame's new size. A camera that changes its resolution shows the same scene.
    fn resize(&mut self, size: (usize, usize)) {
        let last = std::mem::replace(&mut self.size, size);
        if last == size || last == (0, 0) {
            return;
        }
        let scale = Point::new(size.0 as f32 / last.0 as f32, size.1 as f32 / last.1 as f32);
        let boxes = self.others.iter_mut().map(|face| &mut face.bbox);
        boxes
            .chain(self.track.iter_mut().map(|track| &mut track.bbox))
            .chain(self.last.iter_mut().map(|(_, bbox, _)| bbox))
            .for_each(|bbox| *bbox = bbox.scaled(scale));
        if let Some(track) = &mut self.track {
            track.region = track.region.scaled(scale);
        }
        // The new size may also show another part of the scene: detect at once.
        self.since_detection = DETECT_EVERY;
    }

    /// Runs the detector and chooses the face to track.
    fn detect(&mut self, frame: &Frame<'_>) -> Result<(), InferenceError> {
        self.since_detection = 0;
        let detections = self.detector.detect(frame, &mut self.sampler)?;
        self.take_in(detections);
        Ok(())
    }

    /// Searches one part of the oval. Returns whether it holds a face.
    fn search_oval(&mut self, frame: &Frame<'_>) -> Result<bool, InferenceError> {
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        let (shift, share) = SEARCHED[self.part];
        self.part = (self.part + 1) % SEARCHED.len();
        let square = Oval::of_frame(width, height).square(shift, share).square_inside(width, height);
        let mut found = self.detector.detect_in(frame, &square.turned(0.0), &mut self.sampler)?;
        found.retain(|face| face.score >= FOUND);
        if found.is_empty() {
            return Ok(false);
        }
        let before = std::mem::take(&mut self.others);
        self.take_in(found);
        let new = self.others.len();
        for face in before {
            if !self.others[..new].iter().any(|other| same(&other.bbox, &face.bbox)) {
                self.others.push(face);
            }
        }
        Ok(true)
    }

    /// Records the detected faces besides the tracked one. Switches to the largest of them if it is much
    /// larger than the tracked one.
    fn take_in(&mut self, detections: Vec<Detection>) {
        let known = std::mem::take(&mut self.others);
        let followed = self.track.as_ref().map(|track| (track.id, track.bbox));
        let mut own = None;
        for Detection { score: confidence, bbox, .. } in detections {
            let other = |id| FaceObservation { id, confidence, bbox, mesh: None };
            match followed.filter(|(_, followed)| same(followed, &bbox)) {
                Some((id, _)) => own = Some(other(id)),
                None => {
                    let id = self.id_of(&bbox, &known);
                    self.others.push(other(id));
                }
            }
        }
        let least = followed.map_or(0.0, |(_, bbox)| TAKES_OVER * bbox.area());
        if let Some(larger) = self.largest_other(least, &[]) {
            self.track = Some(larger);
            self.others.extend(own);
        }
    }

    /// Returns the largest untracked face with an area above `least` whose number is not in `given_up`.
    fn largest_other(&self, least: f32, given_up: &[u32]) -> Option<Track> {
        let waiting = self.others.iter().filter(|face| face.bbox.area() > least);
        let largest = waiting
            .filter(|face| !given_up.contains(&face.id))
            .max_by(|a, b| a.bbox.area().total_cmp(&b.bbox.area()))?;
        let region = largest.bbox.square(1.5).turned(0.0);
        Some(Track { id: largest.id, fresh: true, bbox: largest.bbox, region })
    }

    fn id_of(&mut self, bbox: &Rect, known: &[FaceObservation]) -> u32 {
        let known = known.iter().map(|face| (face.id, face.bbox));
        // The number of the tracked face cannot be reused while the face is tracked.
        let lost = self.last.filter(|_| self.track.is_none()).map(|(id, bbox, _)| (id, bbox));
        let mut all = known.chain(lost);
        all.find(|(_, before)| same(before, bbox)).map(|(id, _)| id).unwrap_or_else(|| {
            self.last_id += 1;
            self.last_id
        })
    }

    /// Finds the tracked face in `frame` and forgets it if it is gone. If a new face is not confirmed, or
    /// turns out to be a small part of the detection, the next largest face is examined.
    fn follow(&mut self, frame: &Frame<'_>) -> Result<Option<FaceObservation>, InferenceError> {
        let mut looked_at = Vec::new();
        let mut largest: Option<(Track, FaceObservation)> = None;
        while let Some(Track { id, fresh, .. }) = self.track {
            let found = self.look(frame)?;
            let track = self.track.take();
            if let Some((track, face)) = track.zip(found) {
                let area = largest.as_ref().map_or(0.0, |(_, face)| face.bbox.area());
                if face.bbox.area() > area {
                    largest = Some((track, face));
                }
            }
            if fresh && looked_at.len() < MOST_LOOKS {
                looked_at.push(id);
                let least = largest.as_ref().map_or(0.0, |(_, face)| TAKES_OVER * face.bbox.area());
                self.track = self.largest_other(least, &looked_at);
            }
        }
        let Some((track, face)) = largest else { return Ok(None) };
        self.track = Some(track);
        self.others.retain(|other| other.id != face.id && !same(&other.bbox, &face.bbox));
        Ok(Some(face))
    }

    /// Examines the region in which the tracked face is expected.
    fn look(&mut self, frame: &Frame<'_>) -> Result<Option<FaceObservation>, InferenceError> {
        if !self.is_confirmed(frame)? {
            return Ok(None);
        }
        let Some(track) = self.track.as_mut() else { return Ok(None) };
        if std::mem::take(&mut track.fresh)
            && let (Some(mesh), _) = self.landmarks.find(frame, &track.region, &mut self.sampler)?
        {
            // The detector's box is coarse; the landmarks found in it give a better region.
            track.region = mesh.region();
        }
        let (mesh, presence) = self.landmarks.find(frame, &track.region, &mut self.sampler)?;
        let Some(mesh) = mesh.filter(|mesh| presence >= MIN_PRESENCE && in_picture(mesh, frame)) else {
            return Ok(None);
        };
        track.bbox = mesh.bbox();
        track.region = mesh.region();
        let (id, bbox) = (track.id, track.bbox);
        let mesh = self.measure(frame, mesh)?;
        Ok(Some(FaceObservation { id, confidence: presence, bbox, mesh }))
    }

    /// Returns whether a close-up confirms a new face, and takes over its rotation. An unconfirmed detection
    /// is dropped.
    fn is_confirmed(&mut self, frame: &Frame<'_>) -> Result<bool, InferenceError> {
        let Some(track) = self.track.as_mut().filter(|track| track.fresh) else {
            return Ok(self.track.is_some());
        };
        let seen = self.detector.confirm(frame, &track.bbox, &mut self.sampler)?;
        match seen.filter(|seen| seen.score >= CONFIRMED) {
            Some(seen) => {
                track.region = seen.region();
                Ok(true)
            }
            None => {
                let id = track.id;
                self.others.retain(|other| other.id != id);
                Ok(false)
            }
        }
    }

    fn measure(&mut self, frame: &Frame<'_>, mesh: Mesh) -> Result<Option<FaceMesh>, InferenceError> {
        let Some(pose) = fit_pose(&mesh, frame.width(), frame.height()) else {
            return Ok(None);
        };
        let quality = self.quality.measure(frame, &mesh, &pose, &mut self.sampler);
        let blendshapes = self.blendshapes.run(&mesh)?;
        Ok(Some(FaceMesh { mesh, pose, blendshapes, quality }))
    }
}

fn same(a: &Rect, b: &Rect) -> bool {
    a.iou(b) > SAME_FACE
}

/// Returns whether the mesh is at least 30 % inside the picture and larger than one pixel. A mesh that has
/// drifted away or shrunk is not a face.
fn in_picture(mesh: &Mesh, frame: &Frame<'_>) -> bool {
    let bbox = mesh.bbox();
    let picture = Rect::new(0.0, 0.0, frame.width() as f32, frame.height() as f32);
    bbox.area() > 1.0 && bbox.intersection(&picture) > 0.3 * bbox.area()
}
