// SPDX-License-Identifier: MIT OR Apache-2.0

//! The screen in front of the person.

/// The size of the screen that the person faces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ScreenSize {
    /// 7 × 15 cm, upright.
    Phone,
    /// 31 × 17 cm.
    Laptop,
    /// 24″: 53 × 30 cm.
    #[default]
    Desktop,
    /// 60 × 106 cm, upright.
    Kiosk,
}

impl ScreenSize {
    /// Returns the width and the height in metres.
    pub const fn metres(self) -> [f32; 2] {
        match self {
            Self::Phone => [0.07, 0.15],
            Self::Laptop => [0.31, 0.17],
            Self::Desktop => [0.53, 0.30],
            Self::Kiosk => [0.60, 1.06],
        }
    }

    /// Returns the light of the screen, all white, on a face `distance` metres in front of the camera, in multiples of
    /// the light of a room with [`Setting::ambient`](super::Setting::ambient) 1.
    pub fn light(self, distance: f32) -> f32 {
        const FINE: usize = 32;
        let given = |size: Self, distance: f32| {
            let [width, height] = size.metres();
            let spot = |i: usize| {
                let (u, v) = ((i % FINE) as f32 + 0.5, (i / FINE) as f32 + 0.5);
                let (x, y) = (width * (u / FINE as f32 - 0.5), height * v / FINE as f32 + BELOW);
                distance.powi(2) / (x * x + y * y + distance.powi(2)).powi(2)
            };
            size.luminance() * width * height * (0..FINE * FINE).map(spot).sum::<f32>()
        };
        given(self, distance) / given(Self::Desktop, 0.5)
    }

    /// Returns the luminance of white relative to a desktop screen (about 300 cd/m²). Phones are brighter, for
    /// daylight.
    const fn luminance(self) -> f32 {
        match self {
            Self::Phone => 1.6,
            Self::Laptop | Self::Desktop => 1.0,
            Self::Kiosk => 1.2,
        }
    }
}

/// The screen as an area light: a grid of cells below the camera, which is at the middle of the upper edge.
#[derive(Clone, Debug, PartialEq)]
pub struct ScreenLight {
    /// Number of rows of cells.
    pub rows: usize,
    /// Number of columns of cells.
    pub columns: usize,
    /// Linear R, G and B of each cell, 0 to 1, row by row from the top left as the person sees it.
    pub cells: Vec<[f32; 3]>,
    /// Width in metres.
    pub width: f32,
    /// Height in metres.
    pub height: f32,
    /// Luminance of white. At 1, the default screen, all white, gives a face at 0.5 m as much light as a room with
    /// [`Setting::ambient`](super::Setting::ambient) 1.
    pub luminance: f32,
}

impl ScreenLight {
    /// Creates a screen without cells.
    pub fn new(size: ScreenSize) -> Self {
        let [width, height] = size.metres();
        Self { rows: 0, columns: 0, cells: Vec::new(), width, height, luminance: size.luminance() }
    }

    /// Returns the colour of the cell at a place in the screen's plane, in metres as the camera sees it. Returns `None`
    /// outside of the screen.
    pub(super) fn at(&self, x: f32, y: f32) -> Option<[f32; 3]> {
        // The first column is at the person's left, which is the picture's right.
        let (u, v) = (0.5 - x / self.width, -(y + BELOW) / self.height);
        let inside = (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v);
        let (row, column) = ((v * self.rows as f32) as usize, (u * self.columns as f32) as usize);
        self.cells.get(row * self.columns + column).filter(|_| inside).copied()
    }
}

/// Distance from the camera to the screen's upper edge, in metres.
pub(super) const BELOW: f32 = 0.01;

impl Default for ScreenLight {
    /// Creates a 24″ screen without cells.
    fn default() -> Self {
        Self::new(ScreenSize::Desktop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_and_nearer_screens_give_more_light() {
        assert!((ScreenSize::Desktop.light(0.5) - 1.0).abs() < 1e-6);
        let lights = [ScreenSize::Phone, ScreenSize::Laptop, ScreenSize::Desktop, ScreenSize::Kiosk]
            .map(|size| size.light(0.4));
        assert!(lights.is_sorted(), "{lights:?}");
        // A small screen far away is a point light: its light falls with the square of the distance.
        let ratio = ScreenSize::Phone.light(1.0) / ScreenSize::Phone.light(2.0);
        assert!((ratio - 4.0).abs() < 0.1, "{ratio}");
    }
}
