// SPDX-License-Identifier: MIT OR Apache-2.0

//! Canonical JSON as `X-Signature-V2` signs it: sorted keys, no spaces, whole floats as integers, unescaped
//! UTF-8.
//!
//! Didit's verifiers produce the same text from a body in Python with `json.dumps(sort_keys=True,
//! separators=(",", ":"), ensure_ascii=False)`. Numbers are therefore written as Python writes them.

use serde_json::{Number, Value};

/// Returns the canonical JSON of a value.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => text.push_str(&of_number(number)),
        Value::Array(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate() {
                separate(i, text);
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            // In UTF-8 the order of bytes is the order of code points, which Python sorts by.
            fields.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (i, (key, value)) in fields.into_iter().enumerate() {
                separate(i, text);
                write(&Value::from(key.as_str()), text);
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

fn separate(i: usize, text: &mut String) {
    if i > 0 {
        text.push(',');
    }
}

fn of_number(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(0.0) => "0".to_owned(),
        Some(float) if float.fract() == 0.0 => format!("{float:.0}"),
        Some(float) if float.abs() < 1e-4 => {
            // Python writes the exponent with at least two digits.
            let text = format!("{float:e}");
            match text.split_once("e-") {
                Some((digits, exponent)) => format!("{digits}e-{exponent:0>2}"),
                None => text,
            }
        }
        Some(float) => float.to_string(),
        // An integer keeps all its digits. Python has no negative zero among integers.
        None => match number.to_string() {
            zero if zero == "-0" => "0".to_owned(),
            digits => digits,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_texts_are_as_python_writes_them() {
        let value = json!({
            "b": [1.0, -0.0, 2.5, 1e-5, 1.25e-10, 0.0001, 1e22, -3, 18446744073709551615u64, 0.1], "a": {"ü": null, "z": true},
            "Z": "é\"\\\n\u{1}\u{7f}/😀",
        });
        let wanted = "{\"Z\":\"é\\\"\\\\\\n\\u0001\u{7f}/😀\",\"a\":{\"z\":true,\"ü\":null},\
                      \"b\":[1,0,2.5,1e-05,1.25e-10,0.0001,10000000000000000000000,-3,18446744073709551615,0.1]}";
        assert_eq!(canonical(&value), wanted);
        assert_eq!(canonical(&json!([[], {}])), "[[],{}]");
    }

    /// The expected texts come from Python's json module.
    #[test]
    fn numbers_as_they_were_given_are_signed_as_python_reads_them() {
        let given = r#"[12345678901234567890123,-100000000000000000001,-0,0.1000000000000000000001,2.50,1E2,1e-400,1.2e25]"#;
        let wanted =
            "[12345678901234567890123,-100000000000000000001,0,0.1,2.5,100,0,11999999999999999798673408]";
        assert_eq!(canonical(&liveness_workflow::parse_json(given).unwrap()), wanted);
    }
}
