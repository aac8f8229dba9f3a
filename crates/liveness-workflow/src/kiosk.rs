// SPDX-License-Identifier: MIT OR Apache-2.0

//! The keywords of the kiosk settings, and the replacement of checks that play light.

use super::document::Step;
use super::fault::Fault;
use super::node::Node;
use super::settings::Settings;
use super::word::{Named, Word};
use liveness_core::check::Method;
use liveness_screen::Language;

/// The event that starts the first check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// The first frame.
    #[default]
    Immediately,
    /// A face in front of the camera.
    Face,
    /// A touch, a click or a key.
    Touch,
}

/// The method that replaces a method with light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithoutLight {
    #[default]
    Action,
    Passive,
}

impl Named for Start {
    fn words() -> Vec<(&'static str, Self)> {
        vec![("immediately", Self::Immediately), ("face", Self::Face), ("touch", Self::Touch)]
    }
}

impl Named for WithoutLight {
    fn words() -> Vec<(&'static str, Self)> {
        vec![("action", Self::Action), ("passive", Self::Passive)]
    }
}

impl Named for Language {
    fn words() -> Vec<(&'static str, Self)> {
        Self::all().map(|language| (language.code(), language)).collect()
    }
}

impl Node {
    /// Returns whether the check plays light.
    pub fn has_light(&self) -> bool {
        matches!(self.method.0, Method::Flash | Method::ActionFlash)
    }

    /// Returns the check without light. A check that plays no light is returned unchanged.
    #[must_use]
    pub fn without_light(&self, instead: WithoutLight) -> Self {
        if !self.has_light() {
            return self.clone();
        }
        let plain = Self {
            light: None,
            grid_rows: None,
            grid_columns: None,
            light_duration_s: None,
            max_display_latency_ms: None,
            ..self.clone()
        };
        match instead {
            WithoutLight::Action => Self { method: Word(Method::Action), ..plain },
            WithoutLight::Passive => Self {
                method: Word(Method::Passive),
                actions: None,
                action_count: None,
                action_timeout_s: None,
                ..plain
            },
        }
    }
}

impl Settings {
    /// Returns the fault of `without_light` in a workflow without checks that play light.
    pub(super) fn needless_way(&self, nodes: &[Node], path: &[Step]) -> Option<Fault> {
        let text = "without_light belongs to the methods \"flash\" and \"action_flash\"";
        let needless = self.without_light.is_some() && !nodes.iter().any(Node::has_light);
        needless.then(|| Fault::of_key(path, "without_light", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_without_light_keeps_what_belongs_to_its_method() {
        let node: Node = serde_json::from_value(serde_json::json!({
            "method": "action_flash", "light": {"rows": 3}, "action_count": 2, "decline_threshold": 20,
        }))
        .unwrap();
        let action = node.without_light(WithoutLight::Action);
        assert_eq!(
            (action.method.0, action.action_count, action.light.is_none()),
            (Method::Action, Some(2), true)
        );
        let passive = node.without_light(WithoutLight::Passive);
        assert_eq!((passive.method.0, passive.action_count), (Method::Passive, None));
        assert_eq!(passive.decline_threshold, Some(20.0));
        let still = Node::new(Method::Passive).without_light(WithoutLight::Action);
        assert_eq!(still.method.0, Method::Passive);
    }
}
