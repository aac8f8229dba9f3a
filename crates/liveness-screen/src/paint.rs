// SPDX-License-Identifier: MIT OR Apache-2.0

//! Draws a view over a frame, plane by plane.

use super::caption::Caption;
use super::grid::{Grid, PlaneMut, cover};
use super::ink::{Ink, Inks};
use super::layout::Layout;
use super::light::{LightRow, Pattern};
use super::panel::Panel;
use super::rim::{Rim, RimLook};
use super::view::{Prompt, Ready, Tone, View};
use liveness_core::check::Guidance;
use liveness_core::locale::Language;
use liveness_core::vision::{Colorimetry, PixelFormat};

const DARK: u32 = 0x0b_1220;
const LETTERS: u32 = 0xff_ffff;
/// Opacity of the veil outside the oval, 0–255.
const VEIL: u8 = 150;
/// Number of captions that are kept.
const CAPTIONS: usize = 4;

/// The size, format and colours of the frames of a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    pub format: PixelFormat,
    /// Columns and rows of samples, at least 1.
    pub width: usize,
    pub height: usize,
    /// Width and height of a pixel, as a proportion.
    pub pixel_aspect: (u32, u32),
    pub colorimetry: Colorimetry,
}

/// The settings of the display.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Show the person as a mirror would.
    pub mirror: bool,
    /// Show the light.
    pub flash: bool,
    pub language: Language,
}

/// The screen of one stream.
///
/// ```
/// use liveness_core::check::Guidance;
/// use liveness_screen::{Language, PlaneMut, Prompt, Screen, Spec, Style, View};
/// use liveness_core::vision::{Colorimetry, PixelFormat};
///
/// let spec = Spec {
///     format: PixelFormat::Rgb,
///     width: 320,
///     height: 240,
///     pixel_aspect: (1, 1),
///     colorimetry: Colorimetry::default(),
/// };
/// let mut screen = Screen::new(spec);
/// let mut pixels = vec![128; 3 * 320 * 240];
/// let view = View { prompt: Prompt::Coach(Guidance::MoveCloser), fraction: 0.0, light: None };
/// screen.show(Some(&view), Style { mirror: true, flash: true, language: Language::ENGLISH });
/// screen.paint(0, &mut PlaneMut { data: &mut pixels, stride: 3 * 320 });
/// assert!(pixels[0] < 128, "dimmed outside the oval");
/// ```
#[derive(Debug)]
pub struct Screen {
    spec: Spec,
    layout: Layout,
    grids: Vec<Grid>,
    inks: Inks,
    dark: Ink,
    rim: Rim,
    /// The last few, the newest at the end: coaching often goes to and fro.
    captions: Vec<((Prompt, Language), Option<Caption>)>,
    /// The ready screen that was shown last.
    panel: Option<((Ready, Language), Panel)>,
    mirror: bool,
    shown: Option<Shown>,
}

/// A view made ready.
#[derive(Debug)]
struct Shown {
    /// The ready screen, and nothing else.
    ready: bool,
    rim: RimLook,
    sign: Ink,
    light: Option<Pattern>,
}

