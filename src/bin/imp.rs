// SPDX-License-Identifier: MIT OR Apache-2.0

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use glib::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;

use super::action_flash::ActionFlash;
#[cfg(feature = "workflow")]
use super::workflow::WorkflowFile;
use super::{LivenessMethod, properties};
use crate::frame::FORMATS;
use crate::{CAT, action, flash, passive};

/// The instance data of `livenessbin`.
pub struct LivenessBin {
    queue: gst::Element,
    sink: gst::GhostPad,
    src: gst::GhostPad,
    /// One analyser for each method. An analyser loads its nets once it is chosen and leaves NULL.
    analyzers: [(LivenessMethod, gst::Element); 4],
    method: Mutex<Option<LivenessMethod>>,
    /// The check's name in its result; `None` uses the bin's name.
    node_id: Mutex<Option<String>>,
    #[cfg(feature = "workflow")]
    workflow: Mutex<Option<WorkflowFile>>,
}

impl LivenessBin {
    fn method(&self) -> MutexGuard<'_, Option<LivenessMethod>> {
        self.method.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn node_id(&self) -> MutexGuard<'_, Option<String>> {
        self.node_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes the check's name to the analysers. The bin's name may not be unique as an element name, so the analysers
    /// keep the names that GStreamer gives them.
    fn name_check(&self) {
        let node_id = self.node_id().clone().unwrap_or_else(|| self.obj().name().into());
        self.analyzers.iter().for_each(|(_, analyzer)| analyzer.set_property("node-id", &node_id));
    }

    #[cfg(feature = "workflow")]
    fn workflow(&self) -> MutexGuard<'_, Option<WorkflowFile>> {
        self.workflow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the analyser of the chosen method.
    fn analyzer(&self) -> &gst::Element {
        let method = self.method().unwrap_or_default();
        let chosen = self.analyzers.iter().find(|(own, _)| *own == method);
        chosen.map_or(&self.analyzers[0].1, |(_, analyzer)| analyzer)
    }

    /// Returns the analysers that have the property `name`, the chosen one first.
    fn with_property(&self, name: &str) -> impl Iterator<Item = &gst::Element> {
        let all = std::iter::once(self.analyzer()).chain(self.analyzers.iter().map(|(_, analyzer)| analyzer));
        all.filter(move |analyzer| analyzer.find_property(name).is_some())
    }

    /// Replaces the analyser in the bin with the one of `method`.
    fn choose(&self, method: LivenessMethod) -> Result<(), glib::BoolError> {
        let bin = self.obj();
        if self.method().is_some() {
            let old = self.analyzer();
            self.src.set_target(None::<&gst::Pad>)?;
            bin.remove(old)?;
            let _ = old.set_state(gst::State::Null);
        }
        *self.method() = Some(method);
        let analyzer = self.analyzer();
        bin.add(analyzer)?;
        self.queue.link(analyzer)?;
        self.src.set_target(analyzer.static_pad("src").as_ref())?;
        analyzer.sync_state_with_parent()
    }

