// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whatever the caps: every format, odd sizes, colorimetries, strides, rates and changes in mid-stream.

mod common;

use common::session::Session;
use common::*;
use gst::prelude::*;
use gst_video::{VideoFormat, VideoInfo, VideoMeta};
use gstliveness::meta::LivenessMeta;

const FORMATS: [VideoFormat; 17] = [
    VideoFormat::Nv12,
    VideoFormat::I420,
    VideoFormat::Yv12,
    VideoFormat::Yuy2,
    VideoFormat::Uyvy,
    VideoFormat::Nv21,
    VideoFormat::Rgb,
    VideoFormat::Bgr,
    VideoFormat::Rgbx,
    VideoFormat::Bgrx,
    VideoFormat::Xrgb,
    VideoFormat::Xbgr,
    VideoFormat::Rgba,
    VideoFormat::Bgra,
    VideoFormat::Argb,
    VideoFormat::Abgr,
    VideoFormat::Gray8,
];
const YUV: [VideoFormat; 6] = [
    VideoFormat::Nv12,
    VideoFormat::I420,
    VideoFormat::Yv12,
    VideoFormat::Yuy2,
    VideoFormat::Uyvy,
    VideoFormat::Nv21,
];
/// BT.601 and BT.709, limited and full, by GStreamer's names or as range:matrix:transfer:primaries; the weights of red
/// and blue in luma; whether the range is full.
const COLORIMETRIES: [(&str, (f64, f64), bool); 4] = [
    ("bt601", (0.299, 0.114), false),
    ("bt709", (0.2126, 0.0722), false),
    ("1:4:16:4", (0.299, 0.114), true),
    ("1:3:5:1", (0.2126, 0.0722), true),
];
/// By how many levels the mean colour of a portrait may be off.
const TINT: f64 = 0.7;

/// How one picture was judged.
struct Judged {
    status: String,
    score: f64,
    luminance: f64,
    portrait: Picture,
}

/// Shows one picture, given as the bytes of `info`.
fn judge(info: &VideoInfo, buffer: gst::Buffer) -> Judged {
    judge_caps(&info.to_caps().unwrap(), buffer)
}

fn judge_caps(caps: &gst::Caps, buffer: gst::Buffer) -> Judged {
    let mut rig = Rig::with_caps(caps, &[("frames", &1u32)]);
    rig.push(buffer);
    rig.end();
    let messages = rig.messages();
    let result = result(&messages);
    let json = json(result);
    assert_eq!(guidance(&messages).len(), 1, "{caps}");
    assert_ne!(guidance(&messages), ["NO_FACE"], "{caps}");
    Judged {
        status: text(result, "status"),
        score: score(result),
        luminance: json["face_luminance"].as_f64().unwrap(),
        portrait: Picture::decoded(&result.get("reference-image").unwrap()),
    }
}

/// The mean difference of two portraits of nearly the same size, per channel.
fn difference(a: &Picture, b: &Picture) -> f64 {
    let (width, height) = (a.width.min(b.width), a.height.min(b.height));
    assert!(a.width.abs_diff(b.width) <= 8 && a.height.abs_diff(b.height) <= 8);
    let (a, b) = (a.scaled(width, height), b.scaled(width, height));
    let sum: f64 = a.rgb.iter().zip(&b.rgb).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    sum / a.rgb.len() as f64
}

/// By how much the mean colours differ, in levels of the channel that differs most.
fn tint(a: &Picture, b: &Picture) -> f64 {
    let mean = |picture: &Picture, channel: usize| {
        let values = picture.rgb.iter().skip(channel).step_by(3);
        3.0 * values.map(|v| f64::from(*v)).sum::<f64>() / picture.rgb.len() as f64
    };
    (0..3).map(|channel| (mean(a, channel) - mean(b, channel)).abs()).fold(0.0, f64::max)
}

/// The nets stay loaded while this lives.
fn keeper() -> Rig {
    Rig::new(&Picture::grey(16, 16), &[("auto-start", &false)])
}

/// By how much a picture in `info` is judged otherwise than in RGB, if that is too much.
fn fault(info: &VideoInfo, bytes: Vec<u8>, rgb: &Judged, most_tint: f64) -> Option<String> {
    // The portrait is cut around the face, whose box moves by parts of a pixel: along edges that comes to 4 levels.
    fault_beyond((6.0, 4.5), info, bytes, rgb, most_tint)
}

