// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kiosk screen: what `livenessoverlay` draws, and when it draws nothing.

mod common;

use common::{Picture, Rig, colored_info, init, named, video_info, was_analysed};
use gst::prelude::*;
use gst_video::{VideoFormat, VideoInfo};
use gstliveness::FORMATS;
use gstliveness::meta::{LivenessMeta, RunningCheck};
use liveness_core::check::{Action, ActionEvent, ActionState, Guidance, LightCue, Method};
use liveness_core::session::{Advice, Status};
use liveness_screen::{Language, Layout, Prompt};

const COLORS: [u32; 6] = [0xc8_6040, 0x50_a0d0, 0x60_b050, 0xff_ffff, 0x00_0000, 0xb0_70c0];

fn running() -> RunningCheck {
    RunningCheck {
        method: Method::Flash,
        status: Status::InProgress,
        attempt: 1,
        guidance: Guidance::Ok,
        fraction: 0.5,
        score: None,
        action: None,
        advice: None,
        light: None,
    }
}

/// Two rows of three cells.
fn lit() -> RunningCheck {
    let light = LightCue {
        active: true,
        index: 0,
        rows: 2,
        columns: 3,
        colors: COLORS.to_vec(),
        duration: 33_000_000,
    };
    RunningCheck { light: Some(light), ..running() }
}

fn coaching(guidance: Guidance) -> RunningCheck {
    RunningCheck { guidance, ..running() }
}

fn overlay(info: &VideoInfo, properties: &[(&str, &dyn ToValue)]) -> Rig {
    init();
    let element = gst::ElementFactory::make("livenessoverlay").build().unwrap();
    for (name, value) in properties {
        element.set_property_from_value(name, &value.to_value());
    }
    Rig::around(element, &info.to_caps().unwrap())
}

/// A colourful picture without edges.
fn scene(width: usize, height: usize) -> Picture {
    Picture::new(width, height, |x, y| {
        [(40 + 150 * x / width) as u8, (60 + 120 * y / height) as u8, (200 - 120 * x / width) as u8]
    })
}

fn buffer(picture: &Picture, info: &VideoInfo) -> gst::Buffer {
    gst::Buffer::from_mut_slice(picture.converted(info))
}

fn with(mut buffer: gst::Buffer, check: RunningCheck) -> gst::Buffer {
    LivenessMeta::add(buffer.make_mut(), None, check);
    buffer
}

/// What a buffer shows, by GStreamer's own converter.
fn seen(buffer: &gst::Buffer, info: &VideoInfo) -> Picture {
    let sample = gst::Sample::builder().buffer(buffer).caps(&info.to_caps().unwrap()).build();
    let caps = gst_video::VideoCapsBuilder::new().format(VideoFormat::Rgb).build();
    Picture::of(&gst_video::convert_sample(&sample, &caps, common::TIMEOUT).unwrap())
}

fn bytes(buffer: &gst::Buffer) -> Vec<u8> {
    buffer.map_readable().unwrap().to_vec()
}

fn near(a: [u8; 3], b: [u8; 3], tolerance: u8) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= tolerance)
}

/// The middles of the cells' free parts and their colours: beside the oval, above the caption.
fn cells(layout: &Layout) -> Vec<((usize, usize), [u8; 3])> {
    let (w, h) = (layout.width, layout.height);
    let place =
        |row: usize, column: usize| ([w / 12, w / 2, w - 1 - w / 12][column], [h / 40, 2 * h / 3][row]);
    let all = (0..2).flat_map(|row| (0..3).map(move |column| (row, column)));
    let free = all.filter(|(row, column)| (*row, *column) != (1, 1));
    let color = |(row, column): (usize, usize)| {
        let [_, r, g, b] = COLORS[3 * row + column].to_be_bytes();
        (place(row, column), [r, g, b])
    };
    free.map(color).collect()
}

