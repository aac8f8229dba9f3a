//! What the nets see in rendered people: how far the renderer may stand in for a camera.
//!
//!     cargo run --release --example rendered -- [IDENTITIES] [--landmarks]

use std::time::Instant;

use gstliveness::check::AntiSpoof;
use gstliveness::face::{Blendshape, FaceAnalyzer, FaceMesh};
use gstliveness::inference::ModelSource;
use gstliveness::render::{Expression, HeadPose, Presentation, Renderer, Scene, Setting, Stance};
use gstliveness::vision::Frame;

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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let people: u64 = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(12);
    let source = ModelSource::Embedded;
    let mut eye = Eye { analyzer: FaceAnalyzer::new(&source)?, antispoof: AntiSpoof::new(&source)? };
    if arguments.iter().any(|a| a == "--landmarks") {
        return landmarks(&mut eye, people);
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

fn scores(eye: &mut Eye, people: u64) -> Result<(), Error> {
    for (name, presentation) in [
        ("live", Presentation::Live),
        ("print", Presentation::Print),
        ("bent print", Presentation::BentPrint),
        ("cut-out print", Presentation::CutoutPrint),
        ("screen", Presentation::Screen),
        ("mask", Presentation::Mask),
    ] {
        let mut scores = Vec::new();
        for identity in 0..people {
            for (yaw, distance) in [(0.0, 0.5), (8.0, 0.6), (-8.0, 0.7)] {
                let setting = Setting { identity, distance, seed: identity, ..Setting::default() };
                let head = HeadPose { yaw, ..HeadPose::default() };
                scores.extend(
                    eye.look(&setting, &scene(presentation, head, Expression::default()))?.map(|s| s.score),
                );
            }
        }
        let line: Vec<String> = scores.iter().map(|s| format!("{s:.0}")).collect();
        println!("{name}: median {:.0} of {}: {}", median(scores), line.len(), line.join(" "));
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
    let mut renderer = Renderer::new(Setting::default());
    let live = scene(Presentation::Live, HeadPose::default(), Expression::default());
    let mut best = f64::INFINITY;
    for _ in 0..60 {
        let start = Instant::now();
        renderer.render(&live, 0.033);
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("640×480 live: {:.1} ms a frame, {:.0} a second on one core", 1e3 * best, 1.0 / best);
}
