// SPDX-License-Identifier: MIT OR Apache-2.0

//! `GstLivenessMeta`: the state of the running checks on every frame that passes them, and the observation of the frame
//! if one of them analysed it. A later element reuses the observation instead of analysing the frame again, and the
//! overlay draws the state.

use std::ffi::c_char;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::{Arc, LazyLock};

use glib::translate::{FromGlib, IntoGlib, from_glib};
use gst::meta::MetaTransform;
use gst::prelude::*;

use liveness_core::check::{ActionEvent, Guidance, LightCue, Method};
use liveness_core::face::FrameObservation;
use liveness_core::session::{Advice, Status};

/// The state of a running check.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningCheck {
    /// Method of the check.
    pub method: Method,
    /// Status of the check.
    pub status: Status,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The current coaching hint.
    pub guidance: Guidance,
    /// Progress of the attempt, 0 to 1.
    pub fraction: f64,
    /// The score so far, 0 to 100.
    pub score: Option<f64>,
    /// The requested action, or the outcome of the last one.
    pub action: Option<ActionEvent>,
    /// The advice for the next attempt, in the pause between a retry and that attempt.
    pub advice: Option<Advice>,
    /// The light that the screen must show now; `None` for no light.
    pub light: Option<LightCue>,
}

/// The state of the checks that a frame passed while they ran, one for each element, and the observation of the frame
/// if one of the elements analysed it.
#[repr(transparent)]
pub struct LivenessMeta(imp::LivenessMeta);

// SAFETY: The contents are `Send`, and the `GstMeta` header only points to static, immutable data.
unsafe impl Send for LivenessMeta {}
// SAFETY: The contents are `Sync`, and shared access only reads the header and the contents.
unsafe impl Sync for LivenessMeta {}

impl LivenessMeta {
    /// Adds a meta with one check to a buffer. Returns `None` if the meta is not registered, as another copy of this
    /// crate in the process has taken its name.
    pub fn add(
        buffer: &mut gst::BufferRef,
        observation: Option<Arc<FrameObservation>>,
        check: RunningCheck,
    ) -> Option<gst::MetaRefMut<'_, Self, gst::meta::Standalone>> {
        let info = imp::info()?;
        // `init` moves the contents out of `params`, so they must not be dropped here.
        let mut params = ManuallyDrop::new(imp::Contents { observation, checks: vec![check] });
        // SAFETY: The buffer is borrowed mutably, and `params` points to valid contents that `init` moves out once.
        // `info` is registered, and its `init` succeeds, so the meta is not null.
        unsafe {
            let meta =
                gst::ffi::gst_buffer_add_meta(buffer.as_mut_ptr(), info.as_ptr(), (&raw mut *params).cast());
            Some(Self::from_mut_ptr(buffer, meta.cast()))
        }
    }

    /// Returns the observation of the frame, or `None` if no element analysed it.
    pub fn observation(&self) -> Option<&Arc<FrameObservation>> {
        self.0.contents.observation.as_ref()
    }

    /// Returns the state of the checks, in the order of the elements. There is at least one.
    pub fn checks(&self) -> &[RunningCheck] {
        &self.0.contents.checks
    }

    /// Returns the state of the last element's check.
    pub fn check(&self) -> &RunningCheck {
        let checks = &self.0.contents.checks;
        &checks[checks.len() - 1]
    }

    /// Adds the check of another element. Its observation is used only if the meta has none.
    pub fn push(&mut self, observation: Option<Arc<FrameObservation>>, check: RunningCheck) {
        let contents = &mut self.0.contents;
        contents.observation = contents.observation.take().or(observation);
        contents.checks.push(check);
    }
}

// SAFETY: `GstType` is `repr(C)`, begins with a `GstMeta`, and is the type registered under `meta_api`.
unsafe impl gst::MetaAPI for LivenessMeta {
    type GstType = imp::LivenessMeta;

    fn meta_api() -> glib::Type {
        *imp::API
    }
}

mod imp {
    use super::*;

    /// The contents of the meta.
    pub struct Contents {
        /// The observation of the frame, if an element analysed it.
        pub observation: Option<Arc<FrameObservation>>,
        /// The state of the checks, in the order of the elements.
        pub checks: Vec<RunningCheck>,
    }

    /// The meta as GStreamer stores it in a buffer.
    #[repr(C)]
    pub struct LivenessMeta {
        parent: gst::ffi::GstMeta,
        /// The contents, initialised by `init` and dropped by `free`.
        pub contents: Contents,
    }

    /// The registered API type of the meta.
    // SAFETY: The name and the tags are C strings, and the array of tags ends with a null pointer.
    pub static API: LazyLock<glib::Type> = LazyLock::new(|| unsafe {
        // An element that changes a property with one of these tags does not copy the meta by default.
        let tags = [c"video".as_ptr(), c"size".as_ptr(), c"orientation".as_ptr(), ptr::null::<c_char>()];
        let api =
            gst::ffi::gst_meta_api_type_register(c"GstLivenessMetaAPI".as_ptr(), tags.as_ptr().cast_mut());
        from_glib(api)
    });

    /// The registered description of the meta; GStreamer never frees it.
    struct Info(ptr::NonNull<gst::ffi::GstMetaInfo>);
    // SAFETY: The description is static and immutable after its registration.
    unsafe impl Send for Info {}
    // SAFETY: As above.
    unsafe impl Sync for Info {}

