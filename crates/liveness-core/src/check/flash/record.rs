// SPDX-License-Identifier: MIT OR Apache-2.0

//! The record of a flash check, for diagrams.

use std::sync::Arc;

use super::depth::integrate;
use super::depthmap::level;
use super::{Changes, Findings, FlashCheck, LightMoment, Map};

/// The complete analysis of the light; shared because it is large.
#[derive(Clone, Debug)]
pub struct LightRecord {
    /// Number of rows of the grid of light.
    pub rows: usize,
    /// Number of columns of the grid of light.
    pub columns: usize,
    /// The analysis of the light.
    pub findings: Findings,
    /// Depth of each patch in cm towards the camera, up to scale; `None` if it is not known.
    pub depth: Map,
    /// Changes of the light on the face over time, and the part that the code explains.
    pub course: Vec<LightMoment>,
}

impl FlashCheck {
    /// Returns the record, once the light is over.
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
