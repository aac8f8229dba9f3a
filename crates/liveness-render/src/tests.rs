// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests of the optics: the screen's light that each subject reflects, before the sensor.

use super::light::dot;
use super::*;

const WIDTH: usize = 240;
const HEIGHT: usize = 180;

struct Shot {
    surface: Surface,
    /// Green light of each half of the screen: the person's left, right, upper and lower.
    halves: [Vec<f32>; 4],
    /// Light without the screen.
    room: Vec<f32>,
    landmarks: Vec<[f32; 2]>,
    /// Focal length in pixels.
    focal: f32,
}

fn setting() -> Setting {
    Setting { width: WIDTH, height: HEIGHT, distance: 0.4, noise: 0.0, ..Setting::default() }
}

fn scene(presentation: Presentation) -> Scene<'static> {
    Scene { presentation, ..Scene::default() }
}

/// Returns a screen whose left, right, upper or lower half is white.
fn half(n: usize) -> ScreenLight {
    let (rows, columns) = if n < 2 { (1, 2) } else { (2, 1) };
    let mut cells = vec![[0.0; 3]; 2];
    cells[n % 2] = [1.0; 3];
    ScreenLight { rows, columns, cells, ..ScreenLight::default() }
}

fn green(renderer: &Renderer) -> Vec<f32> {
    renderer.canvas.color.iter().map(|pixel| pixel[1]).collect()
}

fn shoot(presentation: Presentation) -> Shot {
    let mut renderer = Renderer::new(setting());
    renderer.render(&scene(presentation), 0.03);
    let room = green(&renderer);
    let halves = [0, 1, 2, 3].map(|n| {
        let light = half(n);
        renderer.render(&Scene { light: Some(&light), ..scene(presentation) }, 0.03);
        green(&renderer).iter().zip(&room).map(|(lit, dark)| lit - dark).collect()
    });
    Shot {
        surface: renderer.surface(),
        halves,
        room,
        landmarks: renderer.truth().landmarks.clone(),
        focal: renderer.lens.focal,
    }
}

impl Shot {
    fn seen(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.room.len()).filter(|i| self.surface.mask[*i] && self.room[*i] > 0.05)
    }

    /// Returns the share of the screen in all the light from the subject.
    fn modulation(&self) -> f32 {
        let sum = |light: &Vec<f32>| self.seen().map(|i| light[i]).sum::<f32>();
        let screen = sum(&self.halves[0]) + sum(&self.halves[1]);
        screen / (screen + sum(&self.room))
    }

    /// Returns (left − right) / (left + right) of the light from the screen's halves at a pixel.
    fn tilt(&self, at: usize) -> f32 {
        (self.halves[0][at] - self.halves[1][at]) / (self.halves[0][at] + self.halves[1][at]).max(1e-6)
    }

    /// Returns (upper − lower) / (upper + lower) of the light from the screen's halves at a pixel.
    fn rise(&self, at: usize) -> f32 {
        (self.halves[2][at] - self.halves[3][at]) / (self.halves[2][at] + self.halves[3][at]).max(1e-6)
    }

    /// Returns the pixels of the face, from its landmarks.
    fn face(&self) -> Vec<usize> {
        let range = |axis: usize| {
            let ends = self
                .landmarks
                .iter()
                .fold((f32::MAX, f32::MIN), |(l, h), m| (l.min(m[axis]), h.max(m[axis])));
            (0.5 * (ends.0 + ends.1), 0.5 * (ends.1 - ends.0))
        };
        let (x, y) = (range(0), range(1));
        let inside = |i: &usize| {
            let (u, v) = (((i % WIDTH) as f32 - x.0) / x.1, ((i / WIDTH) as f32 - y.0) / y.1);
            u * u + v * v < 0.8
        };
        self.seen().filter(inside).collect()
    }

    /// Returns the deviation of the tilts from their best-fitting plane.
    fn roughness(&self) -> f32 {
        let rest = flattened(&self.seen().collect::<Vec<_>>(), |i| self.tilt(i));
        (rest.iter().map(|v| v * v).sum::<f32>() / rest.len() as f32).sqrt()
    }

    fn pixel(&self, landmark: usize) -> usize {
        let [x, y] = self.landmarks[landmark];
        y as usize * WIDTH + x as usize
    }
}

