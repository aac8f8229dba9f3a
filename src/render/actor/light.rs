//! The light of the screen before the person: patterns that come with a display's latency.

use std::collections::VecDeque;

use crate::render::ScreenLight;
use crate::render::random::Random;

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

    /// Another check's pattern in the same grid: each channel of each cell on or off.
    fn redrawn(&self, random: &mut Random) -> Self {
        let color =
            |bits: u64| (0..3).fold(0, |c, i| if bits >> i & 1 == 1 { c | 0xff << (8 * i) } else { c });
        let colors = self.colors.iter().map(|_| color(random.bits())).collect();
        Self { colors, ..self.clone() }
    }

    fn light(self) -> Option<ScreenLight> {
        let cells: Vec<_> = self.colors.into_iter().map(linear).collect();
        let lit = ScreenLight { rows: self.rows, columns: self.columns, cells, ..ScreenLight::default() };
        (!lit.cells.is_empty()).then_some(lit)
    }
}

/// IEC 61966-2-1.
fn linear(color: u32) -> [f32; 3] {
    [16, 8, 0].map(|shift| {
        let v = (color >> shift & 0xff) as f32 / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    })
}

/// More patterns than this are not kept waiting.
const MOST: usize = 64;

/// What one screen shows over time.
#[derive(Clone, Debug)]
pub struct Display {
    /// Seconds.
    latency: f64,
    waiting: VecDeque<Pattern>,
    light: Option<ScreenLight>,
}

impl Display {
    pub fn new(latency: f64) -> Self {
        Self { latency, waiting: VecDeque::new(), light: None }
    }

    pub fn show(&mut self, pattern: Pattern) {
        if self.waiting.len() < MOST {
            self.waiting.push_back(pattern);
        }
    }

    /// Goes on to this time, in seconds.
    pub fn advance(&mut self, time: f64) {
        while self.waiting.front().is_some_and(|p| p.at + self.latency <= time) {
            self.light = self.waiting.pop_front().and_then(Pattern::light);
        }
    }

    pub fn light(&self) -> Option<&ScreenLight> {
        self.light.as_ref()
    }
}

/// The screen before the camera today, and the one before which a recording was made: at best the attacker starts the
/// recording with today's light, so it changes when today's does, but to colours of its own.
#[derive(Clone, Debug)]
pub struct Lights {
    pub today: Display,
    pub recorded: Display,
    random: Random,
}

impl Lights {
    pub fn new(latency: f64, random: Random) -> Self {
        Self { today: Display::new(latency), recorded: Display::new(latency), random }
    }

    pub fn show(&mut self, pattern: Pattern) {
        self.recorded.show(pattern.redrawn(&mut self.random));
        self.today.show(pattern);
    }

    pub fn advance(&mut self, time: f64) {
        self.today.advance(time);
        self.recorded.advance(time);
    }
}
