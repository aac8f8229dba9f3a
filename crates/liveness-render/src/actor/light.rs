//! The light of the screen before the person: patterns that come with a display's latency.

use std::collections::VecDeque;

use super::earlier::Earlier;
use crate::camera::decode;
use crate::{ScreenLight, ScreenSize};
use liveness_core::random::Random;

/// What the screen is to show from a time on, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub at: f64,
    pub rows: usize,
    pub columns: usize,
    /// 0xRRGGBB in sRGB, row by row from the top left as the person facing the screen sees it; none: the light is off.
    pub colors: Vec<u32>,
}

impl Pattern {
    /// One that fits its grid, or is off.
    pub fn new(at: f64, rows: usize, columns: usize, colors: Vec<u32>) -> Option<Self> {
        (rows.checked_mul(columns) == Some(colors.len())).then_some(Self { at, rows, columns, colors })
    }

    pub const fn off(at: f64) -> Self {
        Self { at, rows: 0, columns: 0, colors: Vec::new() }
    }

    fn light(self, size: ScreenSize) -> Option<ScreenLight> {
        let cells: Vec<_> = self.colors.into_iter().map(linear).collect();
        let lit = ScreenLight { rows: self.rows, columns: self.columns, cells, ..ScreenLight::new(size) };
        (!lit.cells.is_empty()).then_some(lit)
    }
}

fn linear(color: u32) -> [f32; 3] {
    [16, 8, 0].map(|shift| decode((color >> shift & 0xff) as u8))
}

/// More patterns than this are not kept waiting.
const MOST: usize = 64;

/// What one screen shows over time.
#[derive(Clone, Debug)]
pub struct Display {
    size: ScreenSize,
    /// Seconds.
    latency: f64,
    waiting: VecDeque<Pattern>,
    light: Option<ScreenLight>,
    /// When it was last switched on, in seconds.
    since: f64,
}

impl Display {
    pub fn new(size: ScreenSize, latency: f64) -> Self {
        Self { size, latency, waiting: VecDeque::new(), light: None, since: 0.0 }
    }

    pub fn show(&mut self, pattern: Pattern) {
        if self.waiting.len() < MOST {
            self.waiting.push_back(pattern);
        }
    }

    /// Goes on to this time, in seconds.
    pub fn advance(&mut self, time: f64) {
        while self.waiting.front().is_some_and(|p| p.at + self.latency <= time) {
            let Some(pattern) = self.waiting.pop_front() else { break };
            if self.light.is_none() {
                self.since = pattern.at + self.latency;
            }
            self.light = pattern.light(self.size);
        }
    }

    pub fn light(&self) -> Option<&ScreenLight> {
        self.light.as_ref()
    }
}

/// How much later than the light an attacker has taken its colour over into a video, in seconds.
const IMITATED: f64 = 0.1;

/// The screen before the camera today, that screen as an attacker's program follows it, and the one before which a
/// recording was made: at best the attacker starts the recording with today's light.
#[derive(Clone, Debug)]
pub struct Lights {
    pub today: Display,
    pub imitated: Display,
    recorded: Display,
    /// There is a pattern of the recording's own.
    known: bool,
    earlier: Earlier,
    guessed: Option<ScreenLight>,
}

impl Lights {
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

    pub fn show(&mut self, pattern: Pattern) {
        self.imitated.show(pattern.clone());
        self.today.show(pattern);
    }

    /// What the recording was lit by, instead of a code made up for it.
    pub fn record(&mut self, pattern: Pattern) {
        self.known = true;
        self.recorded.show(pattern);
    }

    pub fn advance(&mut self, time: f64) {
        for display in [&mut self.today, &mut self.imitated, &mut self.recorded] {
            display.advance(time);
        }
        let Display { light, since, .. } = &self.today;
        self.guessed = light.as_ref().map(|light| self.earlier.light(light, time - since));
    }

    pub fn recorded(&self) -> Option<&ScreenLight> {
        if self.known { self.recorded.light() } else { self.guessed.as_ref() }
    }
}