/// Returns the values at the pixels, less their best-fitting plane.
fn flattened(pixels: &[usize], value: impl Fn(usize) -> f32) -> Vec<f32> {
    let terms = |i: usize| {
        nalgebra::Vector3::new(1.0, (i % WIDTH) as f32 / WIDTH as f32, (i / WIDTH) as f32 / WIDTH as f32)
    };
    let (mut square, mut right) = (nalgebra::Matrix3::zeros(), nalgebra::Vector3::zeros());
    for &i in pixels {
        square += terms(i) * terms(i).transpose();
        right += terms(i) * value(i);
    }
    let plane = square.lu().solve(&right).unwrap();
    pixels.iter().map(|&i| value(i) - plane.dot(&terms(i))).collect()
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let sum = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    sum(a, b) / (sum(a, a) * sum(b, b)).sqrt()
}

/// Landmarks of the person's right and left cheek.
const CHEEKS: [usize; 2] = [50, 280];
/// Landmark of the tip of the nose.
const NOSE: usize = 1;

#[test]
fn the_true_surface_of_a_head_has_a_nose() {
    let live = shoot(Presentation::Live);
    let depth = |landmark| live.surface.depth[live.pixel(landmark)];
    let relief = 0.5 * (depth(CHEEKS[0]) + depth(CHEEKS[1])) - depth(NOSE);
    assert!((0.02..0.06).contains(&relief), "{relief}");
    assert!((0.3..0.5).contains(&depth(NOSE)), "{}", depth(NOSE));
    // The person's right cheek faces the picture's left.
    let across = |landmark| live.surface.normals[live.pixel(landmark)][0];
    assert!(across(CHEEKS[0]) < -0.1 && across(CHEEKS[1]) > 0.1);
    let longest = live.surface.normals.iter().map(|n| dot(*n, *n)).fold(0.0, f32::max);
    assert!((longest - 1.0).abs() < 1e-3);
    let share = live.surface.mask.iter().filter(|m| **m).count() as f32 / live.room.len() as f32;
    assert!((0.1..0.6).contains(&share), "{share}");
}

#[test]
fn the_true_surface_of_a_print_is_a_plane_and_of_nobody_nothing() {
    let mut renderer = Renderer::new(setting());
    let head = HeadPose { yaw: 20.0, ..HeadPose::default() };
    let stance = Stance { head, ..Stance::default() };
    renderer.render(&Scene { stance, ..scene(Presentation::Print) }, 0.03);
    let surface = renderer.surface();
    let normal = surface.normals[HEIGHT / 2 * WIDTH + WIDTH / 2];
    assert!((normal[0] - 20f32.to_radians().sin()).abs() < 1e-3, "{normal:?}");
    let mut renderer = Renderer::new(setting());
    renderer.render(&scene(Presentation::Nobody), 0.03);
    assert!(renderer.surface().mask.iter().all(|seen| !seen));
}

#[test]
fn each_half_of_the_screen_lights_its_side_of_the_face() {
    let live = shoot(Presentation::Live);
    let [right, left] = CHEEKS.map(|cheek| live.tilt(live.pixel(cheek)));
    // The person's left, with its landmarks, is on the picture's right.
    assert!(left > 0.1 && right < -0.1, "{left} {right}");
    let upper = |landmark: usize| {
        let i = live.pixel(landmark);
        (live.halves[2][i] - live.halves[3][i]) / (live.halves[2][i] + live.halves[3][i])
    };
    // The forehead faces up more than the chin.
    assert!(upper(10) > upper(152) + 0.1, "{} {}", upper(10), upper(152));
}