#[test]
fn the_light_is_the_cue_and_the_oval_the_person_mirrored_in_every_format() {
    init();
    let (width, height) = (320, 240);
    let layout = Layout::new(width, height);
    for format in FORMATS {
        for colorimetry in ["bt601", "bt709", "1:3:5:1", "1:4:0:0"] {
            let gray = format == VideoFormat::Gray8;
            let yuv = gst_video::VideoFormatInfo::from_format(format).is_yuv();
            let info = if yuv {
                colored_info(format, width, height, colorimetry)
            } else {
                video_info(format, width, height)
            };
            let camera = buffer(&scene(width, height), &info);
            let before = seen(&camera, &info);
            let mut rig = overlay(&info, &[]);
            let after = seen(&rig.push(with(camera, lit())), &info);
            let name = format!("{format:?} {colorimetry}");
            for ((x, y), color) in cells(&layout) {
                let [r, g, b] = color.map(f32::from);
                let luma = (0.299 * r + 0.587 * g + 0.114 * b).round() as u8;
                let wanted = if gray { [luma; 3] } else { color };
                // GStreamer's fast converters are off by up to 4; the codes themselves are exact, as `ink` tests.
                assert!(near(after.pixel(x, y), wanted, 5), "{name}: {:?} {wanted:?}", after.pixel(x, y));
            }
            let inside = |x: usize, y: usize| layout.outside(x as f32, y as f32) < -3.0 * layout.stroke;
            for (x, y) in
                (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|(x, y)| inside(*x, *y))
            {
                let (now, then) = (after.pixel(x, y), before.pixel(width - 1 - x, y));
                assert!(near(now, then, 4), "{name} at {x},{y}: {now:?} {then:?}");
            }
        }
    }
}

#[test]
fn every_cell_is_flat_up_to_its_soft_border() {
    let info = video_info(VideoFormat::Rgb, 640, 480);
    let layout = Layout::new(640, 480);
    let mut rig = overlay(&info, &[]);
    let after = seen(&rig.push(with(buffer(&scene(640, 480), &info), lit())), &info);
    let [border, ring] = [480.0 / 24.0 / 2.0, 3.0 * layout.stroke];
    let mut flat = 0;
    for (x, y) in (0..480).flat_map(|y| (0..640).map(move |x| (x, y))) {
        let (column, row) = (3 * x / 640, 2 * y / 480);
        let edge =
            |at: usize, cell: f32| (at as f32 + 0.5 - (at as f32 / cell).round() * cell).abs() > border + 1.0;
        let inner = edge(x, 640.0 / 3.0) && edge(y, 240.0);
        let caption = (y as f32) > layout.caption - layout.caption_size.1;
        if inner && !caption && layout.outside(x as f32, y as f32) > ring {
            let [_, r, g, b] = COLORS[3 * row + column].to_be_bytes();
            assert_eq!(after.pixel(x, y), [r, g, b], "{x},{y}");
            flat += 1;
        }
    }
    assert!(flat > 640 * 480 / 3, "{flat}");
}

#[test]
fn every_frame_shows_its_own_cue() {
    let info = video_info(VideoFormat::Bgrx, 320, 240);
    let mut rig = overlay(&info, &[]);
    for index in 0..30u32 {
        let color = 0x0f_1e2d_u32.wrapping_mul(index + 1) & 0xff_ffff;
        let light = LightCue { active: true, index, rows: 1, columns: 1, colors: vec![color], duration: 1 };
        let frame = with(buffer(&scene(320, 240), &info), RunningCheck { light: Some(light), ..running() });
        let [_, r, g, b] = color.to_be_bytes();
        assert_eq!(seen(&rig.push(frame), &info).pixel(310, 100), [r, g, b]);
    }
}

#[test]
fn any_size_and_format_is_drawn_on() {
    for (width, height) in [(1, 1), (2, 2), (3, 5), (47, 49), (63, 65), (8192, 3), (2, 4321), (7680, 64)] {
        for format in FORMATS {
            let info = video_info(format, width, height);
            let mut rig = overlay(&info, &[]);
            let turn = ActionEvent {
                action: Action::TurnLeft,
                index: 0,
                count: 1,
                state: ActionState::Requested,
                deadline: 0,
            };
            for check in
                [lit(), coaching(Guidance::Blurred), RunningCheck { action: Some(turn), ..running() }]
            {
                let frame = gst::Buffer::from_mut_slice(vec![100; info.size()]);
                assert_eq!(rig.push(with(frame, check)).size(), info.size());
            }
        }
    }
}

