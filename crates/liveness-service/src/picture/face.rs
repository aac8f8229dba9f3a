// SPDX-License-Identifier: MIT OR Apache-2.0

//! The drawing over the frame: boxes, landmarks and head axes.

use liveness_core::face::{FACE_OVAL, FaceMesh, FaceObservation, HeadPose, Mesh, index};
use liveness_core::vision::{Point, Rect};
use nalgebra::Rotation3;

use super::layout::{Layout, View};
use super::svg::{Font, Svg};
use crate::seen::Shot;

const DOT: &str = "#e0fbff";
const IRIS: &str = "#22d3ee";
/// Drawn under light lines to make them visible on bright frames.
const SHADOW: &str = "#020617";
/// Colours of the axes to the head's own left, top and front.
const AXES: [&str; 3] = ["#fb7185", "#4ade80", "#60a5fa"];

/// Eyelids and lips, as chains of landmarks.
const CONTOURS: [&[usize]; 4] = [
    &[33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7, 33],
    &[263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249, 263],
    &[61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61],
    &[78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78],
];

/// A view of the frame that is drawn on.
struct Canvas<'a> {
    svg: &'a mut Svg,
    view: View,
}

/// Draws the faces found in the frame. If the face is `magnified` elsewhere, omits its landmarks and axes.
pub fn draw(svg: &mut Svg, shot: &Shot, layout: &Layout, accent: &str, magnified: bool) {
    let mut canvas = Canvas { svg, view: layout.frame };
    canvas.clip("frame", 0.0);
    for other in shot.observation.faces.iter().skip(1) {
        canvas.corners(&other.bbox, "#cbd5e1", 0.6);
    }
    if let Some(face) = shot.observation.faces.first() {
        if let Some(mesh) = &face.mesh {
            canvas.contours(&mesh.mesh);
            if !magnified {
                canvas.dots(&mesh.mesh);
                canvas.axes(mesh);
            }
        }
        canvas.corners(&face.bbox, accent, 1.0);
        canvas.tag(face, accent, layout.panel_scale);
    }
    canvas.end();
}

/// Draws the magnified view of a face.
pub fn draw_inset(svg: &mut Svg, face: &FaceObservation, mesh: &FaceMesh, layout: &Layout, inset: Inset<'_>) {
    let Inset { view, picture, accent } = inset;
    let radius = 0.05 * f64::from(view.width);
    leader(svg, &layout.frame, &face.bbox, &view, accent);
    let mut canvas = Canvas { svg, view };
    canvas.clip("inset", radius);
    let View { x, y, width, height, .. } = view;
    let data = glib::base64_encode(picture);
    canvas.svg.add(format_args!(
        "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
         href=\"data:image/png;base64,{data}\"/>"
    ));
    canvas.contours(&mesh.mesh);
    canvas.dots(&mesh.mesh);
    canvas.axes(mesh);
    canvas.end();
    svg.add(format_args!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius:.1}\" fill=\"none\" \
         stroke=\"{accent}\" stroke-width=\"4\"/>"
    ));
}

/// The magnified view of a face.
pub struct Inset<'a> {
    /// Part of the frame and its position.
    pub view: View,
    /// The part as PNG.
    pub picture: &'a [u8],
    /// Colour of the border.
    pub accent: &'a str,
}

/// Draws two thin lines from the face's box to its magnified view.
fn leader(svg: &mut Svg, frame: &View, bbox: &Rect, inset: &View, accent: &str) {
    let (left, top) = frame.place(Point::new(bbox.x, bbox.y));
    let (right, bottom) = frame.place(Point::new(bbox.x + bbox.width, bbox.y + bbox.height));
    let (x, y) = (f64::from(inset.x), f64::from(inset.y));
    let side = f64::from(inset.width);
    // The lines connect the two pairs of corners that lie off the line between the boxes' centres.
    let falling = (x + side / 2.0 > (left + right) / 2.0) == (y + side / 2.0 > (top + bottom) / 2.0);
    let lines = if falling {
        [[(right, top), (x + side, y)], [(left, bottom), (x, y + side)]]
    } else {
        [[(left, top), (x, y)], [(right, bottom), (x + side, y + side)]]
    };
    for line in lines {
        svg.path(&path(line.into_iter()), accent, 1.6, 0.55);
    }
}