/// As [`fault`], with the largest differences of the score (points) and of the portrait's pixels (levels).
fn fault_beyond(
    (most_score, most_pixels): (f64, f64),
    info: &VideoInfo,
    bytes: Vec<u8>,
    rgb: &Judged,
    most_tint: f64,
) -> Option<String> {
    let judged = judge(info, gst::Buffer::from_slice(bytes));
    let (score, luminance) = (judged.score - rgb.score, judged.luminance - rgb.luminance);
    let (pixels, tint) = (difference(&judged.portrait, &rgb.portrait), tint(&judged.portrait, &rgb.portrait));
    let colored = info.format() != VideoFormat::Gray8;
    let fault = score.abs() > most_score
        || luminance.abs() > 1.0
        || colored && (pixels > most_pixels || tint > most_tint);
    let (format, width, height, colorimetry) =
        (info.format(), info.width(), info.height(), info.colorimetry());
    let text = format!(
        "{format:?} {width}×{height} {colorimetry}: score {score}, luminance {luminance}, pixels {pixels}, tint {tint}"
    );
    fault.then_some(text)
}

/// Every format of this size must be judged like RGB.
fn same_as_rgb(width: usize, height: usize) {
    let _keeper = keeper();
    let picture = Picture::astronaut().crop(0, 0, width, height);
    let rgb = judge(&picture.info(), picture.buffer());
    assert_eq!(rgb.status, "Approved");
    let faults = FORMATS.into_iter().filter_map(|format| {
        let info = video_info(format, width, height);
        // GStreamer's converter has 8-bit short cuts: with them blue may be off by 1.6 levels.
        fault(&info, picture.converted(&info), &rgb, 2.5)
    });
    let faults: Vec<_> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// `picture` in a format of Y'CbCr or grey, to the nearest code, by the definition of its colorimetry.
fn encoded(picture: &Picture, info: &VideoInfo, (red, blue): (f64, f64), full: bool) -> Vec<u8> {
    let code = |x: usize, y: usize| -> [f64; 3] {
        let (x, y) = (x.min(picture.width - 1), y.min(picture.height - 1));
        let [r, g, b] = picture.pixel(x, y).map(|v| f64::from(v) / 255.0);
        let luma = red * r + (1.0 - red - blue) * g + blue * b;
        [luma, 0.5 * (b - luma) / (1.0 - blue), 0.5 * (r - luma) / (1.0 - red)]
    };
    let (luma_range, zero, chroma_range) = if full { (255.0, 0.0, 255.0) } else { (219.0, 16.0, 224.0) };
    let mut bytes = vec![0; info.size()];
    let format = info.format_info();
    for component in 0..format.n_components() as usize {
        let (plane, offset) = (format.plane()[component] as usize, info.comp_poffset(component as u8));
        let (step, stride) = (format.pixel_stride()[component] as usize, info.stride()[plane] as usize);
        let (wide, high) = (1usize << format.w_sub()[component], 1usize << format.h_sub()[component]);
        for y in 0..picture.height.div_ceil(high) {
            for x in 0..picture.width.div_ceil(wide) {
                let area = (0..high).flat_map(|dy| (0..wide).map(move |dx| (x * wide + dx, y * high + dy)));
                let sum: f64 = area.map(|(x, y)| code(x, y)[component]).sum();
                let mean = sum / (wide * high) as f64;
                let value =
                    if component == 0 { zero + luma_range * mean } else { 128.0 + chroma_range * mean };
                bytes[info.offset()[plane] + y * stride + x * step + offset as usize] = value.round() as u8;
            }
        }
    }
    bytes
}

#[test]
fn every_format_is_seen_like_rgb() {
    same_as_rgb(512, 512);
}

#[test]
fn odd_sizes_are_seen_like_rgb() {
    same_as_rgb(511, 509);
}

#[test]
fn narrow_odd_sizes_are_seen_like_rgb() {
    same_as_rgb(401, 333);
}

#[test]
fn every_colorimetry_is_seen_like_rgb() {
    let _keeper = keeper();
    let picture = Picture::astronaut().crop(0, 0, 511, 509);
    let rgb = judge(&picture.info(), picture.buffer());
    let mut faults = Vec::new();
    for (colorimetry, weights, full) in COLORIMETRIES {
        for format in YUV {
            let info = colored_info(format, 511, 509, colorimetry);
            faults.extend(fault(&info, encoded(&picture, &info, weights, full), &rgb, TINT));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn both_ranges_of_grey_are_seen_like_rgb() {
    let _keeper = keeper();
    let picture = Picture::astronaut().crop(0, 0, 511, 509);
    let rgb = judge(&picture.info(), picture.buffer());
    for (colorimetry, weights, full) in [COLORIMETRIES[0], COLORIMETRIES[2]] {
        let info = colored_info(VideoFormat::Gray8, 511, 509, colorimetry);
        assert_eq!(fault(&info, encoded(&picture, &info, weights, full), &rgb, TINT), None);
    }
}

/// That [`TINT`] tells one colorimetry from another.
/// 8-bit HDR signals of an sRGB code, where 203 cd/m² are diffuse white.
fn pq(light: f64) -> f64 {
    let power = (light * 203.0 / 10_000.0).powf(0.159_301_757_812_5);
    ((0.835_937_5 + 18.851_562_5 * power) / (1.0 + 18.687_5 * power)).powf(78.843_75)
}

fn hlg(light: f64) -> f64 {
    let light = light * 0.265;
    match light {
        light if light <= 1.0 / 12.0 => (3.0 * light).sqrt(),
        light => 0.178_832_77 * (12.0 * light - 0.284_668_92).ln() + 0.559_910_73,
    }
}

/// The picture with every pixel's linear light (1 is white) turned by `primaries` and stored by `signal`.
fn in_light(picture: &Picture, primaries: [[f64; 3]; 3], signal: fn(f64) -> f64) -> Picture {
    let linear = |code: u8| match f64::from(code) / 255.0 {
        value if value <= 0.040_45 => value / 12.92,
        value => ((value + 0.055) / 1.055).powf(2.4),
    };
    Picture::new(picture.width, picture.height, |x, y| {
        let light = picture.pixel(x, y).map(linear);
        primaries.map(|row| {
            let light = row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
            (255.0 * signal(light.clamp(0.0, 1.0))).round() as u8
        })
    })
}

const SAME: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const TO_BT2020: [[f64; 3]; 3] =
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]];

#[test]
fn hdr_is_seen_like_plain_video() {
    let _keeper = keeper();
    let picture = Picture::astronaut();
    let plain = judge(&picture.info(), picture.buffer());
    let linear = |light: f64| light;
    // Range, matrix, transfer and primaries as in GStreamer's colorimetry strings; BT.2020's matrix weights.
    let wide = [
        ("bt2100-pq", pq as fn(f64) -> f64),
        ("bt2100-hlg", hlg),
        ("1:6:14:7", pq),
        ("2:6:13:7", encode_srgb),
    ];
    for (colorimetry, signal) in wide {
        let stored = in_light(&picture, TO_BT2020, signal);
        for format in [VideoFormat::I420, VideoFormat::Nv12] {
            let info = colored_info(format, 512, 512, colorimetry);
            let full = info.colorimetry().range() == gst_video::VideoColorRange::Range0_255;
            let bytes = encoded(&stored, &info, (0.2627, 0.0593), full);
            // An HDR signal in 8 bits has coarser steps.
            assert_eq!(fault_beyond((8.0, 6.5), &info, bytes, &plain, 2.5), None, "{colorimetry}");
        }
    }
    for (colorimetry, signal, primaries) in [
        ("1:1:14:1", pq as fn(f64) -> f64, SAME),
        ("1:1:15:7", hlg, TO_BT2020),
        ("1:1:1:1", linear, SAME),
        ("1:1:7:7", encode_srgb, TO_BT2020),
    ] {
        let stored = in_light(&picture, primaries, signal);
        let info = colored_info(VideoFormat::Rgb, 512, 512, colorimetry);
        let bytes = stored.buffer().map_readable().unwrap().to_vec();
        assert_eq!(fault_beyond((8.0, 6.5), &info, bytes, &plain, 2.5), None, "{colorimetry}");
    }
}

fn encode_srgb(light: f64) -> f64 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[test]
fn the_light_is_read_by_the_transfer_function_of_the_caps() {
    for (colorimetry, signal) in [("1:1:14:1", pq as fn(f64) -> f64), ("1:1:15:1", hlg)] {
        let mut session = Session::new(&format!(
            "livenesstestsrc name=source seed=5 identity=5 ! video/x-raw,format=RGB,width=640,height=480,framerate=30/1 \
             ! capssetter caps=\"video/x-raw,colorimetry=(string){colorimetry}\" \
             ! livenessflash seed=3 max-attempts=1 ! fakesink sync=false"
        ));
        let table: Vec<u8> = in_light(&Picture::new(256, 1, |x, _| [x as u8; 3]), SAME, signal)
            .rgb
            .into_iter()
            .step_by(3)
            .collect();
        alter(&session.element("source").static_pad("src").unwrap(), move |_, buffer| {
            buffer.map_writable().unwrap().iter_mut().for_each(|code| *code = table[usize::from(*code)]);
        });
        session.play();
        let result = session.result();
        assert_eq!(text(&result, "status"), "Approved", "{colorimetry}: {result}");
    }
}

#[test]
fn the_colorimetry_of_the_caps_matters() {
    let _keeper = keeper();
    let picture = Picture::astronaut();
    let (colorimetry, weights, full) = COLORIMETRIES[0];
    let bytes = encoded(&picture, &colored_info(VideoFormat::I420, 512, 512, colorimetry), weights, full);
    let judged = COLORIMETRIES.map(|(colorimetry, ..)| {
        judge(&colored_info(VideoFormat::I420, 512, 512, colorimetry), gst::Buffer::from_slice(bytes.clone()))
    });
    for other in &judged[1..] {
        let off = tint(&judged[0].portrait, &other.portrait);
        assert!(off > TINT, "{off}");
    }
}

#[test]
fn the_pad_templates_take_the_formats_of_the_contract_and_no_other() {
    init();
    let element = gst::ElementFactory::make("livenesspassive").build().unwrap();
    for pad in ["sink", "src"] {
        let caps = element.static_pad(pad).unwrap().pad_template_caps();
        let structure = caps.structure(0).unwrap();
        let list = structure.get::<gst::List>("format").unwrap();
        let mut have: Vec<String> = list.iter().map(|format| format.get().unwrap()).collect();
        let mut want: Vec<String> = FORMATS.iter().map(|format| format.to_str().to_string()).collect();
        have.sort_unstable();
        want.sort_unstable();
        assert_eq!(have, want);
        for (width, height, rate) in [(1, 1, 0), (32767, 1, 1), (7680, 4320, 1000)] {
            let some = gst_video::VideoCapsBuilder::new()
                .format(VideoFormat::Nv12)
                .width(width)
                .height(height)
                .framerate(gst::Fraction::new(rate, 1))
                .build();
            assert!(some.can_intersect(&caps), "{some}");
        }
    }
}

/// A buffer of `picture` whose rows are `padding` bytes apart and whose planes lie `gap` bytes apart, by its video
/// meta. What is between them is not the picture's.
fn padded(picture: &Picture, info: &VideoInfo, padding: usize, gap: usize, memories: bool) -> gst::Buffer {
    let tight = picture.converted(info);
    let (mut offsets, mut strides, mut planes) = (Vec::new(), Vec::new(), Vec::new());
    let mut offset = gap;
    for plane in 0..info.n_planes() as usize {
        let (stride, begin) = (info.stride()[plane] as usize, info.offset()[plane]);
        let end = info.offset().get(plane + 1).copied().unwrap_or(tight.len());
        let mut bytes = Vec::new();
        for row in tight[begin..end].chunks(stride) {
            bytes.extend_from_slice(row);
            bytes.extend((0..stride + padding - row.len()).map(|i| (i * 97) as u8));
        }
        bytes.extend(std::iter::repeat_n(0xaa, gap));
        offsets.push(offset);
        strides.push((stride + padding) as i32);
        offset += bytes.len();
        planes.push(bytes);
    }
    let lead = vec![0x55; gap];
    let mut buffer = gst::Buffer::new();
    let buffer_ref = buffer.make_mut();
    if memories {
        std::iter::once(lead)
            .chain(planes)
            .for_each(|m| buffer_ref.append_memory(gst::Memory::from_slice(m)));
    } else {
        let all = std::iter::once(lead).chain(planes).flatten().collect::<Vec<u8>>();
        buffer_ref.append_memory(gst::Memory::from_slice(all));
    }
    let flags = gst_video::VideoFrameFlags::empty();
    VideoMeta::add_full(buffer_ref, flags, info.format(), info.width(), info.height(), &offsets, &strides)
        .unwrap();
    buffer
}

fn padding_changes_nothing(memories: bool) {
    let _keeper = keeper();
    let picture = Picture::astronaut().crop(0, 0, 511, 509);
    for format in FORMATS {
        let info = video_info(format, 511, 509);
        let tight = judge(&info, gst::Buffer::from_slice(picture.converted(&info)));
        let padded = judge(&info, padded(&picture, &info, 52, 1024, memories));
        assert_eq!(padded.score, tight.score, "{format:?}");
        // GStreamer's JPEG decoder and converter are not quite the same twice.
        assert!(difference(&padded.portrait, &tight.portrait) < 0.3, "{format:?}");
    }
}

#[test]
fn padded_rows_and_planes_change_nothing() {
    padding_changes_nothing(false);
}

#[test]
fn planes_in_memories_of_their_own_change_nothing() {
    padding_changes_nothing(true);
}

#[test]
fn a_variable_rate_is_taken() {
    let picture = Picture::astronaut();
    let info = VideoInfo::builder(VideoFormat::Rgb, 512, 512).fps(gst::Fraction::new(0, 1)).build().unwrap();
    assert_eq!(judge(&info, picture.buffer()).status, "Approved");
}

#[test]
fn caps_without_rate_or_colorimetry_are_taken() {
    let picture = Picture::astronaut();
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "RGB")
        .field("width", 512)
        .field("height", 512)
        .build();
    assert_eq!(judge_caps(&caps, picture.buffer()).status, "Approved");
}

#[test]
fn caps_may_change_in_mid_stream() {
    let astronaut = Picture::astronaut();
    let small = astronaut.scaled(301, 299);
    let mut rig = Rig::new(&astronaut, &[("frames", &100u32)]);
    let stages = [
        (&astronaut, VideoFormat::Rgb),
        (&astronaut, VideoFormat::Nv12),
        (&small, VideoFormat::Nv12),
        (&small, VideoFormat::Gray8),
        (&astronaut, VideoFormat::Abgr),
    ];
    for (picture, format) in stages {
        let info = video_info(format, picture.width, picture.height);
        rig.set_caps(&info.to_caps().unwrap());
        for _ in 0..2 {
            let out = rig.push(gst::Buffer::from_slice(picture.converted(&info)));
            let meta = out.meta::<LivenessMeta>().expect("a check runs");
            let observation = meta.observation().expect("analysed");
            assert_eq!((observation.width, observation.height), (picture.width, picture.height));
            assert_eq!(observation.faces.len(), 1, "{format:?}");
            let (x, y) = (observation.faces[0].bbox.center().x, observation.faces[0].bbox.center().y);
            let scale = picture.width as f32 / 512.0;
            assert!((x / scale - 224.0).abs() < 16.0 && (y / scale - 118.0).abs() < 24.0, "{x} {y}");
        }
    }
    rig.end();
    let messages = rig.messages();
    let evidence = &json(result(&messages))["evidence"];
    assert_eq!((&evidence["frames_analysed"], &evidence["frames_skipped"]), (&10.into(), &0.into()));
}

#[test]
fn a_pipeline_renegotiates() {
    init();
    let line = "videotestsrc num-buffers=6 pattern=black ! capsfilter name=filter caps=video/x-raw,format=NV12,width=64,height=48 \
                ! livenesspassive name=check ! fakesink name=sink signal-handoffs=true";
    let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let filter = pipeline.by_name("filter").unwrap();
    let sizes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = sizes.clone();
    let sink = pipeline.by_name("sink").unwrap();
    sink.connect("handoff", false, move |args| {
        seen.lock().unwrap().push(args[1].get::<gst::Buffer>().unwrap().size());
        let other: gst::Caps = "video/x-raw,format=RGB,width=33,height=17".parse().unwrap();
        filter.set_property("caps", other);
        None
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    let message = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(TIMEOUT, &[gst::MessageType::Eos, gst::MessageType::Error])
        .unwrap();
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    pipeline.set_state(gst::State::Null).unwrap();
    let sizes = sizes.lock().unwrap();
    assert_eq!((sizes[0], sizes[5]), (64 * 48 * 3 / 2, 100 * 17));
}
