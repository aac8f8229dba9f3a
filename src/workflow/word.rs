//! Values that are written as one of a few words.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::check::{Action, Method};
use crate::session::{Operator, RuleAction, Status};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};

use super::schema::PRINTABLE;

/// What has names in a workflow.
pub trait Named: Sized {
    fn names() -> Vec<&'static str>;
    fn from_word(word: &str) -> Option<Self>;
}

/// A named value, as a field's type.
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
    /// Ours, and those of the decision's `method`.
    fn names() -> Vec<&'static str> {
        let decided = [Self::Passive, Self::Flash, Self::ActionFlash].map(Self::json_name);
        [&Self::ALL.map(Self::name)[..], &decided].concat()
    }

    fn from_word(word: &str) -> Option<Self> {
        let decided =
            || [Self::Passive, Self::Flash, Self::ActionFlash].into_iter().find(|m| m.json_name() == word);
        Self::from_name(word).or_else(decided)
    }
}

impl Named for Action {
    fn names() -> Vec<&'static str> {
        Self::ALL.map(Self::name).to_vec()
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::from_name(word)
    }
}

impl Named for RuleAction {
    fn names() -> Vec<&'static str> {
        Self::ALL.map(Self::name).to_vec()
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::from_name(word)
    }
}

impl Named for Operator {
    fn names() -> Vec<&'static str> {
        Self::ALL.map(Self::name).to_vec()
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::from_name(word)
    }
}

/// Those that a decision may have.
impl Named for Status {
    fn names() -> Vec<&'static str> {
        [Self::Approved, Self::InReview, Self::Declined].map(Self::name).to_vec()
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::from_name(word)
    }
}

/// A short printable text: a name, a path, an address.
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
