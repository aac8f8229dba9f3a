// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the nets see in rendered people: how far the renderer may stand in for a camera.
//!
//!     cargo run --release --example rendered -- [IDENTITIES] [--landmarks | --light]

use std::time::Instant;

use liveness_core::check::AntiSpoof;
use liveness_core::face::{Blendshape, FaceAnalyzer, FaceMesh};
use liveness_core::inference::ModelSource;
use liveness_core::vision::Frame;
use liveness_render::{Expression, HeadPose, Presentation, Renderer, Scene, ScreenLight, Setting, Stance};

type Error = Box<dyn std::error::Error>;

struct Eye {
    analyzer: FaceAnalyzer,
    antispoof: AntiSpoof,
}

struct Seen {
    face: FaceMesh,
    score: f64,
    truth: Vec<[f32; 2]>,
}

impl Eye {
    /// What is seen of a moment; nothing when no face is.
    fn look(&mut self, setting: &Setting, scene: &Scene<'_>) -> Result<Option<Seen>, Error> {
        let mut renderer = Renderer::new(setting.clone());
        let rgb = renderer.render(scene, 0.033).to_vec();
        let frame = Frame::rgb(&rgb, setting.width, setting.height)?;
        self.analyzer.reset();
        let seen = self.analyzer.analyze(&frame)?;
        let Some((_, face)) = seen.primary() else { return Ok(None) };
        let score = self.antispoof.read(&frame, &face.mesh)?.score();
        Ok(Some(Seen { face: face.clone(), score, truth: renderer.truth().landmarks.clone() }))
    }
}

fn scene(presentation: Presentation, head: HeadPose, expression: Expression) -> Scene<'static> {
    let stance = Stance { head, expression };
    Scene { presentation, stance, shown: Stance::default(), light: None, shown_light: None }
}

fn off(seen: &Seen) -> Vec<f32> {
    let mesh = &seen.face.mesh;
    let apart = |(i, t): (usize, &[f32; 2])| {
        let p = mesh.point(i);
        (p.x - t[0]).hypot(p.y - t[1]) / mesh.eye_distance()
    };
    seen.truth.iter().enumerate().map(apart).collect()
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let people: u64 = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(12);
    let source = ModelSource::Embedded;
    let mut eye = Eye { analyzer: FaceAnalyzer::new(&source)?, antispoof: AntiSpoof::new(&source)? };
    if arguments.iter().any(|a| a == "--landmarks") {
        return landmarks(&mut eye, people);
    }
    if arguments.iter().any(|a| a == "--light") {
        speed();
        return scores(&mut eye, people);
    }
    poses(&mut eye, people)?;
    expressions(&mut eye, people)?;
    scores(&mut eye, people)?;
    speed();
    Ok(())
}

