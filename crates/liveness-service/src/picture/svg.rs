// SPDX-License-Identifier: MIT OR Apache-2.0

//! A writer for the SVG shapes that the pictures use.

use std::fmt::Write;

/// An SVG document.
pub struct Svg {
    text: String,
}

impl Svg {
    /// Starts a document of this size in pixels.
    pub fn new(width: u32, height: u32) -> Self {
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"Inter, DejaVu Sans, sans-serif\">"
        );
        Self { text }
    }

    /// Completes the document and returns its text.
    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }

    /// Adds trusted markup. Text from outside must be escaped first.
    pub fn add(&mut self, markup: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(markup);
        self.text.push('\n');
    }

    /// Adds a filled circle.
    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: &str, opacity: f64) {
        self.add(format_args!(
            "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius:.2}\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>"
        ));
    }

    /// Adds a filled rectangle with rounded corners.
    pub fn rect(&mut self, [x, y, width, height]: [f64; 4], radius: f64, colour: &str, opacity: f64) {
        self.add(format_args!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" rx=\"{radius:.2}\" \
             fill=\"{colour}\" fill-opacity=\"{opacity}\"/>"
        ));
    }

    /// Adds an open path. `d` holds its commands.
    pub fn path(&mut self, d: &str, colour: &str, width: f64, opacity: f64) {
        self.add(format_args!(
            "<path d=\"{d}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width:.2}\" \
             stroke-opacity=\"{opacity}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
        ));
    }

    /// Adds a line of text with its baseline at `y`. Escapes the content.
    pub fn text(&mut self, (x, y): (f64, f64), content: &str, font: &Font) {
        let Font { size, weight, colour, anchor } = font;
        self.add(format_args!(
            "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{size:.2}\" font-weight=\"{weight}\" fill=\"{colour}\" \
             text-anchor=\"{anchor}\">{}</text>",
            escaped(content)
        ));
    }
}

/// The font of a text.
#[derive(Clone, Copy)]
pub struct Font<'a> {
    /// Size, in units of the drawing.
    pub size: f64,
    /// SVG's `font-weight`.
    pub weight: &'a str,
    /// Colour as in CSS.
    pub colour: &'a str,
    /// SVG's `text-anchor`.
    pub anchor: &'a str,
}

impl<'a> Font<'a> {
    /// Creates a font of normal weight for left-aligned text.
    pub const fn new(size: f64, colour: &'a str) -> Self {
        Self { size, weight: "normal", colour, anchor: "start" }
    }

    /// Returns the font in bold.
    pub const fn bold(self) -> Self {
        Self { weight: "bold", ..self }
    }

    /// Returns the font for centred text.
    pub const fn centred(self) -> Self {
        Self { anchor: "middle", ..self }
    }

    /// Returns the font for right-aligned text.
    pub const fn to_the_left(self) -> Self {
        Self { anchor: "end", ..self }
    }
}

/// Escapes text for use in markup.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
        .replace('"', "&quot;")
}
