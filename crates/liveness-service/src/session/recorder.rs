// SPDX-License-Identifier: MIT OR Apache-2.0

//! The session's video as VP8 in WebM. After a crash the file is playable up to about its last second.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{self, Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use gst::prelude::*;

use crate::failure::Failure;
use crate::input::{Open, Source};
use crate::private::Folder;

/// Pipeline of the recorder. Full clusters of a second are written at once; duration and index follow at the
/// end.
const LINE: &str = "queue name=recorder-input max-size-buffers=60 max-size-bytes=0 max-size-time=0 ! videoconvert \
    ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30 target-bitrate=1500000 \
    ! webmmux offset-to-zero=true min-cluster-duration=500000000 max-cluster-duration=1000000000 \
    ! fdsink name=recorder-file async=false sync=false";
/// Time-out for writing the last frames.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running recording.
pub struct Recorder {
    input: gst::Element,
    ended: Receiver<()>,
    /// Absolute path of the video.
    pub path: PathBuf,
}

impl Recorder {
    /// Records the output of `open` to `folder`/`session_id`.webm.
    ///
    /// # Errors
    /// The file cannot be created, or an element is missing.
    pub fn attach(
        open: &mut Open,
        source: &Source,
        folder: &Path,
        session_id: &str,
    ) -> Result<Self, Failure> {
        let name = format!("{session_id}.webm");
        let failed = |e: std::io::Error| Failure::output(format!("{} cannot be used: {e}", folder.display()));
        let path = path::absolute(folder).map_err(failed)?.join(&name);
        let made = Folder::make(folder).and_then(|folder| folder.create(name.as_ref()));
        let video = made.map_err(|e| Failure::output(format!("{} cannot be made: {e}", path.display())))?;
        let bin = gst::parse::bin_from_description(LINE, true);
        let bin =
            bin.map_err(|e| Failure::unavailable(format!("nothing can be recorded: {}", e.message())))?;
        let (Some(input), Some(file)) = (bin.by_name("recorder-input"), bin.by_name("recorder-file")) else {
            return Err(Failure::internal("the recorder lacks its ends"));
        };
        if source.is_live() {
            // A gap in the recording is better than a delayed check.
            input.set_property_from_str("leaky", "downstream");
        }
        file.set_property("fd", video.as_raw_fd());
        let ended = ended(&file, video)?;
        open.branch(&bin)?;
        Ok(Self { input, ended, path })
    }

    /// Completes the file. The pipeline must still run.
    pub fn finish(&self) {
        let sent = self.input.static_pad("sink").is_some_and(|pad| pad.send_event(gst::event::Eos::new()));
        if sent {
            // The file plays without its index, too.
            let _ = self.ended.recv_timeout(PATIENCE);
        }
    }
}

/// Returns a channel that receives a message after the last byte of the file. `video` stays open as long as
/// the element lives.
fn ended(file: &gst::Element, video: File) -> Result<Receiver<()>, Failure> {
    let (told, ended) = channel();
    let pad = file.static_pad("sink").ok_or_else(|| Failure::internal("the recorder has no file"))?;
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        let _open = &video;
        if info.event().is_some_and(|event| event.type_() == gst::EventType::Eos) {
            let _ = told.send(());
        }
        gst::PadProbeReturn::Ok
    });
    Ok(ended)
}