#[test]
fn a_single_pixel_shows_its_light() {
    let info = video_info(VideoFormat::Rgb, 1, 1);
    let mut rig = overlay(&info, &[]);
    let light =
        LightCue { active: true, index: 0, rows: 1, columns: 1, colors: vec![0x12_3456], duration: 1 };
    let frame = with(
        gst::Buffer::from_mut_slice(vec![0; info.size()]),
        RunningCheck { light: Some(light), ..running() },
    );
    assert_eq!(bytes(&rig.push(frame))[..3], [0x12, 0x34, 0x56]);
}

#[test]
fn strides_and_offsets_of_the_video_meta_hold_and_padding_stays() {
    let (width, height) = (97usize, 65usize);
    for format in FORMATS {
        let info = video_info(format, width, height);
        let plain = buffer(&scene(width, height), &info);
        let rows: Vec<usize> = info.stride().iter().map(|s| *s as usize).collect();
        let planes = rows.len();
        let heights: Vec<usize> =
            (0..planes).map(|p| if p == 0 { height } else { height.div_ceil(2) }).collect();
        let (mut offset, mut offsets, mut strides) = (13, Vec::new(), Vec::new());
        for plane in 0..planes {
            offsets.push(offset);
            strides.push((rows[plane] + 37) as i32);
            offset += (rows[plane] + 37) * heights[plane] + 11;
        }
        let mut padded = vec![0xee; offset];
        let from = bytes(&plain);
        let copy = |padded: &mut Vec<u8>, from: &[u8]| {
            for plane in 0..planes {
                for row in 0..heights[plane] {
                    let (to, at) = (
                        offsets[plane] + row * strides[plane] as usize,
                        info.offset()[plane] + row * rows[plane],
                    );
                    padded[to..to + rows[plane]].copy_from_slice(&from[at..at + rows[plane]]);
                }
            }
        };
        copy(&mut padded, &from);
        let mut framed = gst::Buffer::from_mut_slice(padded.clone());
        gst_video::VideoMeta::add_full(
            framed.make_mut(),
            gst_video::VideoFrameFlags::empty(),
            format,
            width as u32,
            height as u32,
            &offsets,
            &strides,
        )
        .unwrap();
        // Shared, so that the element has to copy it.
        let kept = framed.clone();
        let mut rig = overlay(&info, &[]);
        let drawn = bytes(&rig.push(with(plain, lit())));
        let out = rig.push(with(framed, lit()));
        copy(&mut padded, &drawn);
        assert!(bytes(&out) == padded, "{format:?}");
        assert_ne!(bytes(&kept), padded, "{format:?}: the shared buffer was drawn on");
    }
}

#[test]
fn planes_in_memories_of_their_own_are_drawn_on_in_place() {
    let info = video_info(VideoFormat::Nv12, 320, 240);
    let whole = bytes(&buffer(&scene(320, 240), &info));
    let mut split = gst::Buffer::new();
    for plane in [&whole[..info.offset()[1]], &whole[info.offset()[1]..]] {
        split.make_mut().append_memory(gst::Memory::from_mut_slice(plane.to_vec()));
    }
    let mut rig = overlay(&info, &[]);
    let drawn = bytes(&rig.push(with(gst::Buffer::from_mut_slice(whole), lit())));
    let out = rig.push(with(split, lit()));
    assert_eq!((out.n_memory(), bytes(&out) == drawn), (2, true));
}

#[test]
fn without_metas_and_mirror_a_buffer_passes_untouched_even_when_shared() {
    let info = video_info(VideoFormat::I420, 64, 48);
    let mut rig = overlay(&info, &[("mirror", &false)]);
    let frame = buffer(&scene(64, 48), &info);
    let kept = frame.clone();
    let out = rig.push_as_is(frame);
    assert_eq!(out.as_ptr(), kept.as_ptr());
    // And so again after something was shown.
    rig.push(with(buffer(&scene(64, 48), &info), lit()));
    rig.next += 10 * common::FRAME;
    let frame = buffer(&scene(64, 48), &info);
    let memory = frame.peek_memory(0).as_ptr();
    let out = rig.push(frame);
    assert_eq!(out.peek_memory(0).as_ptr(), memory);
    assert_eq!(seen(&out, &info).rgb, seen(&kept, &info).rgb);
}