fn poses(eye: &mut Eye, people: u64) -> Result<(), Error> {
    let (mut all, mut found) = (0, 0);
    let (mut apart, mut turns) = (Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
    for identity in 0..people {
        for distance in [0.35, 0.55, 1.0] {
            for (yaw, pitch, roll) in [
                (0.0, 0.0, 0.0),
                (20.0, 0.0, 0.0),
                (-20.0, 0.0, 0.0),
                (35.0, 0.0, 0.0),
                (-35.0, 0.0, 0.0),
                (0.0, 20.0, 0.0),
                (0.0, -20.0, 0.0),
                (0.0, 25.0, 0.0),
                (0.0, -25.0, 0.0),
                (0.0, 0.0, 20.0),
                (25.0, 15.0, 0.0),
                (-25.0, -15.0, 0.0),
            ] {
                let head = HeadPose { yaw, pitch, roll, ..HeadPose::default() };
                let setting = Setting { identity, distance, seed: identity, ..Setting::default() };
                all += 1;
                match eye.look(&setting, &scene(Presentation::Live, head, Expression::default()))? {
                    Some(seen) => {
                        found += 1;
                        apart.push(mean(&off(&seen)));
                        let pose = seen.face.pose;
                        let errors = [pose.yaw - yaw, pose.pitch - pitch, pose.roll - roll];
                        turns.iter_mut().zip(errors).for_each(|(t, e)| t.push(e));
                    }
                    None => println!("no face: identity {identity}, {distance} m, {yaw} {pitch} {roll}"),
                }
            }
        }
    }
    println!(
        "faces found: {found} of {all}; landmarks off by {:.2} % of the eye distance",
        100.0 * mean(&apart)
    );
    for (name, errors) in ["yaw", "pitch", "roll"].iter().zip(&turns) {
        let absolute: Vec<f32> = errors.iter().map(|e| e.abs()).collect();
        println!("{name}: off by {:.1}° in the mean, {:.1}° without sign", mean(errors), mean(&absolute));
    }
    Ok(())
}

fn expressions(eye: &mut Eye, people: u64) -> Result<(), Error> {
    let none = Expression::default();
    let cases = [
        ("neutral", none),
        ("blink", Expression { blink: [1.0; 2], ..none }),
        ("right", Expression { blink: [1.0, 0.0], ..none }),
        ("smile", Expression { smile: 1.0, ..none }),
        ("jaw", Expression { jaw: 1.0, ..none }),
        ("brows", Expression { brows: 1.0, ..none }),
    ];
    println!(
        "           blinkR blinkL smileR smileL jawOpen browIn   (means over {people} people; worst of the first two)"
    );
    for (name, expression) in cases {
        let mut rows = Vec::new();
        for identity in 0..people {
            let setting = Setting { identity, seed: identity, ..Setting::default() };
            if let Some(seen) =
                eye.look(&setting, &scene(Presentation::Live, HeadPose::default(), expression))?
            {
                let shape = |s| seen.face.blendshapes.get(s);
                rows.push([
                    shape(Blendshape::EyeBlinkRight),
                    shape(Blendshape::EyeBlinkLeft),
                    shape(Blendshape::MouthSmileRight),
                    shape(Blendshape::MouthSmileLeft),
                    shape(Blendshape::JawOpen),
                    shape(Blendshape::BrowInnerUp),
                ]);
            }
        }
        let column = |i: usize| rows.iter().map(|r| r[i]).collect::<Vec<f32>>();
        print!("{name:10}");
        (0..6).for_each(|i| print!("  {:.2} ", mean(&column(i))));
        let extent = |i: usize| column(i).iter().fold((1.0f32, 0.0f32), |(l, h), v| (l.min(*v), h.max(*v)));
        println!("  {:.2?} {:.2?}", extent(0), extent(1));
    }
    Ok(())
}

const SUBJECTS: [(&str, Presentation); 8] = [
    ("live", Presentation::Live),
    ("print", Presentation::Print),
    ("bent print", Presentation::BentPrint),
    ("cut-out print", Presentation::CutoutPrint),
    ("screen", Presentation::Screen),
    ("relit video", Presentation::Relit),
    ("mask", Presentation::Mask),
    ("paper mask", Presentation::PaperMask),
];

fn scores(eye: &mut Eye, people: u64) -> Result<(), Error> {
    let colors = [[1.0, 0.2, 0.2], [0.1, 1.0, 0.2], [0.2, 0.2, 1.0], [1.0, 1.0, 0.1]];
    let light = ScreenLight { rows: 2, columns: 2, cells: colors.into(), ..ScreenLight::default() };
    for (name, presentation) in SUBJECTS {
        let conditions =
            [("room", 1.0, None), ("2×2 light", 0.5, Some(&light)), ("2×2 light, dark", 0.0, Some(&light))];
        for (condition, ambient, light) in conditions {
            let mut scores = Vec::new();
            for identity in 0..people {
                for (yaw, distance) in [(0.0, 0.5), (8.0, 0.6), (-8.0, 0.4)] {
                    let setting =
                        Setting { identity, distance, seed: identity, ambient, ..Setting::default() };
                    let head = HeadPose { yaw, ..HeadPose::default() };
                    let scene = Scene {
                        light,
                        shown_light: light,
                        ..scene(presentation, head, Expression::default())
                    };
                    scores.extend(eye.look(&setting, &scene)?.map(|s| s.score));
                }
            }
            scores.sort_by(f64::total_cmp);
            let quantile =
                |share: f64| scores.get((share * scores.len() as f64) as usize).copied().unwrap_or(f64::NAN);
            println!(
                "{name}, {condition}: {} faces in {}; anti-spoof {:.0} median, {:.0} to {:.0} for nine in ten",
                scores.len(),
                3 * people,
                quantile(0.5),
                quantile(0.05),
                quantile(0.95)
            );
        }
    }
    Ok(())
}

/// Where truth and net disagree from the front, by landmark.
fn landmarks(eye: &mut Eye, people: u64) -> Result<(), Error> {
    let mut sums = vec![[0.0f32; 2]; 478];
    for identity in 0..people {
        let setting = Setting { identity, seed: identity, distance: 0.45, ..Setting::default() };
        if let Some(seen) =
            eye.look(&setting, &scene(Presentation::Live, HeadPose::default(), Expression::default()))?
        {
            let mesh = &seen.face.mesh;
            for (i, (sum, t)) in sums.iter_mut().zip(&seen.truth).enumerate() {
                let (p, scale) = (mesh.point(i), 100.0 / mesh.eye_distance() / people as f32);
                *sum = [sum[0] + scale * (p.x - t[0]), sum[1] + scale * (p.y - t[1])];
            }
        }
    }
    for (i, [x, y]) in sums.iter().enumerate() {
        println!("{i} {x:.1} {y:.1}");
    }
    Ok(())
}

fn speed() {
    let grid = |side: usize| {
        let cells = vec![[0.7, 0.5, 0.9]; side * side];
        ScreenLight { rows: side, columns: side, cells, ..ScreenLight::default() }
    };
    let grids = [2, 4].map(grid);
    let kiosk = ScreenLight { width: 0.6, height: 1.06, ..grid(4) };
    for (name, presentation) in SUBJECTS {
        let lights = [
            ("no light", None),
            ("2×2", Some(&grids[0])),
            ("4×4", Some(&grids[1])),
            ("4×4 kiosk", Some(&kiosk)),
        ];
        print!("640×480 {name}, frames a second on one core:");
        for (lit, light) in lights {
            let mut renderer = Renderer::new(Setting::default());
            let still = scene(presentation, HeadPose::default(), Expression::default());
            let scene = Scene { light, shown_light: light, ..still };
            let mut best = f64::INFINITY;
            for _ in 0..60 {
                let start = Instant::now();
                renderer.render(&scene, 0.033);
                best = best.min(start.elapsed().as_secs_f64());
            }
            print!("  {lit} {:.0}", 1.0 / best);
        }
        println!();
    }
}