impl Canvas<'_> {
    /// Clips the drawing at the edge of the view until `end`.
    fn clip(&mut self, id: &str, radius: f64) {
        let View { x, y, width, height, .. } = self.view;
        self.svg.add(format_args!(
            "<clipPath id=\"{id}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             rx=\"{radius:.1}\"/></clipPath><g clip-path=\"url(#{id})\">"
        ));
    }

    fn end(&mut self) {
        self.svg.add(format_args!("</g>"));
    }

    fn landmark(&self, mesh: &Mesh, index: usize) -> (f64, f64) {
        self.view.place(mesh.point(index))
    }

    /// Returns the unit of line widths for the size of the face.
    fn unit(&self, mesh: &Mesh) -> f64 {
        (f64::from(mesh.eye_distance()) * self.view.scale().0 / 120.0).clamp(0.7, 4.0)
    }

    fn contours(&mut self, mesh: &Mesh) {
        let unit = self.unit(mesh);
        let oval: Vec<usize> = FACE_OVAL.iter().chain(&FACE_OVAL[..1]).copied().collect();
        for chain in CONTOURS.into_iter().chain([oval.as_slice()]) {
            let d = path(chain.iter().map(|index| self.landmark(mesh, *index)));
            self.svg.path(&d, SHADOW, 2.6 * unit, 0.25);
            self.svg.path(&d, IRIS, 1.3 * unit, 0.85);
        }
    }

    fn dots(&mut self, mesh: &Mesh) {
        let unit = self.unit(mesh);
        for (i, landmark) in mesh.landmarks().iter().enumerate() {
            let at = self.view.place(landmark.point());
            let (radius, colour) = if i < index::RIGHT_IRIS { (1.3, DOT) } else { (1.7, IRIS) };
            self.svg.dot(at, (radius + 0.6) * unit, SHADOW, 0.4);
            self.svg.dot(at, radius * unit, colour, 0.95);
        }
    }

    /// Draws the axes of the head from the tip of the nose.
    fn axes(&mut self, face: &FaceMesh) {
        let unit = self.unit(&face.mesh);
        let length = 0.75 * f64::from(face.mesh.eye_distance()) * self.view.scale().0;
        let (x0, y0) = self.landmark(&face.mesh, index::NOSE_TIP);
        let mut ends: Vec<_> = axes_of(&face.pose).into_iter().zip(AXES).collect();
        // Axes that point away from the camera are drawn first, behind the others.
        ends.sort_by(|(a, _), (b, _)| a[2].total_cmp(&b[2]));
        for ([x, y, _], colour) in ends {
            let d = path([(x0, y0), (x0 + length * x, y0 + length * y)].into_iter());
            self.svg.path(&d, SHADOW, 5.5 * unit, 0.45);
            self.svg.path(&d, colour, 3.4 * unit, 1.0);
        }
        self.svg.dot((x0, y0), 3.4 * unit, "#ffffff", 1.0);
    }

    /// Draws only the corners of a box, to keep the face visible.
    fn corners(&mut self, bbox: &Rect, colour: &str, opacity: f64) {
        let (left, top) = self.view.place(Point::new(bbox.x, bbox.y));
        let (right, bottom) = self.view.place(Point::new(bbox.x + bbox.width, bbox.y + bbox.height));
        let arm = 0.16 * (right - left).min(bottom - top);
        let width = (arm / 9.0).clamp(1.5, 5.0);
        let corners = [
            (left, top, arm, arm),
            (right, top, -arm, arm),
            (right, bottom, -arm, -arm),
            (left, bottom, arm, -arm),
        ];
        let d: String =
            corners.map(|(x, y, dx, dy)| path([(x, y + dy), (x, y), (x + dx, y)].into_iter())).concat();
        self.svg.path(&d, SHADOW, 1.9 * width, 0.45 * opacity);
        self.svg.path(&d, colour, width, opacity);
    }

    /// Labels the face with its confidence, above its box or, at the top of the frame, below it.
    fn tag(&mut self, face: &FaceObservation, accent: &str, scale: f64) {
        let size = 20.0 * scale;
        let (left, top) = self.view.place(Point::new(face.bbox.x, face.bbox.y));
        let (_, bottom) = self.view.place(Point::new(face.bbox.x, face.bbox.y + face.bbox.height));
        let (width, height) = (6.8 * size, 1.5 * size);
        let above = top - height - 0.6 * size;
        let y = if above >= 0.0 { above } else { bottom + 0.6 * size };
        self.svg.rect([left, y, width, height], 0.35 * size, SHADOW, 0.72);
        self.svg.dot((left + 0.75 * size, y + 0.5 * height), 0.24 * size, accent, 1.0);
        let text = format!("face {:.0} %", 100.0 * face.confidence.clamp(0.0, 1.0));
        self.svg.text(
            (left + 1.35 * size, y + 0.7 * height),
            &text,
            &Font::new(0.82 * size, "#f8fafc").bold(),
        );
    }
}

/// Returns the SVG commands of a line through the points.
fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let step = |(i, (x, y)): (usize, (f64, f64))| format!("{}{x:.2} {y:.2} ", if i == 0 { 'M' } else { 'L' });
    points.enumerate().map(step).collect()
}

/// Returns unit vectors to the head's left, top and front in the picture (x right, y down, z towards the
/// camera).
fn axes_of(pose: &HeadPose) -> [[f64; 3]; 3] {
    let [pitch, yaw, roll] = [pose.pitch, pose.yaw, pose.roll].map(|angle| f64::from(angle).to_radians());
    let rotation = Rotation3::from_euler_angles(pitch, yaw, roll);
    let column = |i: usize| {
        let column = rotation.matrix().column(i);
        [column[0], -column[1], column[2]]
    };
    [column(0), column(1), column(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_follow_the_signs_of_the_pose() {
        let front = |yaw, pitch| axes_of(&HeadPose { yaw, pitch, ..HeadPose::default() })[2];
        assert!(front(20.0, 0.0)[0] > 0.3, "positive yaw looks to the picture's right");
        assert!(front(0.0, 20.0)[1] > 0.3, "positive pitch looks down");
        let top = axes_of(&HeadPose { roll: 20.0, ..HeadPose::default() })[1];
        assert!(top[0] < -0.3 && top[1] < -0.9, "positive roll leans to the picture's left");
    }
}
