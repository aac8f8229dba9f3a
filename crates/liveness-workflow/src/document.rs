// SPDX-License-Identifier: MIT OR Apache-2.0

//! JSON and TOML documents as values, and the position of a value in the text.

use std::fmt;

use serde::Deserializer;
use serde::de::{Deserialize, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The format of a workflow file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Toml,
}

/// One step of the path from the document's root to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// A position in the text: line and column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Parses a text. Skips a byte order mark at the start and rejects duplicate keys. JSON numbers keep all
/// their digits.
pub fn parse(text: &str, format: Format) -> Result<Value, (Place, String)> {
    let text = without_byte_order_mark(text);
    match format {
        Format::Json => serde_json::from_str::<Strict>(text).map_err(|e| (of_json(&e), told(&e))),
        Format::Toml => {
            toml::from_str::<Strict>(text).map_err(|e| (of_toml(text, &e), e.message().to_owned()))
        }
    }
    .map(|Strict(value)| value)
}

/// Parses a JSON text. Skips a byte order mark at the start and rejects duplicate keys.
///
/// # Errors
/// A description of the fault that begins with its position.
pub fn parse_json(text: &str) -> Result<Value, String> {
    parse(text, Format::Json).map_err(|(place, told)| format!("{place}: {told}"))
}

/// Returns the text without a leading byte order mark, which editors on Windows write before UTF-8.
pub fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Returns the position of the value at `path`. Parses the text again and stops at the value.
pub fn place(text: &str, format: Format, path: &[Step]) -> Option<Place> {
    let text = without_byte_order_mark(text);
    match format {
        Format::Json => {
            let mut input = serde_json::Deserializer::from_str(text);
            Until(path).deserialize(&mut input).err().map(|e| of_json(&e))
        }
        Format::Toml => {
            let input = toml::Deserializer::parse(text).ok()?;
            Until(path).deserialize(input).err().map(|e| of_toml(text, &e))
        }
    }
}

fn of_json(error: &serde_json::Error) -> Place {
    Place { line: error.line().max(1), column: error.column().max(1) }
}

/// Returns the error's message without the position, which serde_json appends.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line").map_or(text.clone(), |(told, _)| told.to_owned())
}

fn of_toml(text: &str, error: &toml::de::Error) -> Place {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Place { line: before.matches('\n').count() + 1, column }
}

/// Any value without duplicate keys.
struct Strict(Value);

/// The key under which the toml crate passes a date to a visitor.
const DATE: &str = "$__toml_private_datetime";
/// The key under which serde_json passes a number to a visitor.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if all.contains_key(&key) {
                return Err(A::Error::custom(format!("the field `{key}` is there twice")));
            }
            if key == NUMBER {
                return number(&entries.next_value::<String>()?);
            }
            let Strict(value) = entries.next_value()?;
            if key == DATE {
                return Ok(value);
            }
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}

/// Parses a number and keeps its digits. A number outside the range of a double is rejected, as readers would
/// take it for infinite.
fn number<E: Error>(text: &str) -> Result<Value, E> {
    let number = text.parse::<Number>().map_err(E::custom)?;
    if number.as_f64().is_none() {
        let begin: String = text.chars().take(40).collect();
        return Err(E::custom(format!("the number {begin} cannot be kept: it is beyond 1.8e308")));
    }
    Ok(number.into())
}

/// Reads a document up to the value at this path and fails there: only parse errors carry a position.
struct Until<'a>(&'a [Step]);

impl<'de> DeserializeSeed<'de> for Until<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        if self.0.is_empty() {
            return Err(D::Error::custom("here"));
        }
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Until<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what the path leads to")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<String>()? {
            match self.0 {
                [Step::Key(step), rest @ ..] if *step == key => entries.next_value_seed(Until(rest))?,
                _ => entries.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for i in 0.. {
            let more = match self.0 {
                [Step::Index(step), rest @ ..] if *step == i => items.next_element_seed(Until(rest))?,
                _ => items.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, format: Format, path: &[Step]) -> usize {
        place(text, format, path).unwrap().line
    }

    #[test]
    fn places_are_found_in_either_format() {
        let way = [Step::Key("nodes".into()), Step::Index(1), Step::Key("frames".into())];
        let json =
            "{\n \"nodes\": [\n  {\"frames\": 1},\n  {\"method\": \"passive\",\n   \"frames\": 2}\n ]\n}";
        assert_eq!(line(json, Format::Json, &way), 5);
        let toml = "[[nodes]]\nframes = 1\n\n[[nodes]]\nmethod = \"passive\"\nframes = 2\n";
        assert_eq!(line(toml, Format::Toml, &way), 6);
    }

    #[test]
    fn no_key_stands_twice() {
        let (place, told) = parse("{\"a\": 1,\n \"a\": 2}", Format::Json).unwrap_err();
        assert_eq!((place.line, told.as_str()), (2, "the field `a` is there twice"));
        assert_eq!(parse("a = 1\na = 2", Format::Toml).unwrap_err().0.line, 2);
    }

    #[test]
    fn numbers_are_kept_digit_by_digit() {
        let text = r#"[12345678901234567890123,-100000000000000000001,18446744073709551616,0.1000000000000000000001,7,2.50]"#;
        assert_eq!(parse(text, Format::Json).unwrap().to_string(), text);
        for beyond in ["1e400", "-1e309", &"9".repeat(400)] {
            let (place, told) = parse(&format!("[1,\n{beyond}]"), Format::Json).unwrap_err();
            assert_eq!(place.line, 2, "{told}");
            assert!(told.ends_with("cannot be kept: it is beyond 1.8e308"), "{told}");
        }
    }

    #[test]
    fn a_byte_order_mark_does_not_count() {
        for (text, format) in [("{\"a\":\n1}", Format::Json), ("a = 1\n", Format::Toml)] {
            let marked = format!("\u{feff}{text}");
            assert_eq!(parse(&marked, format), parse(text, format));
            let way = [Step::Key("a".into())];
            assert_eq!(place(&marked, format, &way), place(text, format, &way));
        }
        assert!(parse("\u{feff}\u{feff}{}", Format::Json).is_err());
    }

    #[test]
    fn both_formats_say_the_same() {
        let json = parse(r#"{"a": {"b": [1, 2.5, "x", true]}, "day": "2026-01-02"}"#, Format::Json);
        let toml = parse("day = 2026-01-02\n[a]\nb = [1, 2.5, \"x\", true]", Format::Toml);
        assert_eq!(json.unwrap(), toml.unwrap());
    }
}
