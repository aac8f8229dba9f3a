// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ready screen: what the check is, the warning of its light, how it starts and the way without light.

use super::caption::{Sentence, Sheet, rounded};
use super::layout::Layout;
use super::mask::Mask;
use super::pictogram;
use super::view::{Prompt, Ready};
use liveness_core::locale::Language;
use liveness_core::vision::PixelFormat;

/// Opacity of the plate, 0–255.
const PLATE: u8 = 235;
/// Margins of the plate, of the frame's width and height.
const MARGIN: f32 = 0.04;
/// Width of the sentences, of the frame's.
const WIDTH: f32 = 0.84;
/// Letters of the heading and of the others, of the frame's shorter side.
const HEADING: f32 = 1.0 / 12.0;
const LETTERS: f32 = 1.0 / 17.0;
/// Bands, of the frame's height: from and to.
const TITLE: (f32, f32) = (0.07, 0.2);
const BUTTON: (f32, f32) = (0.78, 0.93);
/// The warning and how to start, above the button and without one.
const ABOVE_BUTTON: [(f32, f32); 2] = [(0.22, 0.56), (0.59, 0.75)];
const WITHOUT_BUTTON: [(f32, f32); 2] = [(0.22, 0.67), (0.71, 0.9)];
/// The start without a warning and a button.
const START_ALONE: (f32, f32) = (0.35, 0.65);
/// The pictogram of the warning, of the frame's shorter side, and the gap beside it.
const SIGN: f32 = 0.12;
const GAP: f32 = 0.03;

/// A choice on the ready screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Start,
    /// Start without light.
    Calm,
}

/// Returns the choice at a height on the ready screen, from 0 at the top to 1 at the bottom. All but the button starts the
/// check as it is.
pub fn choice_at(ready: Ready, height: f64) -> Choice {
    let (top, bottom) = (f64::from(BUTTON.0), f64::from(BUTTON.1));
    if ready.calm && (top..=bottom).contains(&height) { Choice::Calm } else { Choice::Start }
}

/// The masks of one ready screen.
#[derive(Debug)]
pub(super) struct Panel {
    pub plate: Mask,
    pub letters: Mask,
    pub buttons: Mask,
    pub warning: Mask,
}

/// A sentence in its place.
struct Line {
    sentence: Sentence,
    /// Middle of its lines.
    x: f64,
    top: f64,
}

impl Line {
    /// In the middle of a band, in letters of `letters` of the shorter side, beside `sign` pixels where lines begin.
    fn new(
        text: &str,
        language: Language,
        layout: &Layout,
        letters: f32,
        (from, to): (f32, f32),
        sign: f32,
    ) -> Self {
        let (width, height) = (layout.width as f32, layout.height as f32);
        let room = (WIDTH * width - sign, (to - from) * height);
        let sentence = Sentence::fitted(text, language, letters * width.min(height), |_| room);
        let aside = if language.is_right_to_left() { -sign } else { sign };
        let x = f64::from((width + aside) / 2.0);
        let top = f64::from(height * (from + to) / 2.0) - sentence.height / 2.0;
        Self { sentence, x, top }
    }

    fn draw(&self, cr: &cairo::Context) {
        self.sentence.draw_centered(cr, self.x, self.top);
    }
}

impl Panel {
    /// # Errors
    /// Cairo has no memory.
    pub fn new(
        ready: Ready,
        language: Language,
        layout: &Layout,
        format: PixelFormat,
    ) -> Result<Self, cairo::Error> {
        let (width, height) = (layout.width as f64, layout.height as f64);
        let sheet = Sheet::centered((width / 2.0, height / 2.0), (width, height), layout, format);
        let margin = f64::from(MARGIN);
        let plate = sheet.draw(PLATE, |cr| {
            cr.translate(margin * width, margin * height);
            let (width, height) = ((1.0 - 2.0 * margin) * width, (1.0 - 2.0 * margin) * height);
            rounded(cr, width, height, 0.04 * width.min(height));
            cr.fill()
        })?;
        let lines = lines(ready, language, layout);
        let letters = sheet.draw(255, |cr| {
            lines.iter().for_each(|line| line.draw(cr));
            Ok(())
        })?;
        let buttons = sheet.draw(255, |cr| if ready.calm { button(cr, layout) } else { Ok(()) })?;
        let warning =
            sheet.draw(255, |cr| if ready.light { sign(cr, ready, language, layout) } else { Ok(()) })?;
        Ok(Self { plate, letters, buttons, warning })
    }
}

