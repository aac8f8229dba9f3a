// SPDX-License-Identifier: MIT OR Apache-2.0

//! `GstLivenessAnalyzer`: the abstract base class of the analysers. It owns the properties, the messages, the metas and
//! the attempts, and it passes the frames to the analysis. A subclass provides the check.
//!
//! Frames are read as they are displayed, with their pixel aspect ratio and their colorimetry, HDR included. The alpha
//! of RGBA, BGRA, ARGB and ABGR is ignored, as in a `videoconvert` to a format without alpha.

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
    /// The abstract base class of `livenesspassive`, `livenessflash` and `livenessaction`.
    pub struct Analyzer(ObjectSubclass<imp::Analyzer>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// The interface of a concrete analyser.
pub(crate) trait AnalyzerImpl: BaseTransformImpl + ObjectSubclass<Type: IsA<Analyzer>> {
    /// The method of the element's checks.
    const METHOD: Method;

    /// Creates a fresh check for one attempt, with the element's current settings.
    ///
    /// # Errors
    /// A model is missing, unreadable or unusable.
    fn create_check(&self, common: &Common<'_>) -> Result<Box<dyn Check>, InferenceError>;
}

/// The settings that the checks of all methods use.
pub(crate) struct Common<'a> {
    /// The source of the models.
    pub source: &'a ModelSource,
    /// The seed of the challenges; 0 selects the operating system's randomness.
    pub seed: u64,
    /// True if the source shows people as a mirror does.
    pub mirrored: bool,
}

/// The type-erased [`AnalyzerImpl::create_check`].
type CreateCheck = fn(&Analyzer, &Common<'_>) -> Result<Box<dyn Check>, InferenceError>;

/// The class structure: the subclass's method and its check factory.
#[repr(C)]
pub struct AnalyzerClass {
    parent: <gst_base::BaseTransform as ObjectType>::GlibClassType,
    method: Option<Method>,
    create_check: Option<CreateCheck>,
}

// SAFETY: The struct is `repr(C)` and begins with the class structure of the parent, as GObject requires. `class_init`
// of each subclass writes the other fields before an instance reads them.
unsafe impl ClassStruct for AnalyzerClass {
    type Type = imp::Analyzer;
}

// SAFETY: `class_init` first calls that of the parent and then only sets the fields of this class.
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
