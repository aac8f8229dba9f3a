//! From a frame to its observation: detect, follow, measure.

use super::blendshapes::BlendshapeNet;
use super::detector::{Detection, FaceDetector};
use super::landmarks::{LandmarkNet, Mesh};
use super::observation::{FaceMesh, FaceObservation, FrameObservation};
use super::pose::fit_pose;
use super::quality::QualityMeter;
use crate::inference::{InferenceError, ModelSource};
use crate::vision::{Frame, Glimpse, Point, Rect, RotatedRect, Sampler};

/// The detector runs again after so many frames, to find new faces.
const DETECT_EVERY: u32 = 5;
/// Below this presence the face is lost (MediaPipe's threshold).
const MIN_PRESENCE: f32 = 0.5;
/// Boxes that overlap this much are the same face in two frames.
const SAME_FACE: f32 = 0.3;
/// A new face takes over from the one followed when its area is larger by this factor.
const TAKES_OVER: f32 = 1.5;

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
    /// The faces beside the followed one, as last detected.
    others: Vec<FaceObservation>,
    since_detection: u32,
    last_id: u32,
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
            others: Vec::new(),
            since_detection: 0,
            last_id: 0,
            size: (0, 0),
        })
    }

    /// Forgets the faces: the next frame has nothing to do with the last.
    pub fn reset(&mut self) {
        self.track = None;
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
        let known = std::mem::take(&mut self.others);
        let followed = self.track.as_ref().map(|track| track.bbox);
        let is_followed = |d: &Detection| followed.is_some_and(|bbox| same(&bbox, &d.bbox));
        let largest = detections.first().copied();
        let seen = followed.map(|bbox| bbox.area());
        if let Some(new) =
            largest.filter(|d| !is_followed(d) && seen.is_none_or(|a| d.bbox.area() > TAKES_OVER * a))
        {
            let id = self.id_of(&new.bbox, &known);
            self.track = Some(Track { id, fresh: true, bbox: new.bbox, region: new.region() });
        }
        let current = self.track.as_ref().map(|track| track.bbox);
        for detection in detections {
            if current.is_some_and(|bbox| same(&bbox, &detection.bbox)) {
                continue;
            }
            let id = self.id_of(&detection.bbox, &known);
            let (confidence, bbox) = (detection.score, detection.bbox);
            self.others.push(FaceObservation { id, confidence, bbox, mesh: None });
        }
        Ok(())
    }

    fn id_of(&mut self, bbox: &Rect, known: &[FaceObservation]) -> u32 {
        known.iter().find(|face| same(&face.bbox, bbox)).map(|face| face.id).unwrap_or_else(|| {
            self.last_id += 1;
            self.last_id
        })
    }

    /// Finds the followed face in `frame`; forgets it when it is gone.
    fn follow(&mut self, frame: &Frame<'_>) -> Result<Option<FaceObservation>, InferenceError> {
        let Some(track) = self.track.as_mut() else {
            return Ok(None);
        };
        if std::mem::take(&mut track.fresh)
            && let (Some(mesh), _) = self.landmarks.find(frame, &track.region, &mut self.sampler)?
        {
            // The detector's box is coarse; what was seen in it tells better where to look.
            track.region = mesh.region();
        }
        let (mesh, presence) = self.landmarks.find(frame, &track.region, &mut self.sampler)?;
        let Some(mesh) = mesh.filter(|mesh| presence >= MIN_PRESENCE && in_picture(mesh, frame)) else {
            self.track = None;
            return Ok(None);
        };
        track.bbox = mesh.bbox();
        track.region = mesh.region();
        let (id, bbox) = (track.id, track.bbox);
        let mesh = self.measure(frame, mesh)?;
        Ok(Some(FaceObservation { id, confidence: presence, bbox, mesh }))
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
