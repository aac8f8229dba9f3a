//! What a flash check saw, for pictures of it.

use std::sync::Arc;

use super::depth::integrate;
use super::depthmap::level;
use super::{Changes, Findings, FlashCheck, LightMoment, Map};

/// What the light showed, in full; shared, since it is large.
#[derive(Clone, Debug)]
pub struct LightRecord {
    /// Of the grid of light.
    pub rows: usize,
    pub columns: usize,
    pub findings: Findings,
    /// Depth of each patch in cm towards the camera, up to scale; `None` where nothing is known.
    pub depth: Map,
    /// How the light on the face changed, and what of it the code explains.
    pub course: Vec<LightMoment>,
}

impl FlashCheck {
    /// What was seen, once the light is over.
    pub(super) fn record_of_light(&self) -> Option<Arc<LightRecord>> {
        let (findings, (series, code)) = (self.findings()?, self.played()?);
        let (slopes, gain) = level(&findings.slopes, findings.likeness?);
        Some(Arc::new(LightRecord {
            rows: code.rows(),
            columns: code.columns(),
            depth: integrate(&slopes, gain.recip() as f32),
            course: Changes::new(series)?.course(code, findings.freshness.lag),
            findings: findings.clone(),
        }))
    }
}
