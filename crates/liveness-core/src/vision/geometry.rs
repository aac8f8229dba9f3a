// SPDX-License-Identifier: MIT OR Apache-2.0

//! Points, boxes, and the affine maps from an output to the frame. Pixel centres are at half-integers.

/// A point in square pixels of the frame. `(0, 0)` is the outer corner of the top left pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Column, from the left edge.
    pub x: f32,
    /// Row, from the top edge.
    pub y: f32,
}

impl Point {
    /// Returns the point (`x`, `y`).
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Returns the Euclidean distance.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// Returns the midpoint of both points.
    pub fn midpoint(self, other: Self) -> Self {
        Self::new(0.5 * (self.x + other.x), 0.5 * (self.y + other.y))
    }
}

/// An upright box in frame pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width in pixels.
    pub width: f32,
    /// Height in pixels.
    pub height: f32,
}

impl Rect {
    /// Returns the box with its top left corner at (`x`, `y`).
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    /// Returns the box in a picture that is wider and taller by these factors.
    pub fn scaled(&self, by: Point) -> Self {
        Self::new(self.x * by.x, self.y * by.y, self.width * by.x, self.height * by.y)
    }

    /// Returns the smallest box around `points`, or `None` if there are no points or one is not finite.
    pub fn around(points: impl IntoIterator<Item = Point>) -> Option<Self> {
        let mut bounds: Option<(f32, f32, f32, f32)> = None;
        for Point { x, y } in points {
            if !(x.is_finite() && y.is_finite()) {
                return None;
            }
            bounds = Some(match bounds {
                None => (x, y, x, y),
                Some((x0, y0, x1, y1)) => (x0.min(x), y0.min(y), x1.max(x), y1.max(y)),
            });
        }
        bounds.map(|(x0, y0, x1, y1)| Self::new(x0, y0, x1 - x0, y1 - y0))
    }

    /// Returns the centre.
    pub fn center(&self) -> Point {
        Point::new(self.x + 0.5 * self.width, self.y + 0.5 * self.height)
    }

    /// Returns the area in square pixels; 0 if a side is negative.
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// Returns the square with the same centre and a side of `scale` × the longer side.
    pub fn square(&self, scale: f32) -> Self {
        let side = self.width.max(self.height) * scale;
        let center = self.center();
        Self::new(center.x - 0.5 * side, center.y - 0.5 * side, side, side)
    }

    /// Returns the box rotated about its centre by `angle` radians, clockwise in the picture.
    pub fn turned(&self, angle: f32) -> RotatedRect {
        RotatedRect { center: self.center(), width: self.width, height: self.height, angle }
    }

    /// Returns the square, shrunk about its centre to at most the picture's shorter side and moved inside the picture.
    pub fn square_inside(&self, width: f32, height: f32) -> Self {
        let longest = self.width.max(self.height).max(f32::MIN_POSITIVE);
        self.square((width.min(height) / longest).min(1.0)).slid_inside(width, height)
    }

    /// Returns the box moved inside `width` × `height`, and shrunk only if it is larger.
    pub fn slid_inside(&self, width: f32, height: f32) -> Self {
        let (w, h) = (self.width.min(width), self.height.min(height));
        let center = self.center();
        Self::new(
            (center.x - 0.5 * w).clamp(0.0, width - w),
            (center.y - 0.5 * h).clamp(0.0, height - h),
            w,
            h,
        )
    }

    /// Returns the area of the intersection in square pixels.
    pub fn intersection(&self, other: &Self) -> f32 {
        let w = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let h = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        w.max(0.0) * h.max(0.0)
    }

    /// Returns the intersection over union, 0–1.
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.intersection(other);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }
}

/// A box that is rotated about its centre.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RotatedRect {
    /// Centre in frame pixels.
    pub center: Point,
    /// Width in pixels, before the rotation.
    pub width: f32,
    /// Height in pixels, before the rotation.
    pub height: f32,
    /// Angle in radians, clockwise in the picture.
    pub angle: f32,
}

impl RotatedRect {
    /// Returns the box in a picture that is wider and taller by these factors. The angle stays the same.
    pub fn scaled(&self, by: Point) -> Self {
        Self {
            center: Point::new(self.center.x * by.x, self.center.y * by.y),
            width: self.width * by.x,
            height: self.height * by.y,
            angle: self.angle,
        }
    }
}

/// An affine map from output to frame coordinates: `x = a·u + b·v + c`, `y = d·u + e·v + f`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Change of x per output column.
    pub a: f32,
    /// Change of x per output row.
    pub b: f32,
    /// x of the output's origin.
    pub c: f32,
    /// Change of y per output column.
    pub d: f32,
    /// Change of y per output row.
    pub e: f32,
    /// y of the output's origin.
    pub f: f32,
}

impl Affine {
    /// Returns the map of an output of `width` × `height` onto `rect`.
    pub fn from_rect(rect: &Rect, width: usize, height: usize) -> Self {
        let (a, e) = (rect.width / width as f32, rect.height / height as f32);
        Self { a, b: 0.0, c: rect.x, d: 0.0, e, f: rect.y }
    }

