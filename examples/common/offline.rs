// SPDX-License-Identifier: MIT OR Apache-2.0

//! A rendered person before the flash check, without a pipeline.

use liveness_core::check::{Check, FlashCheck, FlashConfig};
use liveness_core::face::FaceAnalyzer;
use liveness_core::inference::ModelSource;
use liveness_core::random::Random;
use liveness_core::vision::Frame;
use liveness_render::actor::{Actor, Pattern, Role};
use liveness_render::{Renderer, Setting, Surface};

type Error = Box<dyn std::error::Error + Send + Sync>;

pub const SIZE: (usize, usize) = (640, 480);
const RATE: f64 = 30.0;
/// Longer than any attempt, in frames.
const MOST: usize = 300;

/// The n-th session: its own person, pose, distance (30 to 60 cm), room (a tenth to 1.5 times the screen's light) and noise.
/// Returned are the check, its last frame (RGB) and what was before the camera.
pub fn play(n: u64) -> Result<(FlashCheck, Vec<u8>, Surface), Error> {
    let mut random = Random::nth(2, n);
    let (ambient, distance, noise) =
        (random.between(0.1, 1.5), random.between(0.3, 0.6), random.between(0.5, 1.5));
    let (width, height) = SIZE;
    let mut renderer = Renderer::new(Setting {
        width,
        height,
        identity: n,
        seed: n,
        ambient,
        distance,
        noise,
        ..Setting::default()
    });
    let mut actor = Actor::new(Role { seed: n, sway: 2.0, ..Role::default() });
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded)?;
    let config = FlashConfig { seed: n + 1, ..FlashConfig::default() };
    let mut check = FlashCheck::new(config, &ModelSource::Embedded)?;
    for i in 0..MOST {
        let time = i as f64 / RATE;
        let rgb = renderer.render(&actor.scene(time), 1.0 / RATE as f32).to_vec();
        let frame = Frame::rgb(&rgb, width, height)?;
        let observation = analyzer.analyze(&frame)?;
        let step = check.observe(&frame, &observation, Some((time * 1e9) as u64))?;
        if let Some(light) = step.light.filter(|light| light.active) {
            let (rows, columns) = (light.rows as usize, light.columns as usize);
            Pattern::new(time, rows, columns, light.colors).into_iter().for_each(|p| actor.see(p));
        }
        if step.done {
            return Ok((check, rgb, renderer.surface()));
        }
    }
    Err(format!("session {n} did not end").into())
}
