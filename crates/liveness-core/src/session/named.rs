// SPDX-License-Identifier: MIT OR Apache-2.0

//! Values that JSON has by their names.

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Reads a value by its name; `what` says what it is in the error of an unknown name.
pub fn named<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    what: &str,
    from_name: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let name = Cow::<str>::deserialize(deserializer)?;
    from_name(&name).ok_or_else(|| D::Error::custom(format!("unknown {what} {name}")))
}