    /// Returns the registered description of the meta, or `None` if the registration failed.
    pub fn info() -> Option<ptr::NonNull<gst::ffi::GstMetaInfo>> {
        // SAFETY: The size is that of the meta, and the functions have the signatures that GStreamer requires.
        static INFO: LazyLock<Option<Info>> = LazyLock::new(|| unsafe {
            let info = gst::ffi::gst_meta_register(
                API.into_glib(),
                c"GstLivenessMeta".as_ptr(),
                size_of::<LivenessMeta>(),
                Some(init),
                Some(free),
                Some(transform),
            );
            ptr::NonNull::new(info.cast_mut()).map(Info)
        });
        INFO.as_ref().map(|info| info.0)
    }

    /// Moves the contents from `params` into a new meta.
    unsafe extern "C" fn init(
        meta: *mut gst::ffi::GstMeta,
        params: glib::ffi::gpointer,
        _buffer: *mut gst::ffi::GstBuffer,
    ) -> glib::ffi::gboolean {
        // SAFETY: GStreamer passes a meta of the registered size with uninitialised contents, and the `params` of
        // `add`.
        unsafe {
            let meta = meta.cast::<LivenessMeta>();
            ptr::write(&raw mut (*meta).contents, ptr::read(params.cast::<Contents>()));
        }
        true.into_glib()
    }

    /// Drops the contents of a meta.
    unsafe extern "C" fn free(meta: *mut gst::ffi::GstMeta, _buffer: *mut gst::ffi::GstBuffer) {
        // SAFETY: GStreamer frees a meta once, and `init` has initialised its contents.
        unsafe { ptr::drop_in_place(&raw mut (*meta.cast::<LivenessMeta>()).contents) };
    }

    /// Copies the meta with a whole buffer and with conversions that keep the size. A scaled or cropped frame is
    /// another picture, and does not get the meta.
    unsafe extern "C" fn transform(
        target: *mut gst::ffi::GstBuffer,
        meta: *mut gst::ffi::GstMeta,
        _buffer: *mut gst::ffi::GstBuffer,
        kind: glib::ffi::GQuark,
        data: glib::ffi::gpointer,
    ) -> glib::ffi::gboolean {
        // SAFETY: GStreamer passes a writable target, an initialised meta, and the data that belongs to `kind`.
        unsafe {
            if !keeps_geometry(kind, data) {
                return false.into_glib();
            }
            let Contents { observation, checks } = &(*meta.cast::<LivenessMeta>()).contents;
            let mut checks = checks.iter().cloned();
            if let Some(first) = checks.next() {
                let target = gst::BufferRef::from_mut_ptr(target);
                let Some(mut copy) = super::LivenessMeta::add(target, observation.clone(), first) else {
                    return false.into_glib();
                };
                checks.for_each(|check| copy.push(None, check));
            }
            true.into_glib()
        }
    }

    /// Returns whether a transformation keeps the coordinates of the picture.
    ///
    /// # Safety
    /// `data` is null or points to the data that belongs to `kind`.
    unsafe fn keeps_geometry(kind: glib::ffi::GQuark, data: glib::ffi::gpointer) -> bool {
        if data.is_null() {
            return false;
        }
        // SAFETY: The caller passes the data that belongs to `kind`. A scale's data has valid video infos.
        unsafe {
            if kind == gst::meta::MetaTransformCopy::quark().into_glib() {
                let copy = data.cast::<gst::ffi::GstMetaTransformCopy>();
                return !bool::from_glib((*copy).region);
            }
            if kind == gst_video::ffi::gst_video_meta_transform_scale_get_quark() {
                let scale = data.cast::<gst_video::ffi::GstVideoMetaTransform>();
                let (from, to) = ((*scale).in_info, (*scale).out_info);
                let size = |info: *mut gst_video::ffi::GstVideoInfo| ((*info).width, (*info).height);
                // The coordinates are in square pixels, so the pixel aspect ratio must match too.
                let aspect = |info: *mut gst_video::ffi::GstVideoInfo| ((*info).par_n, (*info).par_d);
                return size(from) == size(to) && aspect(from) == aspect(to);
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_buffer_keeps_its_observation_and_frees_it() {
        gst::init().unwrap();
        let observation = Arc::new(FrameObservation { width: 3, ..Default::default() });
        let check = RunningCheck {
            method: Method::Passive,
            status: Status::InProgress,
            attempt: 2,
            guidance: Guidance::TooDark,
            fraction: 0.5,
            score: None,
            action: None,
            advice: None,
            light: Some(LightCue::off(1)),
        };
        let mut buffer = gst::Buffer::with_size(4).unwrap();
        LivenessMeta::add(buffer.make_mut(), None, check.clone());
        let other = RunningCheck { method: Method::Flash, ..check.clone() };
        for observation in [Some(observation.clone()), Some(Arc::default())] {
            buffer.make_mut().meta_mut::<LivenessMeta>().unwrap().push(observation, other.clone());
        }
        let copy = buffer.copy();
        let meta = copy.meta::<LivenessMeta>().unwrap();
        assert_eq!(meta.observation().unwrap().width, 3, "the first observation stays");
        assert_eq!(meta.checks(), [check, other.clone(), other]);
        assert_eq!(Arc::strong_count(&observation), 3);
        drop((buffer, copy));
        assert_eq!(Arc::strong_count(&observation), 1);
    }
}
