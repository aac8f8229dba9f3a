// SPDX-License-Identifier: MIT OR Apache-2.0

//! Validation of a check's fields against each other.

use liveness_core::check::{ActionConfig, FlashConfig, MOST_CELLS, Method};
use liveness_core::session::{RuleAction, Screening, Thresholds};

use super::document::Step;
use super::fault::Fault;
use super::names::Names;
use super::node::{Light, Node};
use super::rule::Rule;
use super::word::Word;

/// The defaults of livenessbin: the duration of an attempt in seconds, and the number of movements that
/// accompany the light.
const ATTEMPT: f64 = 15.0;
const MOVEMENTS: u32 = 1;

/// A number from the file, or its default.
struct Number {
    name: &'static str,
    given: Option<f64>,
    default: f64,
}

impl Number {
    fn value(&self) -> f64 {
        self.given.unwrap_or(self.default)
    }

    fn told(&self) -> String {
        let default = if self.given.is_some() { "" } else { ", the default" };
        format!("{} ({}{default})", self.name, self.value())
    }
}

impl Node {
    /// Returns the faults that involve several fields. They use the field names written in the file.
    pub fn faults(&self, path: &[Step], names: &Names) -> Vec<Fault> {
        let mut faults = self.strangers(path);
        faults.extend(self.models_dir.as_ref().and_then(|dir| dir.fault_of_path(path, "models_dir")));
        faults.extend(self.crossed(path, names));
        if self.actions().is_some_and(|actions| !actions.are_enough()) {
            faults.push(Fault::of_key(path, "actions", "actions must hold something besides a blink"));
        }
        faults.extend(self.crowded_light(path).or_else(|| self.endless_light(path)));
        let within = |i| [path, &[Step::Key("status_rules".to_owned()), Step::Index(i)]].concat();
        faults.extend(self.status_rules.iter().enumerate().flat_map(|(i, rule)| rule.faults(&within(i))));
        let on_age = |rule: &Rule| rule.is_on_age() && !self.asks_age();
        let on_age = self.status_rules.iter().enumerate().filter(|(_, rule)| on_age(rule));
        let text = "age and gender are estimated only with age_estimation = true or a minimum_age_threshold";
        faults.extend(on_age.map(|(i, _)| Fault::of_key(&within(i), "field", text)));
        faults
    }

    /// Returns whether a rigid mask can perform every requested action, at least for some draws.
    pub fn leaves_masks_a_way(&self) -> bool {
        let usual = match self.method.0 {
            Method::Action => ActionConfig::default().count,
            Method::ActionFlash => MOVEMENTS,
            _ => return false,
        };
        let count = self.action_count.unwrap_or(usual);
        self.actions().is_some_and(|actions| !actions.always_ask_expression(count))
    }

    /// Returns the faults of actions for faces on lists in a workflow without a store.
    pub fn listless(&self, path: &[Step]) -> Vec<Fault> {
        let owned = [
            (
                "face_liveness_possible_duplicated_face_action",
                self.face_liveness_possible_duplicated_face_action,
            ),
            ("duplicated_face_action", self.duplicated_face_action),
            ("blocklist_action", self.blocklist_action),
            ("possible_blocklist_action", self.possible_blocklist_action),
        ];
        let asks =
            |action: Option<Word<RuleAction>>| action.is_some_and(|word| word.0 != RuleAction::NoAction);
        let asking = owned.into_iter().filter(|(_, action)| asks(*action));
        let told = asking.map(|(key, _)| {
            let text = format!(
                "{key} needs a store, where the lists of faces are; without one it may be NO_ACTION only"
            );
            Fault::of_key(path, key, text)
        });
        told.collect()
    }

    /// Returns the faults of lower thresholds that exceed their higher ones.
    fn crossed(&self, path: &[Step], names: &Names) -> Vec<Fault> {
        let default = Thresholds::default();
        let number = |ours, given, default| Number { name: names.written(ours), given, default };
        let usual = Screening::default();
        let pairs = [
            (
                number("decline_threshold", self.decline_threshold, default.decline),
                number("review_threshold", self.review_threshold, default.review),
            ),
            (
                number("face_quality_decline_threshold", self.face_quality_decline_threshold, 0.0),
                number("face_quality_review_threshold", self.face_quality_review_threshold, 100.0),
            ),
            (
                number("face_luminance_min_threshold", self.face_luminance_min_threshold, 0.0),
                number("face_luminance_max_threshold", self.face_luminance_max_threshold, 100.0),
            ),
            (
                number(
                    "possible_duplicated_face_threshold",
                    self.possible_duplicated_face_threshold,
                    usual.like_known.possible,
                ),
                number("duplicated_face_threshold", self.duplicated_face_threshold, usual.like_known.certain),
            ),
            (
                number(
                    "possible_blocklist_threshold",
                    self.possible_blocklist_threshold,
                    usual.like_blocked.possible,
                ),
                number("blocklist_threshold", self.blocklist_threshold, usual.like_blocked.certain),
            ),
        ];
        let crossed = pairs.iter().filter(|(low, high)| low.value() > high.value());
        let told = crossed.map(|(low, high)| {
            let written = if low.given.is_some() { low } else { high };
            Fault::of_key(path, written.name, format!("{} lies above {}", low.told(), high.told()))
        });
        told.collect()
    }

