//! What a workflow says besides its checks.

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

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The workflow's name in the decision; the file's name when left out
    pub workflow_id: Option<Name>,
    /// Your own reference to the person, handed through to the decision
    pub vendor_data: Option<String>,
    /// Any JSON, handed through to the decision
    pub metadata: Option<Value>,
    /// Days after which an approval is no longer one
    #[schemars(range(min = 1, max = 36500))]
    pub validity_days: Option<u32>,
    /// Where the video comes from: test, file:PATH, images:FOLDER, v4l2:/dev/videoN, rtsp://…, pipeline:FRAGMENT
    pub source: Option<Name>,
    pub rtsp: Option<Rtsp>,
    /// Where the kiosk screen is shown: fullscreen (Wayland, X11 or, without a desktop, KMS), window, kms or none
    pub display: Option<Word<Display>>,
    /// The kiosk screen's language; the system's when left out
    pub language: Option<Word<Language>>,
    /// false = no light is played, for people whom flashing light harms: flash and action_flash become what `without_light`
    /// says, or action when it is left out. The decision's evidence names the method that was used
    pub flash: Option<bool>,
    /// What flash and action_flash become for a person who asks for no light on the ready screen (with `start`: touch), or
    /// with `flash`: false. A weaker check than light; when left out, the ready screen does not offer it
    pub without_light: Option<Word<WithoutLight>>,
    /// What starts the check: immediately (the first frame, the default), face (somebody who looks at the camera) or touch
    /// (a touch, a click or a key on the ready screen, which warns of the light; Enter in the terminal too)
    pub start: Option<Word<Start>>,
    /// A folder that gets a folder per session: decision, reference images, depth maps
    pub evidence: Option<Name>,
    /// A folder that gets each session's video
    pub record: Option<Name>,
    /// Days after which a session's evidence and video are removed; what the store keeps has its own keep_days
    #[schemars(range(min = 1, max = 36500))]
    pub keep_days: Option<u32>,
    pub webhook: Option<Webhook>,
    pub store: Option<Store>,
}

/// How an RTSP camera is talked to.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rtsp {
    /// auto tries udp first
    pub transport: Option<Word<Transport>>,
    /// Milliseconds that late packets are waited for
    #[schemars(range(min = 0, max = 10000))]
    pub latency_ms: Option<u32>,
    /// The environment variable that holds the user's name; LIVENESS_RTSP_USER when left out
    pub user_env: Option<Name>,
    /// The environment variable that holds the password; LIVENESS_RTSP_PASSWORD when left out
    pub password_env: Option<Name>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Display {
    #[default]
    None,
    /// The whole screen, by whatever the session offers: Wayland, X11 or none of them (KMS).
    Fullscreen,
    Window,
    Kms,
}

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

    /// Paths in a file are meant from where the file is.
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
    /// Returns the fault of this path under `key`.
    pub(super) fn fault_of_path(&self, path: &[Step], key: &str) -> Option<Fault> {
        let fault = location::path(&self.0).err()?;
        Some(Fault::of_key(path, key, format!("{key}: {fault}")))
    }

    /// Makes it a path from `folder` on.
    pub fn move_into(&mut self, folder: &Path) {
        let path = location::path(&self.0).unwrap_or_else(|_| self.0.clone().into());
        self.0 = folder.join(path).display().to_string();
    }
}