    /// Emits an action signal on the chosen analyser.
    fn emit(&self, signal: &str) {
        self.analyzer().emit_by_name::<()>(signal, &[]);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for LivenessBin {
    const NAME: &'static str = "GstLivenessBin";
    type Type = super::LivenessBin;
    type ParentType = gst::Bin;

    fn with_class(class: &Self::Class) -> Self {
        let pad = |name: &str| {
            let template = class.pad_template(name);
            match template {
                Some(template) => gst::GhostPad::from_template(&template),
                None => unreachable!("the class has its templates"),
            }
        };
        // A queue of two frames gives the analysis its own thread, and a slow analysis appears as lateness instead of
        // latency.
        let queue = gst::ElementFactory::make("queue")
            .property("max-size-buffers", 2u32)
            .property("max-size-bytes", 0u32)
            .property("max-size-time", 0u64)
            .build();
        Self {
            // Without GStreamer's core elements, an empty bin takes the place. Linking it fails, and the bin logs the
            // error.
            queue: queue.unwrap_or_else(|_| gst::Bin::new().upcast()),
            sink: pad("sink"),
            src: pad("src"),
            analyzers: [
                (LivenessMethod::Passive, glib::Object::new::<passive::LivenessPassive>().upcast()),
                (LivenessMethod::Flash, glib::Object::new::<flash::LivenessFlash>().upcast()),
                (LivenessMethod::Action, glib::Object::new::<action::LivenessAction>().upcast()),
                (LivenessMethod::ActionFlash, glib::Object::new::<ActionFlash>().upcast()),
            ],
            method: Mutex::default(),
            node_id: Mutex::default(),
            #[cfg(feature = "workflow")]
            workflow: Mutex::default(),
        }
    }
}

impl ObjectImpl for LivenessBin {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(properties::properties);
        &PROPERTIES
    }

    fn signals() -> &'static [glib::subclass::Signal] {
        static SIGNALS: LazyLock<Vec<glib::subclass::Signal>> = LazyLock::new(|| {
            let action = |name: &'static str| {
                glib::subclass::Signal::builder(name)
                    .action()
                    .class_handler(move |args| {
                        if let Ok(bin) = args[0].get::<super::LivenessBin>() {
                            bin.imp().emit(name);
                        }
                        None
                    })
                    .build()
            };
            vec![action("start"), action("cancel")]
        });
        &SIGNALS
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        match pspec.name() {
            "method" => {
                let Ok(method) = value.get() else { return };
                if self.obj().current_state() > gst::State::Ready {
                    gst::warning!(CAT, imp = self, "method can only be set in the NULL and READY states");
                } else if let Err(e) = self.choose(method) {
                    gst::error!(CAT, imp = self, "{e}");
                }
            }
            "node-id" => {
                *self.node_id() = value.get().unwrap_or_default();
                self.name_check();
            }
            #[cfg(feature = "workflow")]
            "workflow" => {
                let file = value.get::<Option<String>>().ok().flatten();
                *self.workflow() = file.map(|path| WorkflowFile::put_upon(path, &self.obj()));
            }
            name => {
                for analyzer in self.with_property(name) {
                    analyzer.set_property_from_value(name, value);
                }
            }
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "method" => self.method().unwrap_or_default().to_value(),
            "node-id" => self.node_id().to_value(),
            #[cfg(feature = "workflow")]
            "workflow" => self.workflow().as_ref().map(|file| &file.path).to_value(),
            name => {
                let value = self.with_property(name).next().map(|analyzer| analyzer.property_value(name));
                value.unwrap_or_else(|| pspec.default_value().clone())
            }
        }
    }

    fn constructed(&self) {
        self.parent_constructed();
        let built = self
            .obj()
            .add(&self.queue)
            .and_then(|()| self.sink.set_target(self.queue.static_pad("sink").as_ref()))
            .and_then(|()| self.obj().add_pad(&self.sink))
            .and_then(|()| self.obj().add_pad(&self.src))
            .and_then(|()| self.choose(LivenessMethod::default()));
        if let Err(e) = built {
            gst::error!(CAT, imp = self, "{e}");
        }
        self.name_check();
    }
}

impl GstObjectImpl for LivenessBin {}

impl ElementImpl for LivenessBin {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Face liveness check",
                "Filter/Analyzer/Video",
                "A whole face liveness check by the method of choice, on a thread of its own",
                "The gst-plugin-liveness developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_video::VideoCapsBuilder::new().format_list(FORMATS).build();
            let template = |name, direction| {
                gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
            };
            [template("sink", gst::PadDirection::Sink), template("src", gst::PadDirection::Src)]
                .into_iter()
                .flatten()
                .collect()
        });
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::NullToReady {
            self.name_check();
        }
        #[cfg(feature = "workflow")]
        let fault = self.workflow().as_ref().and_then(|file| file.fault.clone());
        #[cfg(feature = "workflow")]
        if let (gst::StateChange::NullToReady, Some(fault)) = (transition, fault) {
            gst::element_imp_error!(self, gst::ResourceError::Settings, ("{fault}"));
            return Err(gst::StateChangeError);
        }
        self.parent_change_state(transition)
    }
}

impl BinImpl for LivenessBin {
    /// Reposts liveness messages of the analyser with the bin as their source, and passes other messages on.
    fn handle_message(&self, message: gst::Message) {
        let told = match message.view() {
            gst::MessageView::Element(element) => {
                element.structure().filter(|structure| structure.name().starts_with("liveness/"))
            }
            _ => None,
        };
        match told {
            Some(structure) => {
                let own = gst::message::Element::builder(structure.to_owned()).src(&*self.obj()).build();
                self.parent_handle_message(own);
            }
            None => self.parent_handle_message(message),
        }
    }
}
