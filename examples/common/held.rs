// SPDX-License-Identifier: MIT OR Apache-2.0

//! A still picture in a hand before a camera.

use gst::prelude::*;
use liveness_core::random::Random;
use nalgebra::{Matrix3, Rotation3, Vector3};

use super::clip::Error;

/// RGB without padding, and when it was taken, in seconds.
pub struct Picture {
    pub time: f64,
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

impl Picture {
    pub fn of(sample: &gst::Sample) -> Result<Self, Error> {
        let buffer = sample.buffer().ok_or("a sample without buffer")?;
        let info = gst_video::VideoInfo::from_caps(sample.caps().ok_or("a sample without caps")?)?;
        let (width, height) = (info.width() as usize, info.height() as usize);
        let map = buffer.map_readable()?;
        let rows = map.chunks(info.stride()[0] as usize).take(height);
        let time = buffer.pts().ok_or("a frame without time")?.nseconds() as f64 * 1e-9;
        Ok(Self { time, width, height, rgb: rows.flat_map(|row| &row[..3 * width]).copied().collect() })
    }

    fn sample(&self, rate: f64) -> Result<gst::Sample, Error> {
        let (width, height) = (self.width as u32, self.height as u32);
        let rate = gst::Fraction::new((1000.0 * rate) as i32, 1000);
        let info =
            gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgb, width, height).fps(rate).build()?;
        let mut bytes = vec![0; info.size()];
        let rows = bytes.chunks_mut(info.stride()[0] as usize).zip(self.rgb.chunks(3 * self.width));
        rows.for_each(|(to, from)| to[..from.len()].copy_from_slice(from));
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        buffer.make_mut().set_pts(gst::ClockTime::from_nseconds((1e9 * self.time) as u64));
        Ok(gst::Sample::builder().buffer(&buffer).caps(&info.to_caps()?).build())
    }
}

/// How far a hand moves what it holds: in degrees out of the picture's plane and within, in heights to the side, in
/// shares to and fro.
#[derive(Clone, Copy)]
pub struct Hand {
    pub tilt: f32,
    pub roll: f32,
    pub shift: f32,
    pub reach: f32,
}

/// What a camera sees of `still` for some seconds: each of six freedoms sways at 0.2 to 1.5 Hz, the camera adds its noise.
pub fn moved(still: &Picture, hand: Hand, rate: f64, seconds: f64, random: &mut Random) -> Vec<Picture> {
    let sways: [Sway; 6] = std::array::from_fn(|_| Sway::new(random));
    let noise: Vec<f32> = (0..1 << 16).map(|_| random.normal()).collect();
    let level = random.between(1.0, 3.5);
    let count = (seconds * rate) as usize;
    let mut show = |i: usize| {
        let time = i as f64 / rate;
        let [pitch, yaw, roll, x, y, z] = sways.each_ref().map(|sway| sway.at(time));
        let turn = Rotation3::from_euler_angles(
            (hand.tilt * pitch).to_radians(),
            (hand.tilt * yaw).to_radians(),
            (hand.roll * roll).to_radians(),
        );
        let place = Vector3::new(hand.shift * x, hand.shift * y, DISTANCE * (1.0 + hand.reach * z));
        let turn = turn.matrix();
        let seen = Matrix3::from_columns(&[turn.column(0).into(), turn.column(1).into(), place]);
        let back = seen.try_inverse().unwrap_or_else(Matrix3::identity);
        let at = random.bits() as usize;
        Picture { time, rgb: warp(still, &back, |n| level * noise[(at.wrapping_add(n)) & 0xffff]), ..*still }
    };
    (0..count).map(&mut show).collect()
}

/// In heights of the picture: what the camera sees as large as it is.
const DISTANCE: f32 = 1.2;

/// `still` through `back`, the map from the camera's rays to its plane. Beyond its border it goes on as it ends.
fn warp(still: &Picture, back: &Matrix3<f32>, noise: impl Fn(usize) -> f32) -> Vec<u8> {
    let (width, height) = (still.width as f32, still.height as f32);
    let mut rgb = Vec::with_capacity(still.rgb.len());
    for (row, column) in (0..still.height).flat_map(|row| (0..still.width).map(move |column| (row, column))) {
        let ray = [column as f32 - 0.5 * width, row as f32 - 0.5 * height].map(|v| v / height / DISTANCE);
        let plane = back * Vector3::new(ray[0], ray[1], 1.0);
        let x = (height * plane.x / plane.z + 0.5 * width).clamp(0.0, width - 1.001);
        let y = (height * plane.y / plane.z + 0.5 * height).clamp(0.0, height - 1.001);
        let (left, top, dx, dy) = (x as usize, y as usize, x.fract(), y.fract());
        for channel in 0..3 {
            let value = |x: usize, y: usize| f32::from(still.rgb[3 * (y * still.width + x) + channel]);
            let mix = |y: usize| (1.0 - dx) * value(left, y) + dx * value(left + 1, y);
            let value = (1.0 - dy) * mix(top) + dy * mix(top + 1) + noise(rgb.len());
            rgb.push(value.round() as u8);
        }
    }
    rgb
}

/// A smooth motion within ±1.
struct Sway([[f32; 3]; 3]);

impl Sway {
    fn new(random: &mut Random) -> Self {
        let mut wave = || {
            [random.between(0.2, 1.5), random.between(0.0, std::f32::consts::TAU), random.between(0.2, 1.0)]
        };
        Self([wave(), wave(), wave()])
    }

    fn at(&self, time: f64) -> f32 {
        let wave = |[rate, phase, size]: &[f32; 3]| {
            size * (std::f32::consts::TAU * rate * time as f32 + phase).sin()
        };
        self.0.iter().map(wave).sum::<f32>() / self.0.iter().map(|[_, _, size]| size).sum::<f32>()
    }
}

/// As a webcam's H.264 at 1 Mbit/s leaves them.
pub fn coded(pictures: &[Picture], rate: f64) -> Result<Vec<Picture>, Error> {
    let pipeline = gst::parse::launch(
        "appsrc name=from format=time max-bytes=0 ! videoconvert ! openh264enc bitrate=1000000 rate-control=bitrate ! \
         avdec_h264 max-threads=1 ! videoconvert ! video/x-raw,format=RGB ! appsink name=to sync=false",
    )?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline")?;
    let from = pipeline.by_name("from").and_downcast::<gst_app::AppSrc>().ok_or("no appsrc")?;
    let to = pipeline.by_name("to").and_downcast::<gst_app::AppSink>().ok_or("no appsink")?;
    pipeline.set_state(gst::State::Playing)?;
    for picture in pictures {
        from.push_sample(&picture.sample(rate)?)?;
    }
    from.end_of_stream()?;
    let samples = std::iter::from_fn(|| to.try_pull_sample(gst::ClockTime::from_seconds(20)));
    let seen = samples.map(|sample| Picture::of(&sample)).collect();
    pipeline.set_state(gst::State::Null)?;
    seen
}
