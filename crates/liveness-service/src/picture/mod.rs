// SPDX-License-Identifier: MIT OR Apache-2.0

//! The annotated picture of a check: the frame with boxes, landmarks and head axes, and the result below it.
//!
//! The drawing is SVG, which GStreamer's `rsvgoverlay` renders over the frame. It provides smooth lines and
//! real text with little code.

mod axis;
mod face;
mod layout;
pub mod light;
pub mod metadata;
mod panel;
pub mod svg;
mod timeline;

use std::path::Path;

use gst::prelude::*;
use liveness_core::session::{LivenessCheck, Status, Thresholds};
use liveness_core::vision::{Point, Rect};

use super::failure::Failure;
use super::input::Open;
use super::provenance::Provenance;
use super::seen::{Moment, Shot};
use super::whole;
use face::Inset;
use layout::{Layout, View};
use svg::{Font, Svg};

/// Time-out for rendering a frame, which takes a fraction of a second.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(20);
/// GStreamer elements needed for pictures.
const ELEMENTS: [&str; 5] = ["rsvgoverlay", "videobox", "videocrop", "videoscale", "pngenc"];

/// Checks that the GStreamer elements for pictures are installed.
///
/// # Errors
/// An element is missing.
pub fn available() -> Result<(), Failure> {
    match ELEMENTS.into_iter().find(|name| gst::ElementFactory::find(name).is_none()) {
        None => Ok(()),
        Some(name) => Err(Failure::unavailable(format!(
            "--picture needs the GStreamer element {name}; install gstreamer1.0-plugins-good and -bad"
        ))),
    }
}

/// Writes the annotated picture as PNG.
///
/// # Errors
/// The picture cannot be rendered, or the file cannot be written.
pub fn save(
    path: &Path,
    shot: &Shot,
    moments: &[Moment],
    check: &LivenessCheck,
    thresholds: Thresholds,
    origin: &Provenance,
) -> Result<(), Failure> {
    let challenges = &check.evidence.challenges;
    let below = timeline::height(challenges);
    let layout = Layout::of(shot.observation.width, shot.observation.height, below);
    let mut svg = draw(shot, &layout, accent(check.status), check, thresholds)?;
    timeline::draw(&mut svg, moments, challenges, &layout);
    imprint(&mut svg, &layout, origin);
    let png = render(&shot.frame, &layout, &svg.finish())?;
    whole::write(path, &metadata::in_png(png, origin))
}

fn draw(
    shot: &Shot,
    layout: &Layout,
    accent: &str,
    check: &LivenessCheck,
    thresholds: Thresholds,
) -> Result<Svg, Failure> {
    let mut svg = Svg::new(layout.width, layout.height);
    let small =
        shot.observation.primary().and_then(|(face, mesh)| Some((face, mesh, layout.inset(&face.bbox)?)));
    face::draw(&mut svg, shot, layout, accent, small.is_some());
    if let Some((face, mesh, view)) = small {
        let picture = magnify(&shot.frame, &view, &layout.frame.part)?;
        face::draw_inset(&mut svg, face, mesh, layout, Inset { view, picture: &picture, accent });
    }
    panel::draw(&mut svg, shot, check, layout, accent, thresholds);
    Ok(svg)
}

/// Draws the lines of the origin at the bottom.
fn imprint(svg: &mut Svg, layout: &Layout, origin: &Provenance) {
    let (width, height, scale) = (f64::from(layout.width), f64::from(layout.height), layout.panel_scale);
    let tall = layout::IMPRINT * scale;
    svg.rect([0.0, height - tall, width, tall + 2.0], 0.0, panel::GROUND, 1.0);
    let font = Font::new(panel::SMALL_PRINT * scale, panel::SOFT);
    for (i, line) in origin.lines().iter().enumerate() {
        let top = height - tall + panel::SMALL_PRINT * scale * (1.1 + 1.4 * i as f64);
        svg.text((panel::MARGIN * scale, top), line, &font);
    }
}

/// Returns the colour of a status.
const fn accent(status: Status) -> &'static str {
    match status {
        Status::Approved => "#34d399",
        Status::Declined | Status::KycExpired => "#f87171",
        Status::InReview => "#fbbf24",
        Status::NotStarted | Status::InProgress | Status::Abandoned => "#94a3b8",
    }
}

/// Scales and pads the frame as `layout` defines, adds the drawing, and returns the result as PNG.
fn render(frame: &gst::Sample, layout: &Layout, svg: &str) -> Result<Vec<u8>, Failure> {
    let Layout {
        width, height, frame: View { x: left, width: frame_width, height: frame_height, .. }, ..
    } = *layout;
    let below = height - frame_height;
    let right = width - frame_width - left;
    let open = Open::sample(
        frame,
        &format!(
            "videoconvert ! videoscale method=lanczos add-borders=false \
             ! video/x-raw,format=BGRA,width={frame_width},height={frame_height},pixel-aspect-ratio=1/1 \
             ! videobox left=-{left} right=-{right} bottom=-{below} ! video/x-raw,width={width},height={height} \
             ! rsvgoverlay name=drawing ! videoconvert ! video/x-raw,format=RGB ! pngenc"
        ),
    )?;
    open.element("drawing")?.set_property("data", svg);
    png(open)
}

/// Returns a part of the frame as PNG, scaled to the size of `view`. `whole` is the frame in square pixels,
/// the coordinates of the part.
fn magnify(frame: &gst::Sample, view: &View, whole: &Rect) -> Result<Vec<u8>, Failure> {
    let View { part, width, height, .. } = view;
    let info = frame.caps().and_then(|caps| gst_video::VideoInfo::from_caps(caps).ok());
    let info = info.ok_or_else(|| Failure::internal("the frame has no size"))?;
    // `videocrop` counts the frame's own samples, which may not be square.
    let (columns, rows) = (info.width() as f32, info.height() as f32);
    let part = part.scaled(Point::new(columns / whole.width, rows / whole.height));
    let (left, top) = (part.x.max(0.0) as u32, part.y.max(0.0) as u32);
    let right = info.width().saturating_sub(left + part.width.ceil() as u32);
    let bottom = info.height().saturating_sub(top + part.height.ceil() as u32);
    png(Open::sample(
        frame,
        &format!(
            "videoconvert ! video/x-raw,format=RGB ! videocrop left={left} top={top} right={right} bottom={bottom} \
             ! videoscale method=lanczos add-borders=false \
             ! video/x-raw,width={width},height={height},pixel-aspect-ratio=1/1 ! pngenc"
        ),
    )?)
}

/// Runs a pipeline and returns its PNG.
fn png(open: Open) -> Result<Vec<u8>, Failure> {
    let picture =
        open.first(TIMEOUT).map_err(|failure| Failure::internal(failure.text).about("the picture"))?;
    let png = picture.buffer().and_then(|buffer| buffer.map_readable().ok()).map(|png| png.to_vec());
    png.ok_or_else(|| Failure::internal("the picture is empty"))
}