#[test]
fn without_metas_the_picture_is_mirrored() {
    let info = video_info(VideoFormat::Rgb, 61, 40);
    let picture = scene(61, 40);
    let mut rig = overlay(&info, &[]);
    let out = seen(&rig.push(buffer(&picture, &info)), &info);
    assert_eq!(out.rgb, Picture::new(61, 40, |x, y| picture.pixel(60 - x, y)).rgb);
    rig.element.set_property("mirror", false);
    assert_eq!(seen(&rig.push(buffer(&picture, &info)), &info).rgb, picture.rgb);
}

/// A rig, its caps and a function that tells whether a frame without a meta shows light.
fn lit_rig() -> (Rig, VideoInfo) {
    let info = video_info(VideoFormat::Rgb, 320, 240);
    let mut rig = overlay(&info, &[("mirror", &false)]);
    assert!(!is_plain(&rig.push(with(buffer(&scene(320, 240), &info), lit())), &info));
    (rig, info)
}

fn is_plain(out: &gst::Buffer, info: &VideoInfo) -> bool {
    seen(out, info).rgb == scene(info.width() as usize, info.height() as usize).rgb
}

fn push_plain(rig: &mut Rig, info: &VideoInfo) -> bool {
    let frame = buffer(&scene(info.width() as usize, info.height() as usize), info);
    is_plain(&rig.push(frame), info)
}

#[test]
fn a_light_goes_out_with_the_check() {
    let (mut rig, info) = lit_rig();
    assert!(push_plain(&mut rig, &info));
}

/// The corner of a screen downstream of a check, and what the messages say that it shows.
fn corner_and_told(rig: &mut Rig, told: &mut Option<u32>) -> ([u8; 3], Option<[u8; 3]>, bool) {
    let out = rig.show(&Picture::astronaut());
    for light in named(&rig.messages(), "liveness/light") {
        let color = |colors: gst::Array| colors.first().map(|color| color.get().unwrap());
        *told = if light.get("active").unwrap() { color(light.get("colors").unwrap()) } else { None };
    }
    let told = told.map(|color| [16, 8, 0].map(|shift| (color >> shift) as u8));
    (seen(&out, &Picture::astronaut().info()).pixel(40, 12), told, was_analysed(&out))
}

#[test]
fn the_screen_shows_what_the_messages_say_frame_for_frame() {
    init();
    let line = "livenessflash name=check max-lateness=200000000 ! livenessoverlay mirror=false";
    let bin = gst::parse::bin_from_description(line, true).unwrap();
    let check = bin.by_name("check").unwrap();
    let picture = Picture::astronaut();
    let mut rig = Rig::around(bin.upcast(), &picture.info().to_caps().unwrap());
    let (mut told, mut lit) = (None, 0);
    while lit < 6 {
        let (corner, light, _) = corner_and_told(&mut rig, &mut told);
        assert!(light.is_none_or(|light| light == corner), "{light:?} {corner:?}");
        lit += u32::from(light.is_some());
        assert!(rig.next < 6_000_000_000, "no light");
    }
    // From now on all frames come half a second late, and are not analysed.
    for _ in 0..8 {
        rig.harness.set_time(gst::ClockTime::from_nseconds(rig.next + 500_000_000)).unwrap();
        let (corner, light, analysed) = corner_and_told(&mut rig, &mut told);
        assert_eq!((Some(corner), analysed), (light, false));
    }
    check.emit_by_name::<()>("cancel", &[]);
    assert_eq!(corner_and_told(&mut rig, &mut told), (picture.pixel(40, 12), None, false));
}

#[test]
fn a_meta_without_light_ends_it_at_once() {
    let (mut rig, info) = lit_rig();
    let out = seen(&rig.push(with(buffer(&scene(320, 240), &info), running())), &info);
    let dark = scene(320, 240).pixel(5, 5).map(|v| v / 2 + 20);
    assert!(near(out.pixel(5, 5), dark, 40), "{:?}", out.pixel(5, 5));
}

