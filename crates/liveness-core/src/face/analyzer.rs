//! From a frame to its observation: detect, follow, measure.

use super::blendshapes::BlendshapeNet;
use super::detector::{Detection, FaceDetector};
use super::landmarks::{LandmarkNet, Mesh};
use super::observation::{FaceMesh, FaceObservation, FrameObservation};
use super::pose::fit_pose;
use super::quality::QualityMeter;
use crate::inference::{InferenceError, ModelSource};
use crate::vision::{Frame, Glimpse, Oval, Point, Rect, RotatedRect, Sampler};

/// The detector runs again after so many frames, to find new faces.
const DETECT_EVERY: u32 = 5;
/// Below this presence the face is lost (MediaPipe's threshold).
const MIN_PRESENCE: f32 = 0.5;
/// Boxes that overlap this much are the same face in two frames.
const SAME_FACE: f32 = 0.3;
/// The score of a close-up below which what was detected is no face: patterns come to 0.73, faces to 0.69 and more.
const CONFIRMED: f32 = 0.68;
/// While no face is found, the oval that people are asked into is searched at its own scale, a part with each frame: all of it, its
/// upper and its lower half. Shift of the part's centre, in half heights of the oval, and side, in heights. At 1280 × 720 a face is
/// found up to 2 m from a usual camera; in the whole picture it is lost beyond 0.8 m.
const SEARCHED: [(f32, f32); 3] = [(0.0, 1.1), (-0.5, 0.7), (0.5, 0.7)];
/// The score of what is looked at there: faces come to 0.74 and more.
const FOUND: f32 = 0.7;
/// Most new faces of a frame that are looked at.
const MOST_LOOKS: usize = 3;
/// A new face takes over from the one followed when its area is larger by this factor.
const TAKES_OVER: f32 = 1.5;

/// A face that was lost for at most this many frames, as in profile, is the same when it is found in the same place.
const MAX_LOST: u32 = 5;

/// The face that is followed from frame to frame.
struct Track {
    id: u32,
    /// Found by the detector, not yet by the landmark net.
    fresh: bool,
    bbox: Rect,
    region: RotatedRect,
}

/// Analyses the frames of one stream, in order.
pub struct FaceAnalyzer {
    detector: FaceDetector,
    landmarks: LandmarkNet,
    blendshapes: BlendshapeNet,
    quality: QualityMeter,
    sampler: Sampler,
    track: Option<Track>,
    /// The number and the box of the face that was followed last, and the frames since.
    last: Option<(u32, Rect, u32)>,
    /// The faces beside the followed one, as last detected.
    others: Vec<FaceObservation>,
    since_detection: u32,
    last_id: u32,
    /// The part of the oval that is searched next.
    part: usize,
    /// Width and height of the last frame.
    size: (usize, usize),
}

impl FaceAnalyzer {
    /// # Errors
    /// When ONNX Runtime or a model cannot be loaded.
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

    /// Forgets the faces: the next frame has nothing to do with the last.
    pub fn reset(&mut self) {
        (self.track, self.last) = (None, None);
        self.others.clear();
    }

    /// Goes on from what another analyzer has seen in this frame, with its numbers for the faces.
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
        // Soon look oneself for others.
        self.since_detection = 0;
    }

    /// What `frame` shows.
    ///
    /// # Errors
    /// When a net cannot run.
    pub fn analyze(&mut self, frame: &Frame<'_>) -> Result<FrameObservation, InferenceError> {
        self.since_detection += 1;
        self.resize((frame.width(), frame.height()));
        if self.track.is_none() || self.since_detection >= DETECT_EVERY {
            self.detect(frame)?;
        }
        let mut primary = self.follow(frame)?;
        if primary.is_none() && self.since_detection > 0 {
            // Lost between two detections: look again at once.
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

    /// A camera that changes its resolution still shows the same: faces stay where they are in the picture.
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
        // Unless it shows another part of the scene.
        self.since_detection = DETECT_EVERY;
    }

    /// Runs the detector and decides whom to follow.
    fn detect(&mut self, frame: &Frame<'_>) -> Result<(), InferenceError> {
        self.since_detection = 0;
        let detections = self.detector.detect(frame, &mut self.sampler)?;
        self.take_in(detections);
        Ok(())
    }

    /// Searches a part of the oval; tells whether something was found there.
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

    /// Notes the faces of a frame beside the one that is followed, and turns to the largest where that is much larger.
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

    /// The largest face beside the followed one that has a larger area than `least` and is none of `given_up`.
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
        // The followed one's number is taken while it is followed.
        let lost = self.last.filter(|_| self.track.is_none()).map(|(id, bbox, _)| (id, bbox));
        let mut all = known.chain(lost);
        all.find(|(_, before)| same(before, bbox)).map(|(id, _)| id).unwrap_or_else(|| {
            self.last_id += 1;
            self.last_id
        })
    }

    /// Finds the followed face in `frame`; forgets it when it is gone. Where a new one is none, or turns out to be a small part of
    /// what was detected, the next largest is looked at.
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

    /// Looks where the followed face should be.
    fn look(&mut self, frame: &Frame<'_>) -> Result<Option<FaceObservation>, InferenceError> {
        if !self.is_confirmed(frame)? {
            return Ok(None);
        }
        let Some(track) = self.track.as_mut() else { return Ok(None) };
        if std::mem::take(&mut track.fresh)
            && let (Some(mesh), _) = self.landmarks.find(frame, &track.region, &mut self.sampler)?
        {
            // The detector's box is coarse; what was seen in it tells better where to look.
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

    /// Returns whether a new face is a face in a close-up too, and takes over its angle from there. Other detections are dropped.
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

/// A mesh that has drifted off the picture, or shrunk to nothing, is no face.
fn in_picture(mesh: &Mesh, frame: &Frame<'_>) -> bool {
    let bbox = mesh.bbox();
    let picture = Rect::new(0.0, 0.0, frame.width() as f32, frame.height() as f32);
    bbox.area() > 1.0 && bbox.intersection(&picture) > 0.3 * bbox.area()
}