impl Screen {
    pub fn new(spec: Spec) -> Self {
        let layout = Layout::of_samples((spec.width, spec.height), spec.pixel_aspect);
        let (grids, inks) = (Grid::all(&spec), Inks::new(&spec));
        let (dark, rim) = (inks.of_rgb(DARK), Rim::new(&layout, &grids));
        Self {
            spec,
            layout,
            grids,
            inks,
            dark,
            rim,
            captions: Vec::new(),
            panel: None,
            mirror: false,
            shown: None,
        }
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Takes what the frames painted from now on are to show; `None`: the picture alone.
    pub fn show(&mut self, view: Option<&View>, style: Style) {
        self.mirror = style.mirror;
        self.shown = view.map(|view| {
            let tone = view.prompt.tone();
            let light = view.light.as_ref().filter(|_| style.flash);
            Shown {
                ready: matches!(view.prompt, Prompt::Ready(_)),
                rim: RimLook::new(&self.inks, tone, view.fraction),
                sign: self.inks.of_rgb(tone.color()),
                light: light.and_then(|cue| Pattern::new(cue, &self.layout)),
            }
        });
        if let Some(View { prompt: Prompt::Ready(ready), .. }) = view {
            self.bring_panel((*ready, style.language));
        } else if let Some(view) = view {
            // Where no light is shown, none is announced.
            let announced = style.flash || view.prompt != Prompt::Light;
            let prompt = if announced { view.prompt } else { Prompt::Coach(Guidance::Ok) };
            self.bring_caption((prompt, style.language));
        }
    }

    fn bring_panel(&mut self, key: (Ready, Language)) {
        if self.panel.as_ref().is_none_or(|(known, _)| *known != key) {
            // Without memory for it, the picture alone is shown.
            let panel = Panel::new(key.0, key.1, &self.layout, self.spec.format).ok();
            self.panel = panel.map(|panel| (key, panel));
        }
    }

    /// Puts the caption at the end of those that are kept.
    fn bring_caption(&mut self, key: (Prompt, Language)) {
        if let Some(at) = self.captions.iter().position(|(known, _)| *known == key) {
            return self.captions[at..].rotate_left(1);
        }
        if self.captions.len() == CAPTIONS {
            self.captions.remove(0);
        }
        // Without memory for letters, the rest is still shown.
        let caption = Caption::new(key.0, key.1, &self.layout, self.spec.format).unwrap_or_default();
        self.captions.push((key, caption));
    }

    /// Draws on one plane of a frame; `false` when the plane is shorter than its frame.
    pub fn paint(&self, plane: usize, pixels: &mut PlaneMut<'_>) -> bool {
        let Some(grid) = self.grids.get(plane).filter(|grid| grid.fits(pixels)) else {
            return false;
        };
        let Some(shown) = &self.shown else {
            if self.mirror {
                rows(grid, pixels).for_each(|(_, row)| grid.mirror(row, 0));
            }
            return true;
        };
        if shown.ready {
            self.ready(grid, pixels, shown.sign);
            return true;
        }
        match &shown.light {
            Some(pattern) => self.light(grid, pixels, pattern),
            None => self.veil(grid, pixels),
        }
        self.rim.lay(grid, pixels, &shown.rim);
        if let Some((_, Some(caption))) = self.captions.last() {
            caption.plates.iter().for_each(|plate| plate.lay(grid, pixels, self.dark));
            caption.letters.lay(grid, pixels, self.inks.of_rgb(LETTERS));
            caption.signs.iter().for_each(|sign| sign.lay(grid, pixels, shown.sign));
        }
        true
    }

    /// The picture under the ready screen.
    fn ready(&self, grid: &Grid, pixels: &mut PlaneMut<'_>, sign: Ink) {
        if self.mirror {
            rows(grid, pixels).for_each(|(_, row)| grid.mirror(row, 0));
        }
        if let Some((_, panel)) = &self.panel {
            panel.plate.lay(grid, pixels, self.dark);
            panel.letters.lay(grid, pixels, self.inks.of_rgb(LETTERS));
            panel.buttons.lay(grid, pixels, sign);
            panel.warning.lay(grid, pixels, self.inks.of_rgb(Tone::Coach.color()));
        }
    }

    /// The light around the oval, the person in it.
    fn light(&self, grid: &Grid, pixels: &mut PlaneMut<'_>, pattern: &Pattern) {
        let mut light = LightRow::new(pattern, grid, &self.inks);
        for (y, row) in rows(grid, pixels) {
            let (y, inset) = self.place(grid, y);
            if self.mirror {
                grid.mirror(row, inset);
            }
            let codes = light.at(y);
            for side in grid.sides(inset) {
                row[side.clone()].copy_from_slice(&codes[side]);
            }
        }
    }

    /// The whole picture, darker outside the oval.
    fn veil(&self, grid: &Grid, pixels: &mut PlaneMut<'_>) {
        let mut veil = vec![255; grid.row_bytes];
        for atoms in &grid.atoms {
            for atom in veil.chunks_exact_mut(atoms.step) {
                atoms.bytes.iter().for_each(|(byte, code)| atom[*byte] = self.dark[*code]);
            }
        }
        for (y, row) in rows(grid, pixels) {
            let (_, inset) = self.place(grid, y);
            if self.mirror {
                grid.mirror(row, 0);
            }
            for side in grid.sides(inset) {
                let codes = &veil[side.clone()];
                row[side].iter_mut().zip(codes).for_each(|(value, code)| *value = cover(*value, *code, VEIL));
            }
        }
    }

    /// The frame's row and the columns at either side of the oval, for a plane's row.
    fn place(&self, grid: &Grid, row: usize) -> (f32, usize) {
        let y = grid.frame_row(row);
        (y, self.layout.inset(y))
    }
}

fn rows<'a>(grid: &Grid, pixels: &'a mut PlaneMut<'_>) -> impl Iterator<Item = (usize, &'a mut [u8])> {
    let (bytes, count) = (grid.row_bytes, grid.rows);
    let stride = pixels.stride.max(bytes);
    pixels.data.chunks_mut(stride).take(count).map(move |row| &mut row[..bytes]).enumerate()
}
