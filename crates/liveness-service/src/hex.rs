// SPDX-License-Identifier: MIT OR Apache-2.0

//! Hexadecimal text.

/// Returns the bytes as lower-case hexadecimal digits, two per byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
