//! The shipped picture as a raw frame of any format and size.

use gst::prelude::*;
use gst_video::VideoInfo;

/// The astronaut, scaled with black borders to `width` × `height`.
pub fn frame(format: &str, width: i32, height: i32) -> (gst::Buffer, VideoInfo) {
    moved(format, width, height, 0)
}

/// The same without its leftmost `left` columns.
pub fn moved(format: &str, width: i32, height: i32, left: i32) -> (gst::Buffer, VideoInfo) {
    gst::init().expect("GStreamer");
    let line = format!(
        "filesrc location={}/examples/media/astronaut.png ! pngdec ! videoconvert ! videocrop left={left} ! \
         videoscale add-borders=true ! \
         video/x-raw,format={format},width={width},height={height},pixel-aspect-ratio=1/1 ! appsink name=sink",
        env!("CARGO_MANIFEST_DIR")
    );
    let pipeline =
        gst::parse::launch(&line).expect("pipeline").downcast::<gst::Pipeline>().expect("pipeline");
    let sink = pipeline.by_name("sink").and_downcast::<gst_app::AppSink>().expect("sink");
    pipeline.set_state(gst::State::Playing).expect("playing");
    let sample = sink.pull_sample().expect("a picture");
    pipeline.set_state(gst::State::Null).expect("null");
    let info = VideoInfo::from_caps(sample.caps().expect("caps")).expect("raw video");
    (sample.buffer_owned().expect("buffer"), info)
}
