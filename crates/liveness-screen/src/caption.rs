// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sentence with its pictogram on a plate, and the arrow on the ring, as masks.

use pango::prelude::*;

use super::layout::Layout;
use super::mask::Mask;
use super::pictogram;
use super::view::Prompt;
use liveness_core::locale::Language;
use liveness_core::vision::{PixelFormat, Point};

/// Opacity of plate and disc, 0–255.
const PLATE: u8 = 220;
const FONT: &str = "Sans Bold";
/// Of the letters' size: the room around the sentence, and the pictogram's side.
const PADDING: f32 = 0.55;
const PICTOGRAM: f32 = 1.7;
/// Letters shrink by this until the sentence fits, but not below a size that nobody reads.
const SHRINK: f32 = 0.92;
const LEAST_LETTERS: f32 = 8.0;
/// A line may end after these; the last is a zero-width space.
const PHRASE_ENDS: [char; 8] = [' ', '-', '–', '\n', '、', '。', '：', '\u{200b}'];
/// The arrow's disc on the ring, of the frame's shorter side, and the arrow within it.
const DISC: f32 = 0.13;
const ARROW: f64 = 0.56;

/// The picture that is laid on the frame for one prompt.
#[derive(Debug)]
pub(super) struct Caption {
    /// The dark parts: the sentence's plate and the arrow's disc.
    pub plates: Vec<Mask>,
    pub letters: Mask,
    /// The pictogram and the arrow.
    pub signs: Vec<Mask>,
}

/// A sentence set in lines.
pub(super) struct Sentence {
    layout: pango::Layout,
    size: f32,
    width: f64,
    pub height: f64,
    /// A word had to be broken.
    broken: bool,
}

impl Caption {
    /// Renders a prompt; `None` where there is no room.
    ///
    /// # Errors
    /// Cairo has no memory.
    pub fn new(
        prompt: Prompt,
        language: Language,
        layout: &Layout,
        format: PixelFormat,
    ) -> Result<Option<Self>, cairo::Error> {
        if !layout.has_room() {
            return Ok(None);
        }
        let sentence = Sentence::captioned(prompt, language, layout);
        let (size, padding) = (f64::from(sentence.size), f64::from(PADDING * sentence.size));
        let side = f64::from(PICTOGRAM) * size;
        let (width, height) =
            (side + padding + sentence.width + 2.0 * padding, sentence.height.max(side) + padding);
        let sheet = Sheet::centered(
            (layout.width as f64 / 2.0, layout.caption.into()),
            (width, height),
            layout,
            format,
        );
        let plate = sheet.draw(PLATE, |cr| {
            rounded(cr, width, height, 0.8 * padding);
            cr.fill()
        })?;
        // The pictogram stands where the lines begin.
        let (pictogram_x, letters_x) = if language.is_right_to_left() {
            (sentence.width + 2.0 * padding, padding)
        } else {
            (padding, side + 2.0 * padding)
        };
        let letters = sheet.draw(255, |cr| {
            sentence.draw(cr, letters_x, (height - sentence.height) / 2.0);
            Ok(())
        })?;
        let pictogram = sheet.draw(255, |cr| {
            cr.translate(pictogram_x, (height - side) / 2.0);
            cr.scale(side, side);
            pictogram::draw(cr, prompt)
        })?;
        let (disc, arrow) = pointer(prompt, layout, format)?.unzip();
        let plates = std::iter::once(plate).chain(disc).collect();
        let signs = std::iter::once(pictogram).chain(arrow).collect();
        Ok(Some(Self { plates, letters, signs }))
    }
}

impl Sentence {
    /// Beside its pictogram on the caption's plate.
    fn captioned(prompt: Prompt, language: Language, layout: &Layout) -> Self {
        let room = |size: f32| {
            let (width, height) = layout.caption_size;
            (width - (PICTOGRAM + 3.0 * PADDING) * size, height - PADDING * size)
        };
        Self::fitted(&prompt.text(language), language, layout.letters, room)
    }

    /// In the largest letters up to `letters` pixels with which it has room.
    pub fn fitted(text: &str, language: Language, letters: f32, room: impl Fn(f32) -> (f32, f32)) -> Self {
        let mut size = letters;
        loop {
            let (width, height) = room(size);
            let sentence = Self::set(text, language, size, width);
            if sentence.fits(height) || size <= LEAST_LETTERS {
                return sentence;
            }
            size *= SHRINK;
        }
    }

