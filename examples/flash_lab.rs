//! Scratch.
use gstliveness::check::{lab::*, Randomness};
use gstliveness::face::{FaceAnalyzer, HeadPose};
use gstliveness::inference::ModelSource;
use gstliveness::render::actor::{Actor, Pattern, Role, Subject};
use gstliveness::render::random::Random;
use gstliveness::render::{Renderer, Setting};
use gstliveness::vision::Frame;
use std::sync::atomic::{AtomicUsize, Ordering};

fn session(subject: Subject, n: u64) -> String {
    let mut r = Random::nth(7, n);
    let ambient = r.between(0.2, 2.0);
    let distance = r.between(0.3, 0.6);
    let setting = Setting { width: 640, height: 480, identity: n, seed: n, ambient, distance, ..Setting::default() };
    let mut renderer = Renderer::new(setting);
    let role = Role { subject, seed: n, display_latency: f64::from(r.between(0.0, 0.3)), ..Role::default() };
    let mut actor = Actor::new(role);
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded).unwrap();
    let code = LightCode::draw(2, 2, 3_000_000_000, &mut Randomness::new(n + 1)).unwrap();
    let mut series = Series::default();
    let (mut mapper, mut map) = (FaceMapper::new(), FaceMap::default());
    let dt = 1.0 / 30.0;
    let start = 0.4;
    let mut pose = (0.0, 0.0, 0.0, 0);
    let mut i = 0;
    let t_end = start + 3.2;
    loop {
        let t = i as f64 * dt;
        i += 1;
        if t > t_end { break; }
        let scene = actor.scene(t);
        let rgb = renderer.render(&scene, dt as f32).to_vec();
        let frame = Frame::rgb(&rgb, 640, 480).unwrap();
        let observation = analyzer.analyze(&frame).unwrap();
        {
            let colors = code.at_seconds(t - start).into_iter().map(srgb).collect();
            actor.see(Pattern::new(t + 1e-3, 2, 2, colors).unwrap());
            if let Some((_, face)) = observation.primary() {
                if t > 0.35 { mapper.read(&frame, &face.mesh, &mut map);
                series.push(t - start, &map, [face.pose.yaw, face.pose.pitch]); }
                pose = (pose.0 + face.pose.yaw, pose.1 + face.pose.pitch, pose.2 + face.pose.roll, pose.3 + 1);
            }
        }
    }
    let k = pose.3.max(1) as f32;
    let pose = HeadPose { yaw: pose.0 / k, pitch: pose.1 / k, roll: pose.2 / k, distance: 0.0 };
    if std::env::var("DUMP").is_ok() {
        use std::io::Write;
        let mut f = std::io::BufWriter::new(std::fs::File::create(format!("/tmp/lab_{subject:?}_{n}.bin")).unwrap());
        let np = patches().len();
        for v in [series.slots().len() as f32, np as f32, role.display_latency as f32] { f.write_all(&v.to_le_bytes()).unwrap(); }
        for p in patches() { for v in [p.place[0], p.place[1], p.place[2], p.normal[0], p.normal[1], p.normal[2], p.at[0] as f32, p.at[1] as f32] { f.write_all(&v.to_le_bytes()).unwrap(); } }
        for s in series.slots() {
            f.write_all(&(s.times[0] as f32).to_le_bytes()).unwrap();
            for v in s.light.iter().flatten() { f.write_all(&v.to_le_bytes()).unwrap(); }
        }
        for ms in 0..4000u64 { for v in code.at(ms * 1_000_000).iter().flatten() { f.write_all(&v.to_le_bytes()).unwrap(); } }
    }
    let begin = std::time::Instant::now();
    let Some(response) = demodulate(&series, &code, 0.5, &mut Randomness::new(5)) else { return format!("{n}: nothing ({} frames)", series.frames()) };
    let time = begin.elapsed().as_secs_f64() * 1e3;
    let s = slopes(&response, &code, series.clipped());
    let (ep, eq) = expected(pose);
    let c = |a: &[f32], b: &[f32], w| correlation(a, b, &s.weight, w).unwrap_or(f64::NAN);
    let mut modulation: Vec<f32> = response.patches.iter().map(|a| { let l: f32 = a.light.iter().sum(); a.cells.iter().flatten().sum::<f32>() * 0.6 / l }).collect();
    modulation.sort_by(f32::total_cmp);
    let used = s.weight.iter().filter(|w| **w > 0.0).count();
    format!("{n:3}: amb {ambient:.1} dist {distance:.2} yaw {:5.1} lag {:.2}({:.2}) R2 {:.3}/{:.2} decoy {:.3}±{:.3} mod {:.2} p {:5.2} q {:5.2} | quad p {:5.2} q {:5.2} noise {:.3} used {used} {time:.0} ms",
        pose.yaw, response.lag, role.display_latency, response.explained, response.explained_apart, response.decoys.0, response.decoys.1, modulation[modulation.len() / 2],
        c(&s.p, &ep, Without::Plane), c(&s.q, &eq, Without::Plane), c(&s.p, &ep, Without::Quadric), c(&s.q, &eq, Without::Quadric), response.noise[1])
}

fn main() {
    let subject = std::env::args().nth(1).unwrap_or_else(|| "Live".into());
    let count: usize = std::env::args().nth(2).map_or(8, |n| n.parse().unwrap());
    let _nets = FaceAnalyzer::new(&ModelSource::Embedded).unwrap();
    let subjects: Vec<_> = Subject::ALL.into_iter().filter(|s| subject == "all" || format!("{s:?}") == subject).collect();
    for subject in subjects {
        println!("== {subject:?}");
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| for _ in 0..2 { scope.spawn(|| loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count { break; }
            println!("{}", session(subject, n as u64));
        }); });
    }
}
