//! `GstLivenessAnalyzer`: the abstract base class of the analysers. It owns the properties, messages, metas, attempts
//! and the frame's way through the analysis; a subclass says which check is made.
//!
//! Frames are read as they are displayed: by the shape of their pixels and their colorimetry, HDR included. The alpha of RGBA, BGRA,
//! ARGB and ABGR is ignored, as `videoconvert` to a format without alpha ignores it.

mod imp;
mod marked;
mod outbox;
mod settings;
mod shared;
mod stream;
mod watchdog;

pub(super) use settings::properties;

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst_base::subclass::prelude::*;

use liveness_core::check::{Check, Method};
use liveness_core::inference::{InferenceError, ModelSource};

glib::wrapper! {
    pub struct Analyzer(ObjectSubclass<imp::Analyzer>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// What a concrete analyser adds.
pub(crate) trait AnalyzerImpl: BaseTransformImpl + ObjectSubclass<Type: IsA<Analyzer>> {
    /// How this element checks.
    const METHOD: Method;

    /// A fresh check for one attempt, with the element's present settings.
    fn create_check(&self, common: &Common<'_>) -> Result<Box<dyn Check>, InferenceError>;
}

/// The settings that the checks of all methods need.
pub(crate) struct Common<'a> {
    pub source: &'a ModelSource,
    /// 0 stands for the operating system's randomness.
    pub seed: u64,
    /// The source shows people as a mirror does.
    pub mirrored: bool,
}

type CreateCheck = fn(&Analyzer, &Common<'_>) -> Result<Box<dyn Check>, InferenceError>;

/// The class structure: the subclass's method and its check factory.
#[repr(C)]
pub struct AnalyzerClass {
    parent: <gst_base::BaseTransform as ObjectType>::GlibClassType,
    method: Option<Method>,
    create_check: Option<CreateCheck>,
}

unsafe impl ClassStruct for AnalyzerClass {
    type Type = imp::Analyzer;
}

unsafe impl<T: AnalyzerImpl> IsSubclassable<T> for Analyzer {
    fn class_init(class: &mut glib::Class<Self>) {
        Self::parent_class_init::<T>(class);
        let class = class.as_mut();
        class.method = Some(T::METHOD);
        class.create_check = Some(|analyzer, common| match analyzer.dynamic_cast_ref::<T::Type>() {
            Some(subclass) => T::from_obj(subclass).create_check(common),
            None => unreachable!("a class's own instances are of its type"),
        });
    }
}
