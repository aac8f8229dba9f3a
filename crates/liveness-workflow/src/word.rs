// SPDX-License-Identifier: MIT OR Apache-2.0

//! Values that a workflow writes as one of a few keywords.

use std::borrow::Cow;
use std::marker::PhantomData;

use liveness_core::check::{Action, Method};
use liveness_core::session::{Operator, RuleAction, Status};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};

use super::schema::PRINTABLE;

/// A value that a workflow writes as a keyword.
pub trait Named: Sized {
    /// Returns every keyword with its value, in the order of the schema.
    fn words() -> Vec<(&'static str, Self)>;

    /// Returns every keyword.
    fn names() -> Vec<&'static str> {
        Self::words().into_iter().map(|(word, _)| word).collect()
    }

    /// Returns the value of a keyword, or `None` for an unknown one.
    fn from_word(word: &str) -> Option<Self> {
        Self::words().into_iter().find(|(known, _)| *known == word).map(|(_, value)| value)
    }
}

/// A value written as a keyword, as a field's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<T>(pub T);

impl<'de, T: Named> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let word = String::deserialize(input)?;
        T::from_word(&word).map(Self).ok_or_else(|| D::Error::custom(format!("unknown word {word:?}")))
    }
}

impl<T: Named> JsonSchema for Word<T> {
    fn schema_name() -> Cow<'static, str> {
        std::any::type_name::<PhantomData<T>>().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": T::names() })
    }
}

impl Named for Method {
    /// The method names of the elements, followed by those in the decision's `method`.
    fn words() -> Vec<(&'static str, Self)> {
        let decided =
            [Self::Passive, Self::Flash, Self::ActionFlash].map(|method| (method.json_name(), method));
        [&Self::ALL.map(|method| (method.name(), method))[..], &decided].concat()
    }
}

impl Named for Action {
    fn words() -> Vec<(&'static str, Self)> {
        Self::ALL.map(|value| (value.name(), value)).to_vec()
    }
}

impl Named for RuleAction {
    fn words() -> Vec<(&'static str, Self)> {
        Self::ALL.map(|value| (value.name(), value)).to_vec()
    }
}

impl Named for Operator {
    fn words() -> Vec<(&'static str, Self)> {
        Self::ALL.map(|value| (value.name(), value)).to_vec()
    }
}

/// The statuses that a rule may set.
impl Named for Status {
    fn words() -> Vec<(&'static str, Self)> {
        [Self::Approved, Self::InReview, Self::Declined].map(|status| (status.name(), status)).to_vec()
    }
}

/// A short printable text: a name, a path or an address.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Name(pub String);

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 1024, "pattern": PRINTABLE })
    }
}
