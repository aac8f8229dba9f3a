//! `GstLivenessMeta`: where the running checks stand, on every frame that passes them, and what was observed in the very frame that
//! carries it, if it was analysed. A later element of the chain uses it instead of analysing again; the overlay draws it.

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

/// Where the running check stands.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningCheck {
    pub method: Method,
    pub status: Status,
    pub attempt: u32,
    pub guidance: Guidance,
    /// 0–1.
    pub fraction: f64,
    /// The score so far, 0–100.
    pub score: Option<f64>,
    /// The movement that is asked now, or what came of the last one.
    pub action: Option<ActionEvent>,
    /// The advice for the next attempt, between a retry and that attempt.
    pub advice: Option<Advice>,
    /// What the screen is to show now; `None`: no light.
    pub light: Option<LightCue>,
}

/// The checks that a frame passed while they ran, one for each element, and its observation if one of them analysed it.
#[repr(transparent)]
pub struct LivenessMeta(imp::LivenessMeta);

unsafe impl Send for LivenessMeta {}
unsafe impl Sync for LivenessMeta {}

impl LivenessMeta {
    pub fn add(
        buffer: &mut gst::BufferRef,
        observation: Option<Arc<FrameObservation>>,
        check: RunningCheck,
    ) -> gst::MetaRefMut<'_, Self, gst::meta::Standalone> {
        // `init` takes the contents out of `params`.
        let mut params = ManuallyDrop::new(imp::Contents { observation, checks: vec![check] });
        unsafe {
            let meta =
                gst::ffi::gst_buffer_add_meta(buffer.as_mut_ptr(), imp::info(), (&raw mut *params).cast());
            Self::from_mut_ptr(buffer, meta.cast())
        }
    }

    /// `None` in a frame that was passed on unanalysed.
    pub fn observation(&self) -> Option<&Arc<FrameObservation>> {
        self.0.contents.observation.as_ref()
    }

    /// In the order of the elements; never empty.
    pub fn checks(&self) -> &[RunningCheck] {
        &self.0.contents.checks
    }

    /// The last element's.
    pub fn check(&self) -> &RunningCheck {
        let checks = &self.0.contents.checks;
        &checks[checks.len() - 1]
    }

    /// Adds another element's check, and its observation where there is none yet.
    pub fn push(&mut self, observation: Option<Arc<FrameObservation>>, check: RunningCheck) {
        let contents = &mut self.0.contents;
        contents.observation = contents.observation.take().or(observation);
        contents.checks.push(check);
    }
}

unsafe impl gst::MetaAPI for LivenessMeta {
    type GstType = imp::LivenessMeta;

    fn meta_api() -> glib::Type {
        *imp::API
    }
}

mod imp {
    use super::*;

    pub struct Contents {
        pub observation: Option<Arc<FrameObservation>>,
        pub checks: Vec<RunningCheck>,
    }

    #[repr(C)]
    pub struct LivenessMeta {
        parent: gst::ffi::GstMeta,
        pub contents: Contents,
    }

    pub static API: LazyLock<glib::Type> = LazyLock::new(|| unsafe {
        // An element that changes one of these does not take the meta over unasked.
        let tags = [c"video".as_ptr(), c"size".as_ptr(), c"orientation".as_ptr(), ptr::null::<c_char>()];
        let api =
            gst::ffi::gst_meta_api_type_register(c"GstLivenessMetaAPI".as_ptr(), tags.as_ptr().cast_mut());
        from_glib(api)
    });

    struct Info(ptr::NonNull<gst::ffi::GstMetaInfo>);
    unsafe impl Send for Info {}
    unsafe impl Sync for Info {}

    pub fn info() -> *const gst::ffi::GstMetaInfo {
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
        INFO.as_ref().map_or(ptr::null(), |info| info.0.as_ptr())
    }

    unsafe extern "C" fn init(
        meta: *mut gst::ffi::GstMeta,
        params: glib::ffi::gpointer,
        _buffer: *mut gst::ffi::GstBuffer,
    ) -> glib::ffi::gboolean {
        unsafe {
            let meta = meta.cast::<LivenessMeta>();
            ptr::write(&raw mut (*meta).contents, ptr::read(params.cast::<Contents>()));
        }
        true.into_glib()
    }

    unsafe extern "C" fn free(meta: *mut gst::ffi::GstMeta, _buffer: *mut gst::ffi::GstBuffer) {
        unsafe { ptr::drop_in_place(&raw mut (*meta.cast::<LivenessMeta>()).contents) };
    }

    /// Follows whole copies, and conversions that leave the picture's size; a scaled or cropped frame is another picture.
    unsafe extern "C" fn transform(
        target: *mut gst::ffi::GstBuffer,
        meta: *mut gst::ffi::GstMeta,
        _buffer: *mut gst::ffi::GstBuffer,
        kind: glib::ffi::GQuark,
        data: glib::ffi::gpointer,
    ) -> glib::ffi::gboolean {
        unsafe {
            if !keeps_geometry(kind, data) {
                return false.into_glib();
            }
            let Contents { observation, checks } = &(*meta.cast::<LivenessMeta>()).contents;
            let mut checks = checks.iter().cloned();
            if let Some(first) = checks.next() {
                let target = gst::BufferRef::from_mut_ptr(target);
                let mut copy = super::LivenessMeta::add(target, observation.clone(), first);
                checks.for_each(|check| copy.push(None, check));
            }
            true.into_glib()
        }
    }

    unsafe fn keeps_geometry(kind: glib::ffi::GQuark, data: glib::ffi::gpointer) -> bool {
        if data.is_null() {
            return false;
        }
        unsafe {
            if kind == gst::meta::MetaTransformCopy::quark().into_glib() {
                let copy = data.cast::<gst::ffi::GstMetaTransformCopy>();
                return !bool::from_glib((*copy).region);
            }
            if kind == gst_video::ffi::gst_video_meta_transform_scale_get_quark() {
                let scale = data.cast::<gst_video::ffi::GstVideoMetaTransform>();
                let (from, to) = ((*scale).in_info, (*scale).out_info);
                let size = |info: *mut gst_video::ffi::GstVideoInfo| ((*info).width, (*info).height);
                // Coordinates are in square pixels, so that their shape counts too.
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
