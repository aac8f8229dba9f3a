// SPDX-License-Identifier: MIT OR Apache-2.0

//! Renders one moment and tells what the nets see in it.
//!
//!     cargo run --release --example portrait -- OUT.png [NAME=VALUE …]
//!
//! Names: subject (live print bent-print cutout-print screen mask paper-mask relight nobody two-people), identity, glasses (0 or 1),
//! seed, width, height, ambient, distance, noise, compression, yaw, pitch, roll, blink, smile, jaw, brows, x, y, z of the head's shift in metres,
//! and cells, the screen's colours: `cells=ff0000,0000ff/000000,ffffff`.

use std::collections::HashMap;
use std::time::Instant;

use gst::prelude::*;
use liveness_core::check::{AntiSpoof, Guidance, Signals};
use liveness_core::face::{Blendshape, FaceAnalyzer};
use liveness_core::inference::ModelSource;
use liveness_core::vision::Frame;
use liveness_render::{Expression, HeadPose, Presentation, Renderer, Scene, ScreenLight, Setting, Stance};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: portrait OUT.png [NAME=VALUE …]")?;
    let values: HashMap<String, String> =
        arguments.filter_map(|a| a.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()))).collect();
    let number = |name: &str, default: f32| values.get(name).and_then(|v| v.parse().ok()).unwrap_or(default);
    let setting = Setting {
        width: number("width", 640.0) as usize,
        height: number("height", 480.0) as usize,
        identity: number("identity", 0.0) as u64,
        seed: number("seed", 0.0) as u64,
        ambient: number("ambient", 1.0),
        distance: number("distance", 0.55),
        noise: number("noise", 1.0),
        compression: number("compression", 0.0) as u32,
        glasses: number("glasses", 0.0) > 0.0,
        ..Setting::default()
    };
    let (width, height) = (setting.width, setting.height);
    let head = HeadPose {
        yaw: number("yaw", 0.0),
        pitch: number("pitch", 0.0),
        roll: number("roll", 0.0),
        shift: [number("x", 0.0), number("y", 0.0), number("z", 0.0)],
    };
    let expression = Expression {
        blink: [number("blink", 0.0); 2],
        brows: number("brows", 0.0),
        smile: number("smile", 0.0),
        jaw: number("jaw", 0.0),
        gaze: [0.0; 2],
    };
    let presentation = match values.get("subject").map(String::as_str) {
        Some("print") => Presentation::Print,
        Some("bent-print") => Presentation::BentPrint,
        Some("cutout-print") => Presentation::CutoutPrint,
        Some("screen") => Presentation::Screen,
        Some("paper-mask") => Presentation::PaperMask,
        Some("relight") => Presentation::Relit,
        Some("mask") => Presentation::Mask,
        Some("nobody") => Presentation::Nobody,
        Some("two-people") => Presentation::TwoPeople,
        _ => Presentation::Live,
    };
    let light = light(values.get("cells").map_or("", String::as_str))?;
    let scene = Scene {
        presentation,
        stance: Stance { head, expression },
        shown: Stance::default(),
        light: Some(&light),
        shown_light: Some(&light),
    };
    let mut renderer = Renderer::new(setting);
    let start = Instant::now();
    let rgb = renderer.render(&scene, 0.033).to_vec();
    let first = start.elapsed();
    let mut fastest = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        renderer.render(&scene, 0.033);
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    println!("rendered in {:.1} ms, then {:.1} ms", first.as_secs_f64() * 1e3, fastest * 1e3);
    look(&rgb, width, height, renderer.truth().landmarks.as_slice())?;
    save(&path, rgb, width, height)
}

/// Of rows of cells in hexadecimal sRGB: `ff0000,0000ff/000000,ffffff`.
fn light(cells: &str) -> Result<ScreenLight, Error> {
    let rows: Vec<&str> = cells.split('/').filter(|row| !row.is_empty()).collect();
    let mut light = ScreenLight { rows: rows.len(), ..ScreenLight::default() };
    for cell in rows.iter().flat_map(|row| row.split(',')) {
        let color = u32::from_str_radix(cell, 16)?;
        light.cells.push([16, 8, 0].map(|shift| (f64::from(color >> shift & 0xff) / 255.0).powf(2.2) as f32));
    }
    light.columns = light.cells.len() / rows.len().max(1);
    Ok(light)
}

fn look(rgb: &[u8], width: usize, height: usize, truth: &[[f32; 2]]) -> Result<(), Error> {
    let frame = Frame::rgb(rgb, width, height)?;
    let seen = FaceAnalyzer::new(&ModelSource::Embedded)?.analyze(&frame)?;
    println!("{} faces, guidance {}", seen.faces.len(), Guidance::of(&seen).code());
    let Some((_, face)) = seen.primary() else {
        return Ok(());
    };
    let reading = AntiSpoof::new(&ModelSource::Embedded)?.read(&frame, &face.mesh)?;
    println!(
        "anti-spoof {:.1} (near {:.2}, wide {:.2}, border {:.2}, backdrop {:.2?})",
        reading.score(),
        reading.near,
        reading.wide,
        reading.border,
        reading.backdrop
    );
    let pose = face.pose;
    println!("yaw {:.1}, pitch {:.1}, roll {:.1}", pose.yaw, pose.pitch, pose.roll);
    let shape = |s| face.blendshapes.get(s);
    let (right, left) = (shape(Blendshape::EyeBlinkRight), shape(Blendshape::EyeBlinkLeft));
    println!("blink {right:.2} {left:.2}, {:?}", Signals::of(face));
    println!("quality {:.0} {:?}", face.quality.score(), face.quality);
    if !truth.is_empty() {
        let apart = |(mark, truth): (usize, &[f32; 2])| {
            let p = face.mesh.point(mark);
            (p.x - truth[0]).hypot(p.y - truth[1]) / face.mesh.eye_distance()
        };
        let mut errors: Vec<f32> = truth.iter().enumerate().map(apart).collect();
        let mean = errors.iter().sum::<f32>() / errors.len() as f32;
        errors.sort_by(f32::total_cmp);
        println!(
            "landmarks off by {:.2} % of the eye distance on average, 95 % below {:.2} %",
            100.0 * mean,
            100.0 * errors[454]
        );
    }
    Ok(())
}

fn save(path: &str, rgb: Vec<u8>, width: usize, height: usize) -> Result<(), Error> {
    gst::init()?;
    let line = format!(
        "appsrc name=source caps=video/x-raw,format=RGB,width={width},height={height},framerate=1/1 format=time ! \
         videoconvert ! pngenc ! filesink location={path}"
    );
    let pipeline = gst::parse::launch(&line)?.downcast::<gst::Pipeline>().map_err(|_| "no pipeline")?;
    let source = pipeline.by_name("source").and_downcast::<gst_app::AppSrc>().ok_or("no source")?;
    pipeline.set_state(gst::State::Playing)?;
    let info =
        gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgb, width as u32, height as u32).build()?;
    let stride = info.stride()[0] as usize;
    let mut padded = vec![0; stride * height];
    for (from, to) in rgb.chunks_exact(3 * width).zip(padded.chunks_exact_mut(stride)) {
        to[..3 * width].copy_from_slice(from);
    }
    source.push_buffer(gst::Buffer::from_slice(padded))?;
    source.end_of_stream()?;
    let bus = pipeline.bus().ok_or("no bus")?;
    bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(10),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    pipeline.set_state(gst::State::Null)?;
    Ok(())
}