/// Bands of the warning and of how to start.
const fn bands(ready: Ready) -> [(f32, f32); 2] {
    if ready.calm { ABOVE_BUTTON } else { WITHOUT_BUTTON }
}

/// The sentences of a ready screen, each in its place.
fn lines(ready: Ready, language: Language, layout: &Layout) -> Vec<Line> {
    let words = &language.words().ready;
    let how = if ready.face { &words.face } else { &words.touch };
    let line = |text: &str, letters, band, sign| Line::new(text, language, layout, letters, band, sign);
    let [warning, below] = bands(ready);
    let start = if ready.light || ready.calm { below } else { START_ALONE };
    let mut lines =
        vec![line(words.title.on_screen(), HEADING, TITLE, 0.0), line(how.on_screen(), LETTERS, start, 0.0)];
    if ready.light {
        let ask = if ready.calm { "" } else { words.ask.on_screen() };
        let text = format!("{} {ask}", words.warning.on_screen());
        let sign = (SIGN + GAP) * layout.width.min(layout.height) as f32;
        lines.push(line(text.trim_end(), LETTERS, warning, sign));
    }
    if ready.calm {
        let (from, to) = BUTTON;
        lines.push(line(words.calm.on_screen(), LETTERS, (from + 0.02, to - 0.02), 0.0));
    }
    lines
}

/// The frame of the button that starts without light.
fn button(cr: &cairo::Context, layout: &Layout) -> Result<(), cairo::Error> {
    let (width, height) = (layout.width as f64, layout.height as f64);
    let (top, bottom) = (f64::from(BUTTON.0) * height, f64::from(BUTTON.1) * height);
    let across = (f64::from(WIDTH) + 0.05) * width;
    cr.translate((width - across) / 2.0, top);
    rounded(cr, across, bottom - top, 0.2 * (bottom - top));
    cr.set_line_width((width.min(height) / 160.0).max(2.0));
    cr.stroke()
}

/// The pictogram where the warning's lines begin.
fn sign(cr: &cairo::Context, ready: Ready, language: Language, layout: &Layout) -> Result<(), cairo::Error> {
    let (width, height) = (layout.width as f64, layout.height as f64);
    let side = f64::from(SIGN) * width.min(height);
    let [(top, bottom), _] = bands(ready);
    let middle = f64::from(top + bottom) / 2.0 * height;
    let margin = (1.0 - f64::from(WIDTH)) / 2.0 * width;
    let x = if language.is_right_to_left() { width - margin - side } else { margin };
    cr.translate(x, middle - side / 2.0);
    cr.scale(side, side);
    pictogram::draw(cr, Prompt::Ready(Ready::default()))
}

#[cfg(test)]
mod tests {
    use super::super::caption::readable;
    use super::super::layout::SCREEN_SIZES;
    use super::*;

    fn all() -> impl Iterator<Item = Ready> {
        (0..8).map(|i| Ready { light: i & 1 > 0, calm: i & 2 > 0, face: i & 4 > 0 })
    }

    #[test]
    fn the_ready_screen_has_room_for_its_warning_in_every_language() {
        for (width, height) in SCREEN_SIZES {
            let layout = Layout::new(width, height);
            let least = width.min(height) as f32 / 30.0;
            for (language, ready) in readable().flat_map(|l| all().map(move |ready| (l, ready))) {
                let lines = lines(ready, language, &layout);
                for (i, line) in lines.iter().enumerate() {
                    let what = format!("{language:?} {ready:?} line {i} at {width}×{height}");
                    assert!(line.sentence.is_whole() && line.sentence.size() >= least, "{what}");
                    let (top, bottom) = (line.top, line.top + line.sentence.height);
                    for other in &lines[..i] {
                        let apart = bottom <= other.top || other.top + other.sentence.height <= top;
                        assert!(apart, "{what} overlaps");
                    }
                    assert!(top >= 0.05 * height as f64 && bottom <= 0.94 * height as f64, "{what}");
                }
            }
        }
    }

    #[test]
    fn only_the_button_starts_without_light_and_only_where_it_is() {
        let offered = Ready { calm: true, light: true, face: false };
        for (height, choice) in
            [(0.1, Choice::Start), (0.7, Choice::Start), (0.85, Choice::Calm), (0.99, Choice::Start)]
        {
            assert_eq!(choice_at(offered, height), choice, "{height}");
            assert_eq!(choice_at(Ready { calm: false, ..offered }, height), Choice::Start);
        }
    }
}
