//! The few shapes of SVG that the picture takes.

use std::fmt::Write;

pub struct Svg {
    text: String,
}

impl Svg {
    pub fn new(width: u32, height: u32) -> Self {
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"Inter, DejaVu Sans, sans-serif\">"
        );
        Self { text }
    }

    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }

    /// Any markup of our own; never text from outside.
    pub fn add(&mut self, markup: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(markup);
        self.text.push('\n');
    }

    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: &str, opacity: f64) {
        self.add(format_args!(
            "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius:.2}\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>"
        ));
    }

    pub fn rect(&mut self, [x, y, width, height]: [f64; 4], radius: f64, colour: &str, opacity: f64) {
        self.add(format_args!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" rx=\"{radius:.2}\" \
             fill=\"{colour}\" fill-opacity=\"{opacity}\"/>"
        ));
    }

    /// An open path.
    pub fn path(&mut self, d: &str, colour: &str, width: f64, opacity: f64) {
        self.add(format_args!(
            "<path d=\"{d}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width:.2}\" \
             stroke-opacity=\"{opacity}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
        ));
    }

    pub fn text(&mut self, (x, y): (f64, f64), content: &str, font: &Font) {
        let Font { size, weight, colour, anchor } = font;
        self.add(format_args!(
            "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{size:.2}\" font-weight=\"{weight}\" fill=\"{colour}\" \
             text-anchor=\"{anchor}\">{}</text>",
            escaped(content)
        ));
    }
}

#[derive(Clone, Copy)]
pub struct Font<'a> {
    pub size: f64,
    pub weight: &'a str,
    pub colour: &'a str,
    pub anchor: &'a str,
}

impl<'a> Font<'a> {
    pub const fn new(size: f64, colour: &'a str) -> Self {
        Self { size, weight: "normal", colour, anchor: "start" }
    }

    pub const fn bold(self) -> Self {
        Self { weight: "bold", ..self }
    }

    pub const fn centred(self) -> Self {
        Self { anchor: "middle", ..self }
    }

    pub const fn to_the_left(self) -> Self {
        Self { anchor: "end", ..self }
    }
}

/// Text from outside as markup that shows it.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
        .replace('"', "&quot;")
}