    /// Returns the faults of settings that do not belong to the method. Ignoring them would hide a mistake.
    fn strangers(&self, path: &[Step]) -> Vec<Fault> {
        let passive: &[Method] = &[Method::Passive];
        let action: &[Method] = &[Method::Action, Method::ActionFlash];
        let flash: &[Method] = &[Method::Flash, Method::ActionFlash];
        let lit = self.light.is_some();
        let owned = [
            ("frames", passive, self.frames.is_some()),
            ("interval_ms", passive, self.interval_ms.is_some()),
            ("actions", action, self.actions.is_some()),
            ("action_count", action, self.action_count.is_some()),
            ("action_timeout_s", action, self.action_timeout_s.is_some()),
            ("light", flash, lit),
            ("grid_rows", flash, self.grid_rows.is_some()),
            ("grid_columns", flash, self.grid_columns.is_some()),
            ("light_duration_s", flash, self.light_duration_s.is_some()),
            ("max_display_latency_ms", flash, self.max_display_latency_ms.is_some()),
        ];
        let given = owned.iter().filter(|(_, _, given)| *given);
        let told = given.filter_map(|(key, methods, _)| {
            let text = if !methods.contains(&self.method.0) {
                format!("{key} belongs to the method \"{}\"", methods[0].name())
            } else if lit && *methods == flash && *key != "light" {
                format!("{key} and light are the same setting: give one of them")
            } else {
                return None;
            };
            Some(Fault::of_key(path, key, text))
        });
        told.collect()
    }

    /// Returns the fault of a grid with more cells than can be distinguished. Such a check would show fewer cells.
    fn crowded_light(&self, path: &[Step]) -> Option<Fault> {
        let FlashConfig { rows, columns, .. } = self.lit()?;
        let key = self.first_of(&["light", "grid_rows", "grid_columns"]);
        let text = format!(
            "{rows} rows and {columns} columns are {} cells of light: {MOST_CELLS} at most can be told apart",
            rows * columns
        );
        (rows * columns > MOST_CELLS as u32).then(|| Fault::of_key(path, key, text))
    }

    /// Returns the fault of a light that outlasts an attempt.
    fn endless_light(&self, path: &[Step]) -> Option<Fault> {
        let takes = self.lit()?.takes() as f64 * 1e-9;
        let attempt = Number { name: "attempt_timeout_s", given: self.attempt_timeout_s, default: ATTEMPT };
        let keys =
            ["attempt_timeout_s", "light", "light_duration_s", "action_count", "grid_rows", "grid_columns"];
        let text = format!("{} must be longer than the light takes, {takes:.2} seconds", attempt.told());
        (attempt.value() <= takes).then(|| Fault::of_key(path, self.first_of(&keys), text))
    }

    /// Returns the configuration of the light as played, or `None` if the method plays no light.
    fn lit(&self) -> Option<FlashConfig> {
        let Light { rows, columns, duration_s, .. } = self.light();
        let default = FlashConfig::default();
        let config = FlashConfig {
            rows: rows.unwrap_or(default.rows),
            columns: columns.unwrap_or(default.columns),
            duration: duration_s.map_or(default.duration, |seconds| (seconds * 1e9) as u64),
            ..default
        };
        match self.method.0 {
            Method::Flash => Some(config),
            Method::ActionFlash => Some(config.beside(self.action_count.unwrap_or(MOVEMENTS))),
            Method::Passive | Method::Action => None,
        }
    }

    /// Returns the first of these fields that is set, or `method` if none is.
    fn first_of(&self, keys: &[&'static str]) -> &'static str {
        let given = |key: &&&str| match **key {
            "attempt_timeout_s" => self.attempt_timeout_s.is_some(),
            "light" => self.light.is_some(),
            "light_duration_s" => self.light_duration_s.is_some(),
            "action_count" => self.action_count.is_some(),
            "grid_rows" => self.grid_rows.is_some(),
            _ => self.grid_columns.is_some(),
        };
        keys.iter().find(given).copied().unwrap_or("method")
    }
}