#[test]
fn flush_segment_end_caps_and_restart_clear_the_light() {
    let (mut rig, info) = lit_rig();
    rig.harness.push_event(gst::event::FlushStart::new());
    rig.harness.push_event(gst::event::FlushStop::new(false));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    rig.harness.push_event(gst::event::Segment::new(&segment));
    assert!(push_plain(&mut rig, &info), "flush");

    let (mut rig, info) = lit_rig();
    rig.harness.push_event(gst::event::Segment::new(&segment));
    assert!(push_plain(&mut rig, &info), "segment");

    let (mut rig, _) = lit_rig();
    let other = video_info(VideoFormat::I420, 320, 240);
    rig.set_caps(&other.to_caps().unwrap());
    let frame = buffer(&scene(320, 240), &other);
    let before = bytes(&frame);
    assert_eq!(bytes(&rig.push(frame)), before, "caps");

    let (mut rig, info) = lit_rig();
    rig.end();
    rig.element.set_state(gst::State::Ready).unwrap();
    rig.element.set_state(gst::State::Playing).unwrap();
    rig.harness.push_event(gst::event::StreamStart::new("again"));
    rig.set_caps(&info.to_caps().unwrap());
    rig.harness.push_event(gst::event::Segment::new(&segment));
    assert!(push_plain(&mut rig, &info), "restart");
}

#[test]
fn states_can_be_cycled_while_frames_flow() {
    init();
    let line =
        "videotestsrc ! video/x-raw,format=NV12,width=320,height=240 ! livenessoverlay ! fakesink sync=false";
    let pipeline = gst::parse::launch(line).unwrap();
    for state in [gst::State::Playing, gst::State::Paused, gst::State::Ready, gst::State::Null].repeat(10) {
        pipeline.set_state(state).unwrap();
        pipeline.state(common::TIMEOUT).0.unwrap();
    }
}

#[test]
fn without_flash_no_light_is_drawn_and_none_announced() {
    let info = video_info(VideoFormat::Rgb, 320, 240);
    let mut calm = overlay(&info, &[("flash", &false)]);
    let frame = || buffer(&scene(320, 240), &info);
    let shown = bytes(&calm.push(with(frame(), lit())));
    let mut dark = overlay(&info, &[]);
    assert!(shown == bytes(&dark.push(with(frame(), running()))));
}

#[test]
fn a_malformed_light_is_no_light() {
    let info = video_info(VideoFormat::Rgb, 320, 240);
    let mut rig = overlay(&info, &[]);
    for (rows, columns, count) in [(2, 2, 3), (0, 0, 0), (u32::MAX, u32::MAX, 1)] {
        let light =
            LightCue { active: true, index: 0, rows, columns, colors: vec![0xff_ffff; count], duration: 1 };
        let frame = with(buffer(&scene(320, 240), &info), RunningCheck { light: Some(light), ..running() });
        assert!(seen(&rig.push(frame), &info).pixel(3, 3) != [255; 3]);
    }
}

#[test]
fn the_verdict_stays_for_its_time_and_without_light() {
    let info = video_info(VideoFormat::Rgb, 320, 240);
    let mut rig = overlay(&info, &[("mirror", &false), ("verdict-time", &500_000_000u64)]);
    let ended = RunningCheck { status: Status::Approved, ..lit() };
    let out = seen(&rig.push(with(buffer(&scene(320, 240), &info), ended)), &info);
    assert!(!cells(&Layout::new(320, 240)).iter().any(|((x, y), color)| out.pixel(*x, *y) == *color));
    let shown: Vec<bool> = (0..6).map(|_| push_plain(&mut rig, &info)).collect();
    assert_eq!(shown, [false, false, false, false, true, true]);
}

