// SPDX-License-Identifier: MIT OR Apache-2.0

//! Signatures of webhook events (HMAC-SHA256).

use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::Value;

use super::canonical::canonical;
use crate::hex::hex;

/// A signed event.
pub struct Signed {
    /// Bytes of the request body.
    pub body: String,
    /// Names and values of the signature headers.
    pub headers: [(&'static str, String); 3],
}

/// Signs a body. `timestamp` is in seconds since 1970; the body contains it, too.
pub fn signed(secret: &[u8], body: &Value, timestamp: u64) -> Signed {
    let key = Key::new(HMAC_SHA256, secret);
    let of = |text: &str| hex(sign(&key, text.as_bytes()).as_ref());
    let raw = body.to_string();
    let headers = [
        ("X-Timestamp", timestamp.to_string()),
        ("X-Signature", of(&raw)),
        ("X-Signature-V2", of(&canonical(body))),
    ];
    Signed { headers, body: raw }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: `printf '{"b":1.0,"a":2}' | openssl dgst -sha256 -hmac "it is a secret!!"`, and the
    /// same for the canonical form.
    #[test]
    fn signatures_are_those_of_openssl() {
        let body: Value = serde_json::from_str(r#"{"b":1.0,"a":2}"#).unwrap();
        let Signed { body, headers } = signed(b"it is a secret!!", &body, 7);
        assert_eq!(body, r#"{"b":1.0,"a":2}"#);
        assert_eq!(headers[0].1, "7");
        assert_eq!(headers[1].1, "729e490a4ec6df72ee71caf29ee6a8c88c7927320234198ccdd786946fe2c32d");
        assert_eq!(headers[2].1, "28dcb5b13cd0cf1fbdf44626216c8a108200d306f8fac09098abc7d66a47cbe4");
    }
}
