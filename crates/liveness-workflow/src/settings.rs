// SPDX-License-Identifier: MIT OR Apache-2.0

//! The settings of a workflow besides its checks.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::document::Step;
use super::fault::Fault;
use super::kiosk::{Start, WithoutLight};
use super::source;
use super::store::Store;
use super::webhook::Webhook;
use super::word::{Name, Named, Word};
use liveness_core::location;
use liveness_screen::Language;

/// Settings of a workflow besides its checks
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Name of the workflow in the decision; the file's name when left out
    pub workflow_id: Option<Name>,
    /// Your own reference to the person, copied into the decision
    pub vendor_data: Option<String>,
    /// Any JSON, copied into the decision
    pub metadata: Option<Value>,
    /// Number of days after which an approval expires
    #[schemars(range(min = 1, max = 36500))]
    pub validity_days: Option<u32>,
    /// Source of the video: test, file:PATH, images:FOLDER, v4l2:/dev/videoN, rtsp://…, pipeline:FRAGMENT
    pub source: Option<Name>,
    /// Connection to an RTSP camera
    pub rtsp: Option<Rtsp>,
    /// Display of the kiosk screen: fullscreen (Wayland, X11 or, without a desktop, KMS), window, kms or none
    pub display: Option<Word<Display>>,
    /// Language of the kiosk screen; the system's language when left out
    pub language: Option<Word<Language>>,
    /// false = no light is played, for people whom flashing light harms: flash and action_flash are replaced
    /// by the method in `without_light`, or by action when it is left out. The decision's evidence names the
    /// method that was used
    pub flash: Option<bool>,
    /// Method that replaces flash and action_flash for a person who requests no light on the ready screen
    /// (with `start`: touch), or with `flash`: false. It is a weaker check than light. When left out, the
    /// ready screen does not offer it
    pub without_light: Option<Word<WithoutLight>>,
    /// Event that starts the check: immediately (the first frame, the default), face (a person looks at the
    /// camera) or touch (a touch, a click or a key on the ready screen, which warns of the light; Enter in
    /// the terminal also starts it)
    pub start: Option<Word<Start>>,
    /// Folder for evidence, with one folder per session: decision, reference images, depth maps
    pub evidence: Option<Name>,
    /// Folder for the videos of the sessions
    pub record: Option<Name>,
    /// Number of days after which a session's evidence and video are deleted; data in the store has its own
    /// keep_days
    #[schemars(range(min = 1, max = 36500))]
    pub keep_days: Option<u32>,
    /// Server that receives the decisions
    pub webhook: Option<Webhook>,
    /// Database of sessions and faces
    pub store: Option<Store>,
}

/// Connection to an RTSP camera
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rtsp {
    /// Transport protocol; auto tries udp first
    pub transport: Option<Word<Transport>>,
    /// Time to wait for late packets in milliseconds
    #[schemars(range(min = 0, max = 10000))]
    pub latency_ms: Option<u32>,
    /// Environment variable with the user name; LIVENESS_RTSP_USER when left out
    pub user_env: Option<Name>,
    /// Environment variable with the password; LIVENESS_RTSP_PASSWORD when left out
    pub password_env: Option<Name>,
}

/// The display of the kiosk screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Display {
    #[default]
    None,
    /// The whole screen, through the session's display system: Wayland, X11, or KMS without a desktop.
    Fullscreen,
    Window,
    Kms,
}

/// The transport protocol of an RTSP stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    #[default]
    Auto,
    Tcp,
    Udp,
}

impl Named for Display {
    fn words() -> Vec<(&'static str, Self)> {
        vec![
            ("none", Self::None),
            ("fullscreen", Self::Fullscreen),
            ("window", Self::Window),
            ("kms", Self::Kms),
        ]
    }
}

impl Named for Transport {
    fn words() -> Vec<(&'static str, Self)> {
        vec![("auto", Self::Auto), ("tcp", Self::Tcp), ("udp", Self::Udp)]
    }
}

impl Settings {
    /// Returns the faults that involve several settings, and those of paths and addresses.
    pub fn faults(&self, path: &[Step]) -> Vec<Fault> {
        let within = |key: &str| [path, &[Step::Key(key.to_owned())]].concat();
        let webhook = self.webhook.iter().flat_map(|webhook| webhook.faults(&within("webhook")));
        let store = self.store.iter().flat_map(|store| store.faults(&within("store")));
        let homeless = self.webhook.is_some() && self.store.is_none();
        let text = "webhook needs a store, where events wait for a server that does not answer";
        let homeless = homeless.then(|| Fault::of_key(path, "webhook", text));
        let idle = self.keep_days.is_some() && self.evidence.is_none() && self.record.is_none();
        let text =
            "keep_days is for evidence and record, and there is neither; for a store it stands in `store`";
        let idle = idle.then(|| Fault::of_key(path, "keep_days", text));
        let source = self.source.iter().filter_map(|Name(source)| source::fault(source));
        let source = source.map(|text| Fault::of_key(path, "source", text));
        let folders = [("evidence", &self.evidence), ("record", &self.record)];
        let folders = folders.into_iter().filter_map(|(key, name)| name.as_ref()?.fault_of_path(path, key));
        folders.chain(source).chain(webhook).chain(store).chain(homeless).chain(idle).collect()
    }

    /// Resolves relative paths against `folder`, the folder of the workflow file.
    pub fn move_into(&mut self, folder: &Path) {
        let webhook = self.webhook.iter_mut();
        let webhook = webhook.flat_map(|webhook| [&mut webhook.secret_file, &mut webhook.ca_file]).flatten();
        let store = self.store.iter_mut().flat_map(|store| [Some(&mut store.path), store.key_file.as_mut()]);
        let paths = [self.evidence.as_mut(), self.record.as_mut()].into_iter().chain(store);
        paths.flatten().chain(webhook).for_each(|name| name.move_into(folder));
        if let Some(Name(source)) = &mut self.source
            && let Some((scheme @ ("file" | "images"), rest)) = source.split_once(':')
            && let Ok(path) = location::of_source(rest)
        {
            *source = format!("{scheme}:{}", folder.join(path).display());
        }
    }
}

impl Name {
    /// Returns the fault of this path, attributed to the field `key`.
    pub(super) fn fault_of_path(&self, path: &[Step], key: &str) -> Option<Fault> {
        let fault = location::path(&self.0).err()?;
        Some(Fault::of_key(path, key, format!("{key}: {fault}")))
    }

    /// Resolves this path against `folder`.
    pub fn move_into(&mut self, folder: &Path) {
        let path = location::path(&self.0).unwrap_or_else(|_| self.0.clone().into());
        self.0 = folder.join(path).display().to_string();
    }
}