    /// Returns the map of an output of `width` × `height` onto a rotated box.
    pub fn from_rotated(rect: &RotatedRect, width: usize, height: usize) -> Self {
        let (sin, cos) = rect.angle.sin_cos();
        let (sx, sy) = (rect.width / width as f32, rect.height / height as f32);
        let (a, b, d, e) = (cos * sx, -sin * sy, sin * sx, cos * sy);
        let (u, v) = (0.5 * width as f32, 0.5 * height as f32);
        Self { a, b, c: rect.center.x - a * u - b * v, d, e, f: rect.center.y - d * u - e * v }
    }

    /// Returns the similarity (rotation, scale, translation) that maps `output` closest to `frame` in least
    /// squares, or `None` if the output points coincide. Closed form of Umeyama (1991) for the plane.
    pub fn similarity(output: &[Point], frame: &[Point]) -> Option<Self> {
        let n = output.len().min(frame.len());
        if n == 0 {
            return None;
        }
        let mean = |points: &[Point]| {
            let (x, y) = points[..n].iter().fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
            Point::new(x / n as f32, y / n as f32)
        };
        let (mo, mf) = (mean(output), mean(frame));
        let (mut dot, mut cross, mut norm) = (0.0f32, 0.0f32, 0.0f32);
        for (o, f) in output.iter().zip(frame) {
            let (ox, oy, fx, fy) = (o.x - mo.x, o.y - mo.y, f.x - mf.x, f.y - mf.y);
            dot += ox * fx + oy * fy;
            cross += ox * fy - oy * fx;
            norm += ox * ox + oy * oy;
        }
        if norm <= f32::EPSILON {
            return None;
        }
        let (a, d) = (dot / norm, cross / norm);
        Some(Self { a, b: -d, c: mf.x - a * mo.x + d * mo.y, d, e: a, f: mf.y - d * mo.x - a * mo.y })
    }

    /// Returns the frame coordinates of an output point.
    pub fn apply(&self, p: Point) -> Point {
        Point::new(self.a * p.x + self.b * p.y + self.c, self.d * p.x + self.e * p.y + self.f)
    }

    /// Returns the number of frame pixels per output pixel along the axis on which it is smaller.
    pub fn scale(&self) -> f32 {
        self.a.hypot(self.d).min(self.b.hypot(self.e))
    }

    /// Returns the geometric mean of both axes' numbers of frame pixels per output pixel.
    pub fn reduction(&self) -> f32 {
        (self.a.hypot(self.d) * self.b.hypot(self.e)).sqrt()
    }

    /// Returns the map into a frame that is wider and taller by these factors.
    pub fn stretched(&self, by: Point) -> Self {
        let Self { a, b, c, d, e, f } = *self;
        Self { a: a * by.x, b: b * by.x, c: c * by.x, d: d * by.y, e: e * by.y, f: f * by.y }
    }

    /// Returns whether all coefficients are finite.
    pub fn is_finite(&self) -> bool {
        [self.a, self.b, self.c, self.d, self.e, self.f].iter().all(|v| v.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similarity_recovers_turn_scale_and_shift() {
        let (sin, cos) = 0.3f32.sin_cos();
        let output = [Point::new(0.0, 0.0), Point::new(10.0, 0.0), Point::new(3.0, 7.0)];
        let frame = output
            .map(|p| Point::new(2.0 * (cos * p.x - sin * p.y) + 5.0, 2.0 * (sin * p.x + cos * p.y) - 1.0));
        let map = Affine::similarity(&output, &frame).unwrap();
        for (o, f) in output.iter().zip(&frame) {
            assert!(map.apply(*o).distance(*f) < 1e-4);
        }
        assert!((map.scale() - 2.0).abs() < 1e-5);
    }

    #[test]
    fn a_rotated_box_without_turn_is_the_upright_box() {
        let rect = Rect::new(3.0, 4.0, 20.0, 10.0);
        let turned =
            RotatedRect { center: rect.center(), width: rect.width, height: rect.height, angle: 0.0 };
        let (upright, turned) = (Affine::from_rect(&rect, 8, 8), Affine::from_rotated(&turned, 8, 8));
        let corner = Point::new(8.0, 0.0);
        assert!(upright.apply(corner).distance(turned.apply(corner)) < 1e-5);
    }

    #[test]
    fn sliding_keeps_the_size_where_the_picture_allows() {
        let inside = Rect::new(-10.0, 50.0, 40.0, 40.0).slid_inside(100.0, 80.0);
        assert_eq!(inside, Rect::new(0.0, 40.0, 40.0, 40.0));
        assert_eq!(
            Rect::new(0.0, 0.0, 300.0, 300.0).slid_inside(100.0, 80.0),
            Rect::new(0.0, 0.0, 100.0, 80.0)
        );
    }

    #[test]
    fn iou_of_half_overlap() {
        let (a, b) = (Rect::new(0.0, 0.0, 2.0, 1.0), Rect::new(1.0, 0.0, 2.0, 1.0));
        assert!((a.iou(&b) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(Rect::default().iou(&Rect::default()), 0.0);
    }
}
