// SPDX-License-Identifier: MIT OR Apache-2.0

//! The conversion of rules from and to the structure `liveness/rules`, which is the type of the property `rules`.

use liveness_core::session::{RuleAction, Rules};

const NAME: &str = "liveness/rules";
/// Field: face quality, 0 to 100, at or below which a check goes to review.
pub const QUALITY_REVIEW: &str = "face-quality-review-threshold";
/// Field: face quality, 0 to 100, at or below which a check is declined.
pub const QUALITY_DECLINE: &str = "face-quality-decline-threshold";
/// Field: lower limit of the face's luminance, 0 to 100.
pub const LUMINANCE_MIN: &str = "face-luminance-min-threshold";
const LUMINANCE_MIN_ACTION: &str = "face-luminance-min-action";
/// Field: upper limit of the face's luminance, 0 to 100.
pub const LUMINANCE_MAX: &str = "face-luminance-max-threshold";
const LUMINANCE_MAX_ACTION: &str = "face-luminance-max-action";
const MULTIPLE_FACES: &str = "multiple-faces-action";
const INJECTION: &str = "frame-injection-action";
const MINIMUM_AGE: &str = "minimum-age";

/// The reason why a structure is not a set of rules.
#[derive(Debug, thiserror::Error)]
pub enum NotRules {
    /// The structure has another name.
    #[error("rules are the structure {NAME}, not {0}")]
    Name(String),
    /// The field is not a rule.
    #[error("{0} is no rule")]
    Unknown(String),
    /// The field is not a double.
    #[error("{0} must be a number of type double")]
    Number(String),
    /// The field is not the name of an action.
    #[error("{0} must be NO_ACTION, REVIEW or DECLINE")]
    Action(String),
}

/// Returns the structure that holds `rules`.
pub fn to_structure(rules: Rules) -> gst::Structure {
    let name = |action: Option<RuleAction>| action.map(RuleAction::name);
    gst::Structure::builder(NAME)
        .field_if_some(QUALITY_REVIEW, rules.quality_review)
        .field_if_some(QUALITY_DECLINE, rules.quality_decline)
        .field_if_some(LUMINANCE_MIN, rules.darkest.threshold)
        .field_if_some(LUMINANCE_MIN_ACTION, name(rules.darkest.action))
        .field_if_some(LUMINANCE_MAX, rules.brightest.threshold)
        .field_if_some(LUMINANCE_MAX_ACTION, name(rules.brightest.action))
        .field_if_some(MULTIPLE_FACES, name(rules.multiple_faces))
        .field_if_some(INJECTION, name(rules.injection))
        .field_if_some(MINIMUM_AGE, rules.minimum_age)
        .build()
}

/// Returns the rules in a structure.
///
/// # Errors
/// The structure has another name, or a field is unknown or has a wrong value.
pub fn of_structure(structure: &gst::StructureRef) -> Result<Rules, NotRules> {
    if structure.name() != NAME {
        return Err(NotRules::Name(structure.name().to_string()));
    }
    let mut rules = Rules::default();
    for (field, value) in structure.iter() {
        let Rules { darkest, brightest, .. } = &mut rules;
        let (number, action): (Option<&mut Option<f64>>, _) = match field.as_str() {
            QUALITY_REVIEW => (Some(&mut rules.quality_review), None),
            QUALITY_DECLINE => (Some(&mut rules.quality_decline), None),
            LUMINANCE_MIN => (Some(&mut darkest.threshold), None),
            LUMINANCE_MAX => (Some(&mut brightest.threshold), None),
            MINIMUM_AGE => (Some(&mut rules.minimum_age), None),
            LUMINANCE_MIN_ACTION => (None, Some(&mut darkest.action)),
            LUMINANCE_MAX_ACTION => (None, Some(&mut brightest.action)),
            MULTIPLE_FACES => (None, Some(&mut rules.multiple_faces)),
            INJECTION => (None, Some(&mut rules.injection)),
            unknown => return Err(NotRules::Unknown(unknown.to_owned())),
        };
        if let Some(number) = number {
            *number = Some(value.get().map_err(|_| NotRules::Number(field.to_string()))?);
        }
        if let Some(action) = action {
            let named = value.get::<&str>().ok().and_then(RuleAction::from_name);
            *action = Some(named.ok_or_else(|| NotRules::Action(field.to_string()))?);
        }
    }
    Ok(rules)
}

/// Returns the rules in a property value. A null structure stands for no rules.
///
/// # Errors
/// The value is not a structure, or not one of rules.
pub fn of_value(value: &glib::Value) -> Result<Rules, Box<dyn std::error::Error>> {
    let structure = value.get::<Option<gst::Structure>>()?;
    Ok(structure.map(|structure| of_structure(structure.as_ref())).transpose()?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveness_core::session::Limit;

    #[test]
    fn rules_survive_their_structure() {
        gst::init().unwrap();
        let limit = |threshold, action| Limit { threshold: Some(threshold), action: Some(action) };
        let rules = Rules {
            quality_review: Some(60.0),
            quality_decline: Some(30.0),
            darkest: limit(20.0, RuleAction::Decline),
            brightest: limit(90.0, RuleAction::NoAction),
            multiple_faces: Some(RuleAction::Review),
            injection: Some(RuleAction::Decline),
            minimum_age: Some(18.0),
        };
        for rules in [rules, Rules::default()] {
            let structure = to_structure(rules);
            assert_eq!(of_structure(structure.as_ref()).unwrap(), rules);
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        gst::init().unwrap();
        for text in [
            "other;",
            "liveness/rules, face-quality=(double)3;",
            "liveness/rules, minimum-age=(string)old;",
            "liveness/rules, frame-injection-action=(string)maybe;",
        ] {
            let structure: gst::Structure = text.parse().unwrap();
            assert!(of_structure(structure.as_ref()).is_err(), "{text}");
        }
    }
}