#[test]
fn a_buffer_shorter_than_its_frame_passes_as_it_is() {
    let info = video_info(VideoFormat::Nv12, 320, 240);
    for size in [0, 1, 320 * 240, info.size() - 1] {
        let mut rig = overlay(&info, &[]);
        let frame = gst::Buffer::from_mut_slice(vec![7; size]);
        let mut frame = with(frame, lit());
        frame.make_mut().set_pts(gst::ClockTime::ZERO);
        assert_eq!(rig.push_as_is(frame).size(), size);
    }
}

#[test]
fn every_language_has_a_sentence_of_its_own_for_everything() {
    let prompts: Vec<Prompt> = Guidance::ALL
        .map(Prompt::Coach)
        .into_iter()
        .chain(Action::ALL.map(Prompt::Act))
        .chain([Prompt::Good, Prompt::Missed, Prompt::Light])
        .chain([Status::Approved, Status::InReview, Status::Declined, Status::Abandoned].map(Prompt::Verdict))
        .collect();
    for language in Language::all() {
        let mut texts: Vec<_> = prompts.iter().map(|prompt| prompt.text(language)).collect();
        assert!(texts.iter().all(|text| !text.is_empty() && text.chars().count() < 60), "{language:?}");
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), prompts.len(), "{language:?}");
    }
}

/// A kiosk must not praise what failed.
#[test]
fn a_failed_action_and_a_retry_are_shown_as_such() {
    let info = video_info(VideoFormat::Rgb, 640, 480);
    let event = |state| ActionEvent { action: Action::Nod, index: 0, count: 2, state, deadline: 0 };
    let acted = |state| RunningCheck { action: Some(event(state)), ..running() };
    let retry = |advice| RunningCheck { advice: Some(advice), ..acted(ActionState::Failed) };
    let ended = |status| RunningCheck { status, action: Some(event(ActionState::Failed)), ..running() };
    let states = [
        acted(ActionState::Requested),
        acted(ActionState::Done),
        acted(ActionState::Failed),
        retry(Advice::Further(Action::Nod)),
        retry(Advice::Darker),
        ended(Status::Approved),
        ended(Status::InReview),
        ended(Status::Declined),
        ended(Status::Abandoned),
    ];
    let pictures = states.map(|check| {
        let mut rig = overlay(&info, &[("language", &"en")]);
        bytes(&rig.push(with(buffer(&scene(640, 480), &info), check)))
    });
    for (i, one) in pictures.iter().enumerate() {
        assert!(pictures[..i].iter().all(|other| other != one), "state {i} looks like another");
    }
}

#[test]
fn the_ready_screen_is_shown_while_no_check_runs() {
    let info = video_info(VideoFormat::Rgb, 640, 480);
    let picture = scene(640, 480);
    let mut rig = overlay(&info, &[("mirror", &false)]);
    let mut shown = |ready: &str, check: Option<RunningCheck>| {
        rig.element.set_property_from_str("ready", ready);
        rig.element.set_property("language", "de");
        let frame = buffer(&picture, &info);
        bytes(&rig.push(match check {
            Some(check) => with(frame, check),
            None => frame,
        }))
    };
    let plain = shown("0", None);
    assert_eq!(plain, picture.rgb, "without it nothing is drawn");
    let all =
        ["touch", "face", "touch+light", "face+light", "touch+light+calm"].map(|ready| shown(ready, None));
    for (i, one) in all.iter().enumerate() {
        assert!(*one != plain && !all[..i].contains(one), "{i}");
    }
    let coached = shown("touch+light", Some(coaching(Guidance::MoveCloser)));
    assert_eq!(coached, shown("0", Some(coaching(Guidance::MoveCloser))), "a running check hides it");
    // The warning and how to start alone are no screen.
    assert_eq!(shown("light+calm", None), plain);
}

#[test]
fn the_language_can_be_changed_while_it_shows() {
    let info = video_info(VideoFormat::Gray8, 640, 480);
    let mut rig = overlay(&info, &[("language", &"en")]);
    let mut shown = |language: &str| {
        rig.element.set_property("language", language);
        bytes(&rig.push(with(buffer(&scene(640, 480), &info), coaching(Guidance::MoveCloser))))
    };
    let (english, german) = (shown("en"), shown("de-AT"));
    assert!(english != german && english == shown("en") && german == shown("de"));
}
