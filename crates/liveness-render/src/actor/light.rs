// SPDX-License-Identifier: MIT OR Apache-2.0

//! The light of the screen in front of the person: patterns that appear after the display's latency.

use std::collections::VecDeque;

use super::earlier::Earlier;
use crate::camera::decode;
use crate::{ScreenLight, ScreenSize};
use liveness_core::random::Random;

/// A pattern that the screen shows from a time on.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Time in seconds, before the display latency.
    pub at: f64,
    /// Number of rows of cells.
    pub rows: usize,
    /// Number of columns of cells.
    pub columns: usize,
    /// Colours 0xRRGGBB in sRGB, row by row from the top left as the person facing the screen sees it. Empty: no light.
    pub colors: Vec<u32>,
}

impl Pattern {
    /// Creates a pattern. Returns `None` if the number of colours is not `rows` × `columns`.
    pub fn new(at: f64, rows: usize, columns: usize, colors: Vec<u32>) -> Option<Self> {
        (rows.checked_mul(columns) == Some(colors.len())).then_some(Self { at, rows, columns, colors })
    }

    /// Creates a pattern that switches the light off.
    pub const fn off(at: f64) -> Self {
        Self { at, rows: 0, columns: 0, colors: Vec::new() }
    }

    /// Returns the light of the pattern, or `None` if it is off.
    fn light(self, size: ScreenSize) -> Option<ScreenLight> {
        let cells: Vec<_> = self.colors.into_iter().map(linear).collect();
        let lit = ScreenLight { rows: self.rows, columns: self.columns, cells, ..ScreenLight::new(size) };
        (!lit.cells.is_empty()).then_some(lit)
    }
}

/// Returns an sRGB colour as linear R, G and B.
fn linear(color: u32) -> [f32; 3] {
    [16, 8, 0].map(|shift| decode((color >> shift & 0xff) as u8))
}

/// Limit of the waiting patterns; further ones are dropped.
const MOST: usize = 64;

/// One screen over time.
#[derive(Clone, Debug)]
pub struct Display {
    size: ScreenSize,
    /// Latency in seconds.
    latency: f64,
    waiting: VecDeque<Pattern>,
    light: Option<ScreenLight>,
    /// Time at which the light was last switched on, in seconds.
    since: f64,
}

impl Display {
    /// Creates a dark screen. `latency` is in seconds.
    pub fn new(size: ScreenSize, latency: f64) -> Self {
        Self { size, latency, waiting: VecDeque::new(), light: None, since: 0.0 }
    }

    /// Queues a pattern.
    pub fn show(&mut self, pattern: Pattern) {
        if self.waiting.len() < MOST {
            self.waiting.push_back(pattern);
        }
    }

    /// Advances to `time`, in seconds.
    pub fn advance(&mut self, time: f64) {
        while self.waiting.front().is_some_and(|p| p.at + self.latency <= time) {
            let Some(pattern) = self.waiting.pop_front() else { break };
            if self.light.is_none() {
                self.since = pattern.at + self.latency;
            }
            self.light = pattern.light(self.size);
        }
    }

    /// Returns the current light, or `None` if it is off.
    pub fn light(&self) -> Option<&ScreenLight> {
        self.light.as_ref()
    }
}

/// Seconds until an attacker's program has transferred the light's colour to a video.
const IMITATED: f64 = 0.1;

/// Today's screen, an attacker's copy of it, and the screen of a recording. In the attacker's best case, the recording
/// starts with today's light.
#[derive(Clone, Debug)]
pub struct Lights {
    /// Screen in front of the camera today.
    pub today: Display,
    /// Today's screen as an attacker's program follows it.
    pub imitated: Display,
    recorded: Display,
    /// True if the recording has patterns of its own.
    known: bool,
    earlier: Earlier,
    guessed: Option<ScreenLight>,
}

impl Lights {
    /// Creates dark screens. `latency` is in seconds.
    pub fn new(size: ScreenSize, latency: f64, mut random: Random) -> Self {
        Self {
            today: Display::new(size, latency),
            imitated: Display::new(size, latency + IMITATED),
            recorded: Display::new(size, latency),
            known: false,
            earlier: Earlier::new(random.bits()),
            guessed: None,
        }
    }

    /// Queues a pattern for today's screen.
    pub fn show(&mut self, pattern: Pattern) {
        self.imitated.show(pattern.clone());
        self.today.show(pattern);
    }

    /// Queues a pattern for the screen of the recording, which replaces the made-up code.
    pub fn record(&mut self, pattern: Pattern) {
        self.known = true;
        self.recorded.show(pattern);
    }

    /// Advances to `time`, in seconds.
    pub fn advance(&mut self, time: f64) {
        for display in [&mut self.today, &mut self.imitated, &mut self.recorded] {
            display.advance(time);
        }
        let Display { light, since, .. } = &self.today;
        self.guessed = light.as_ref().map(|light| self.earlier.light(light, time - since));
    }

    /// Returns the light in the recording.
    pub fn recorded(&self) -> Option<&ScreenLight> {
        if self.known { self.recorded.light() } else { self.guessed.as_ref() }
    }
}