#[test]
fn the_answers_follow_the_true_slopes() {
    for presentation in [Presentation::Live, Presentation::Mask] {
        let shot = shoot(presentation);
        let face = shot.face();
        let slope = |axis: usize| {
            flattened(&face, |i| shot.surface.normals[i][axis] / shot.surface.normals[i][2].max(0.2))
        };
        let across = correlation(&flattened(&face, |i| shot.tilt(i)), &slope(0));
        let up = correlation(&flattened(&face, |i| shot.rise(i)), &slope(1));
        assert!(across > 0.8 && up > 0.7, "{presentation:?} {across} {up}");
    }
}

#[test]
fn the_true_normals_are_the_true_depth_s_slopes() {
    let live = shoot(Presentation::Live);
    let depth = &live.surface.depth;
    let focal = live.focal;
    let slope = |i: usize, step: usize| (depth[i + step] - depth[i - step]) * focal / (2.0 * depth[i]);
    // Excludes edges, behind which another surface begins.
    let smooth = |i: &usize| live.surface.normals[*i][2] > 0.5 && slope(*i, 1).abs() < 2.0;
    let face: Vec<usize> = live.face().into_iter().filter(smooth).collect();
    // Perspective adds a little, because the camera sees points off its axis at an angle.
    let across = correlation(
        &flattened(&face, |i| slope(i, 1)),
        &flattened(&face, |i| live.surface.normals[i][0] / live.surface.normals[i][2]),
    );
    assert!(across > 0.9, "{across}");
}

#[test]
fn spectacles_mirror_the_screen() {
    let seen = |glasses: bool| {
        let mut renderer = Renderer::new(Setting { glasses, ambient: 0.0, ..setting() });
        let light =
            ScreenLight { rows: 1, columns: 1, cells: vec![[0.0, 0.0, 1.0]], ..ScreenLight::default() };
        let head = HeadPose { pitch: -3.0, ..HeadPose::default() };
        let stance = Stance { head, ..Stance::default() };
        renderer.render(&Scene { stance, light: Some(&light), ..scene(Presentation::Live) }, 0.03);
        let marks = &renderer.truth().landmarks;
        // The square around the person's right eye.
        let [x, y] = marks[468];
        let reach = 0.3 * (marks[473][0] - x);
        let near = |i: &usize| {
            let (u, v) = ((i % WIDTH) as f32 - x, (i / WIDTH) as f32 - y);
            u.abs().max(v.abs()) < reach
        };
        let blue = (0..WIDTH * HEIGHT).filter(near).map(|i| renderer.canvas.color[i][2]);
        blue.sum::<f32>()
    };
    assert!(seen(true) > 1.1 * seen(false), "{} {}", seen(true), seen(false));
}

/// A light far to one side leaves the other side of the nose dark, although it faces the light as much as the cheek
/// does.
#[test]
fn the_nose_casts_a_shadow() {
    let mut renderer = Renderer::new(setting());
    let wide = ScreenLight { rows: 1, columns: 8, width: 2.0, ..ScreenLight::default() };
    let lit = |renderer: &mut Renderer, column: usize| {
        let mut cells = vec![[0.0; 3]; 8];
        cells[column] = [1.0; 3];
        let light = ScreenLight { cells, ..wide.clone() };
        renderer.setting.ambient = 0.0;
        renderer.render(&Scene { light: Some(&light), ..scene(Presentation::Live) }, 0.03);
        green(renderer)
    };
    let sides = [0, 7].map(|column| lit(&mut renderer, column));
    let surface = renderer.surface();
    let marks = renderer.truth().landmarks.clone();
    // The pairs lie on the nose and on the cheek: the person's right, then left.
    let darkened = [(129, 36), (358, 266)].map(|(nose, cheek)| {
        let (a, b) = (marks[nose], marks[cheek]);
        let at = |t: f32| {
            let (x, y) = (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]));
            y as usize * WIDTH + x as usize
        };
        let side = usize::from(nose == 129);
        (0..5)
            .map(|i| at(0.25 * i as f32))
            .filter(|i| surface.mask[*i])
            .map(|i| sides[1 - side][i] / sides[side][i].max(1e-6))
            .fold(f32::MAX, f32::min)
    });
    assert!(darkened.iter().all(|share| *share < 0.2), "{darkened:?}");
}

