// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ring along the oval, worked out once per frame size.

use std::f32::consts::TAU;

use super::grid::{Grid, PlaneMut, cover};
use super::ink::{Ink, Inks};
use super::layout::Layout;
use super::view::Tone;

const DARK: u32 = 0x0b_1220;
const TRACK: u32 = 0xff_ffff;
/// Opacities: the dark edge on both sides of the ring, and the part of the ring that is still empty.
const EDGE: u8 = 150;
const EMPTY: u8 = 130;
/// Dashes around the oval while something hinders, and before another attempt.
const DASHES: f32 = 36.0;
const LONG_DASHES: f32 = 8.0;

/// One sample that the ring touches.
#[derive(Clone, Copy, Debug)]
struct Dot {
    row: u32,
    column: u32,
    /// Coverage by the dark edge and by the ring itself.
    edge: u8,
    core: u8,
    /// Clockwise from the top, 0–1.
    turn: f32,
}

/// The samples that the ring touches, by the subsampling of a plane's parts.
#[derive(Debug)]
pub(super) struct Rim {
    dots: Vec<((u32, u32), Vec<Dot>)>,
}

/// The appearance of the ring in a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct RimLook {
    dark: Ink,
    track: Ink,
    ink: Ink,
    tone: Tone,
    fraction: f32,
}

impl RimLook {
    pub fn new(inks: &Inks, tone: Tone, fraction: f64) -> Self {
        let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) as f32 };
        let [dark, track, ink] = [DARK, TRACK, tone.color()].map(|rgb| inks.of_rgb(rgb));
        Self { dark, track, ink, tone, fraction }
    }

    fn core(&self, turn: f32) -> (Ink, u8) {
        let filled = match self.tone {
            Tone::Coach => (turn * DASHES).fract() < 0.5,
            Tone::Retry => (turn * LONG_DASHES).fract() < 0.75,
            Tone::Go => turn < self.fraction,
            Tone::Approved | Tone::Review | Tone::Failed | Tone::Ended => true,
        };
        let gap = if matches!(self.tone, Tone::Coach | Tone::Retry) { 0 } else { EMPTY };
        if filled { (self.ink, 255) } else { (self.track, gap) }
    }
}

impl Rim {
    pub fn new(layout: &Layout, grids: &[Grid]) -> Self {
        let mut dots: Vec<((u32, u32), Vec<Dot>)> = Vec::new();
        for atoms in grids.iter().flat_map(|grid| &grid.atoms).filter(|_| layout.has_room()) {
            if dots.iter().all(|(known, _)| *known != atoms.shifts) {
                dots.push((atoms.shifts, trace(layout, atoms.shifts)));
            }
        }
        Self { dots }
    }

    pub fn lay(&self, grid: &Grid, plane: &mut PlaneMut<'_>, look: &RimLook) {
        for atoms in &grid.atoms {
            let dots = self.dots.iter().find(|(known, _)| *known == atoms.shifts).map(|(_, dots)| dots);
            for dot in dots.into_iter().flatten() {
                let at = dot.row as usize * plane.stride + dot.column as usize * atoms.step;
                let Some(atom) = plane.data.get_mut(at..at + atoms.step) else {
                    continue;
                };
                let (ink, opacity) = look.core(dot.turn);
                let (edge, core) = (cover(0, EDGE, dot.edge), cover(0, opacity, dot.core));
                for (byte, code) in &atoms.bytes {
                    atom[*byte] = cover(cover(atom[*byte], look.dark[*code], edge), ink[*code], core);
                }
            }
        }
    }
}

fn trace(layout: &Layout, (shift_x, shift_y): (u32, u32)) -> Vec<Dot> {
    let density = layout.density();
    // Square pixels per sample of this plane.
    let (sx, sy) = ((1 << shift_x) as f32 / density.x, (1 << shift_y) as f32 / density.y);
    let (core, edge) = (layout.stroke / 2.0, layout.stroke);
    let (columns, rows) = (layout.samples.0.div_ceil(1 << shift_x), layout.samples.1.div_ceil(1 << shift_y));
    let soft = sx.max(sy);
    let coverage = |distance: f32, half: f32| ((half - distance.abs()) / soft + 0.5).clamp(0.0, 1.0) * 255.0;
    let mut dots = Vec::new();
    for row in 0..rows {
        let y = (row as f32 + 0.5) * sy;
        // Only the columns between a smaller and a larger oval are looked at.
        let (inner, outer) = (layout.half_width(y, -2.0 * edge), layout.half_width(y, 2.0 * edge));
        let column = |x: f32| ((x / sx).round().max(0.0) as usize).min(columns);
        let left = column(layout.oval.x - outer - sx)..column(layout.oval.x - inner);
        let right = column(layout.oval.x + inner).max(left.end)..column(layout.oval.x + outer + sx);
        for column in left.chain(right) {
            let x = (column as f32 + 0.5) * sx;
            let distance = layout.outside(x, y);
            let (core, edge) = (coverage(distance, core) as u8, coverage(distance, edge) as u8);
            if edge > 0 {
                let (u, v) = ((x - layout.oval.x) / layout.oval.rx, (y - layout.oval.y) / layout.oval.ry);
                let turn = (u.atan2(-v) / TAU).rem_euclid(1.0);
                dots.push(Dot { row: row as u32, column: column as u32, edge, core, turn });
            }
        }
    }
    dots
}