    fn set(text: &str, language: Language, size: f32, most: f32) -> Self {
        let context = pangocairo::FontMap::default().create_context();
        // Languages draw some of the same letters differently.
        context.set_language(Some(&pango::Language::from_string(language.code())));
        let layout = pango::Layout::new(&context);
        let mut font = pango::FontDescription::from_string(FONT);
        font.set_absolute_size(f64::from(size) * f64::from(pango::SCALE));
        layout.set_font_description(Some(&font));
        layout.set_width((most.max(1.0) * pango::SCALE as f32) as i32);
        layout.set_wrap(pango::WrapMode::Word);
        // As text, never as markup.
        layout.set_text(text);
        layout.set_attributes(Some(&whole_phrases(text)));
        let broken = layout.size().0 > layout.width();
        if broken {
            layout.set_attributes(None);
            layout.set_wrap(pango::WrapMode::WordChar);
        }
        let (width, height) = layout.size();
        let pixels = |length: i32| (f64::from(length) / f64::from(pango::SCALE)).ceil();
        let (width, height) = (pixels(width) + 1.0, pixels(height));
        // From here on as wide as the sentence, so that it stands beside its pictogram.
        layout.set_width((width * f64::from(pango::SCALE)) as i32);
        Self { layout, size, width, height, broken }
    }

    /// Draws it with its top left at `x`, `y`.
    fn draw(&self, cr: &cairo::Context, x: f64, y: f64) {
        cr.move_to(x, y);
        pangocairo::functions::show_layout(cr, &self.layout);
    }

    /// Draws it with the middle of its lines at `x`, its top at `y`.
    pub fn draw_centered(&self, cr: &cairo::Context, x: f64, y: f64) {
        self.layout.set_alignment(pango::Alignment::Center);
        self.draw(cr, x - self.width / 2.0, y);
    }

    /// Returns whether it is at most `height` pixels high, in whole words.
    pub fn fits(&self, height: f32) -> bool {
        self.height <= f64::from(height) && !self.broken
    }

    /// Returns whether no word is broken and every letter has a shape.
    #[cfg(test)]
    pub fn is_whole(&self) -> bool {
        !self.broken && self.layout.unknown_glyphs_count() == 0
    }

    /// The height of the letters, in pixels.
    #[cfg(test)]
    pub fn size(&self) -> f32 {
        self.size
    }
}

/// Lets lines break only between phrases: Japanese, which has no spaces, would break within words.
fn whole_phrases(text: &str) -> pango::AttrList {
    let attributes = pango::AttrList::new();
    let mut start = 0;
    for phrase in text.split_inclusive(PHRASE_ENDS) {
        let mut whole = pango::AttrInt::new_allow_breaks(false);
        whole.set_start_index(start);
        start += phrase.len() as u32;
        whole.set_end_index(start);
        attributes.insert(whole);
    }
    attributes
}

/// The languages whose letters an installed font has.
#[cfg(test)]
pub(super) fn readable() -> impl Iterator<Item = Language> {
    Language::all().filter(|language| {
        let title = language.words().ready.title.on_screen();
        let first: String = title.chars().take(1).collect();
        let readable = Sentence::set(&first, *language, 16.0, 100.0).is_whole();
        if !readable {
            eprintln!(
                "skipped {language:?}: no installed font has its letters; scripts/setup.sh installs one"
            );
        }
        readable
    })
}

/// A disc on the ring with an arrow that shows which way to move the head. Before a screen, the person's own left is its
/// left side, whether the picture is mirrored or not.
fn pointer(
    prompt: Prompt,
    layout: &Layout,
    format: PixelFormat,
) -> Result<Option<(Mask, Mask)>, cairo::Error> {
    let Some((across, down)) = pictogram::direction(prompt) else {
        return Ok(None);
    };
    let (oval, side) = (layout.oval, DISC * layout.width.min(layout.height) as f32);
    let x = oval.x + across * oval.rx;
    let y = (oval.y + down * oval.ry).max(0.55 * side);
    let side = f64::from(side);
    let sheet = Sheet::centered((x.into(), y.into()), (side, side), layout, format);
    let disc = sheet.draw(PLATE, |cr| {
        cr.scale(side, side);
        pictogram::disc(cr);
        cr.fill()
    })?;
    let arrow = sheet.draw(255, |cr| {
        cr.scale(side, side);
        cr.translate((1.0 - ARROW) / 2.0, (1.0 - ARROW) / 2.0);
        cr.scale(ARROW, ARROW);
        pictogram::arrow(cr, across.into(), down.into())
    })?;
    Ok(Some((disc, arrow)))
}

pub(super) fn rounded(cr: &cairo::Context, width: f64, height: f64, radius: f64) {
    use std::f64::consts::FRAC_PI_2;
    let corners = [
        (width - radius, radius),
        (width - radius, height - radius),
        (radius, height - radius),
        (radius, radius),
    ];
    for (i, (x, y)) in (-1..).zip(corners) {
        cr.arc(x, y, radius, f64::from(i) * FRAC_PI_2, f64::from(i + 1) * FRAC_PI_2);
    }
    cr.close_path();
}