#[test]
fn paper_answers_as_much_as_skin_and_a_screen_hardly() {
    let modulation = |presentation| shoot(presentation).modulation();
    let (live, print, screen) =
        (modulation(Presentation::Live), modulation(Presentation::Print), modulation(Presentation::Screen));
    assert!((0.4..0.8).contains(&live), "{live}");
    assert!((0.4..0.85).contains(&print), "{print}");
    assert!(screen < 0.25, "{screen}");
}

#[test]
fn only_what_has_a_face_answers_as_a_face() {
    let roughness = |presentation| shoot(presentation).roughness();
    let (live, mask) = (roughness(Presentation::Live), roughness(Presentation::Mask));
    assert!(mask > 0.7 * live, "{mask} {live}");
    for presentation in [Presentation::Print, Presentation::BentPrint, Presentation::CutoutPrint] {
        let print = roughness(presentation);
        assert!(print < 0.35 * live, "{presentation:?} {print} {live}");
    }
    let paper = shoot(Presentation::PaperMask);
    let nose = shoot(Presentation::Live);
    // The height of the nose's tip over its wings.
    let relief = |shot: &Shot| {
        let depth = |landmark| shot.surface.depth[shot.pixel(landmark)];
        0.5 * (depth(129) + depth(358)) - depth(NOSE)
    };
    assert!(relief(&paper) < 0.4 * relief(&nose), "{} {}", relief(&paper), relief(&nose));
}

#[test]
fn a_relit_video_answers_everywhere_alike() {
    let shot = |light: Option<&ScreenLight>| {
        let mut renderer = Renderer::new(Setting { ambient: 0.3, white_balance: false, ..setting() });
        let neutral = scene(Presentation::Relit);
        renderer.render(&neutral, 0.03);
        renderer.render(&Scene { shown_light: light, ..neutral }, 0.0).to_vec()
    };
    let (neutral, lit) = (shot(None), [0, 1].map(|n| shot(Some(&half(n)))));
    assert_eq!(lit[0], lit[1], "left or right is all the same");
    let white = ScreenLight { cells: vec![[1.0; 3]; 2], ..half(0) };
    let bright = shot(Some(&white));
    let mean = |rgb: &[u8]| rgb.iter().map(|v| f32::from(*v)).sum::<f32>() / rgb.len() as f32;
    assert!(mean(&bright) > mean(&neutral) + 10.0);
}

#[test]
fn a_white_screen_doubles_the_light_of_an_office() {
    let mut renderer = Renderer::new(Setting { distance: 0.5, ..setting() });
    renderer.render(&scene(Presentation::Live), 0.03);
    // The landmarks lie on the forehead, the chin and the cheeks.
    let at = |renderer: &Renderer| {
        let pixel = |[x, y]: [f32; 2]| green(renderer)[y as usize * WIDTH + x as usize];
        [151, 199, 50, 280].map(|mark| pixel(renderer.truth().landmarks[mark])).iter().sum::<f32>()
    };
    let room = at(&renderer);
    let light = ScreenLight { rows: 1, columns: 1, cells: vec![[1.0; 3]], ..ScreenLight::default() };
    renderer.render(&Scene { light: Some(&light), ..scene(Presentation::Live) }, 0.03);
    let ratio = at(&renderer) / room;
    assert!((1.7..2.3).contains(&ratio), "{ratio}");
}