/// A part of the frame to draw on, at even samples, so that subsampled planes see whole samples. What is drawn is in square
/// pixels.
pub(super) struct Sheet {
    /// In samples.
    x: usize,
    y: usize,
    width: i32,
    height: i32,
    /// The corner of the drawing itself, in samples.
    within: (f64, f64),
    /// Samples per square pixel.
    density: (f64, f64),
    format: PixelFormat,
}

impl Sheet {
    /// About a point, with a width and a height, in square pixels.
    pub fn centered(
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        layout: &Layout,
        format: PixelFormat,
    ) -> Self {
        let Point { x: across, y: down } = layout.density();
        let density = (f64::from(across), f64::from(down));
        let (left, top) = ((x - width / 2.0).max(0.0) * density.0, (y - height / 2.0).max(0.0) * density.1);
        let even = |value: f64| (value / 2.0).floor() * 2.0;
        let (column, row) = (even(left), even(top));
        let within = (left - column, top - row);
        let length = |length: f64| ((length / 2.0).ceil() as i32 + 1) * 2;
        Self {
            x: column as usize,
            y: row as usize,
            width: length(width * density.0),
            height: length(height * density.1),
            within,
            density,
            format,
        }
    }

    pub fn draw(
        &self,
        opacity: u8,
        draw: impl FnOnce(&cairo::Context) -> Result<(), cairo::Error>,
    ) -> Result<Mask, cairo::Error> {
        let mut surface = cairo::ImageSurface::create(cairo::Format::A8, self.width, self.height)?;
        {
            let cr = cairo::Context::new(&surface)?;
            cr.translate(self.within.0, self.within.1);
            cr.scale(self.density.0, self.density.1);
            cr.set_source_rgb(1.0, 1.0, 1.0);
            draw(&cr)?;
        }
        let stride = surface.stride() as usize;
        // The context is gone: nobody else holds the surface.
        let rows = surface.data().map_err(|_| cairo::Error::SurfaceFinished)?;
        Ok(Mask::new(self.format, (self.x, self.y), self.width as usize, stride, &rows, opacity))
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::SCREEN_SIZES;
    use super::*;
    use liveness_core::session::Advice;

    #[test]
    fn arabic_lines_begin_on_the_right_and_others_on_the_left() {
        let prompt = Prompt::Retry(Advice::OnlyAsked);
        for language in readable() {
            let Sentence { layout, width, .. } =
                Sentence::captioned(prompt, language, &Layout::new(1280, 720));
            let starts: Vec<i32> =
                layout.lines_readonly().iter().map(pango::LayoutLine::start_index).collect();
            let edge = if language.is_right_to_left() { width } else { 0.0 };
            for start in starts {
                let x = f64::from(layout.index_to_pos(start).x()) / f64::from(pango::SCALE);
                assert!((x - edge).abs() < 2.0, "{language:?}: {x} of {width}");
            }
        }
    }

    #[test]
    fn japanese_lines_break_between_phrases() {
        let japanese = Language::from_tag("ja").unwrap();
        let text = "指示が出たら、すぐに動いてください";
        let sentence = Sentence::set(text, japanese, 20.0, 230.0);
        let starts: Vec<_> = sentence.layout.lines_readonly().iter().map(|line| line.start_index()).collect();
        assert_eq!(starts, [0, text.find("すぐに").unwrap() as i32]);
        assert!(Sentence::set(text, japanese, 20.0, 60.0).broken);
    }

    #[test]
    fn no_caption_overflows_its_box_in_any_language() {
        for (width, height) in SCREEN_SIZES {
            let layout = Layout::new(width, height);
            // Letters of a thirtieth of the shorter side are read at arm's length.
            let least = width.min(height) as f32 / 30.0;
            for (language, prompt) in readable().flat_map(|l| Prompt::all().map(move |p| (l, p))) {
                let sentence = Sentence::captioned(prompt, language, &layout);
                let what = format!("{language:?} {prompt:?} at {width}×{height}: {} px", sentence.size);
                assert!(
                    sentence.fits(layout.caption_size.1 - PADDING * sentence.size) && sentence.size >= least,
                    "{what}"
                );
                let across = f64::from((PICTOGRAM + 3.0 * PADDING) * sentence.size) + sentence.width;
                assert!(across <= f64::from(layout.caption_size.0) + 1.0, "{what}: {across} wide");
                assert!(!sentence.layout.is_ellipsized(), "{what}");
                assert_eq!(sentence.layout.unknown_glyphs_count(), 0, "{what}");
            }
        }
    }
}
