// SPDX-License-Identifier: MIT OR Apache-2.0

//! The store's keys: one seals the content of the file, one signs the audit log.

use ring::aead::{self, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::{SecureRandom, SystemRandom};

use crate::failure::Failure;

/// Two keys derived from one secret by HKDF-SHA256 (RFC 5869).
pub struct Keys {
    seal: LessSafeKey,
    sign: hmac::Key,
    random: SystemRandom,
}

impl Keys {
    /// Derives the keys of one store from `secret`. A different `salt` yields different keys.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn new(secret: &[u8], salt: &[u8]) -> Result<Self, Failure> {
        let salt = [b"gst-plugin-liveness store 2", salt].concat();
        let derived = Salt::new(HKDF_SHA256, &salt).extract(secret);
        let seal = expand(&derived, &[b"seal"], &CHACHA20_POLY1305).map(aead::UnboundKey::from)?;
        let sign = expand(&derived, &[b"sign"], HMAC_SHA256).map(hmac::Key::from)?;
        Ok(Self { seal: LessSafeKey::new(seal), sign, random: SystemRandom::new() })
    }

    /// Encrypts `text` with ChaCha20-Poly1305 and returns nonce, ciphertext and tag. [`open`](Self::open)
    /// accepts it only with the same `place`.
    ///
    /// # Errors
    /// The random number generator or the encryption fails.
    pub fn seal(&self, place: &str, text: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(broken)?;
        let mut sealed = text.to_vec();
        let nonce_of = Nonce::assume_unique_for_key(nonce);
        self.seal
            .seal_in_place_append_tag(nonce_of, Aad::from(place.as_bytes()), &mut sealed)
            .map_err(broken)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Returns `N` random bytes of the operating system.
    ///
    /// # Errors
    /// The random number generator fails.
    pub fn random<const N: usize>() -> Result<[u8; N], Failure> {
        let mut bytes = [0; N];
        SystemRandom::new().fill(&mut bytes).map_err(broken)?;
        Ok(bytes)
    }

    /// Decrypts a sealed value. Returns `None` if it was not sealed with this key for this place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = sealed.to_vec();
        let opened = self.seal.open_in_place(nonce, Aad::from(place.as_bytes()), &mut text).ok()?.len();
        text.truncate(opened);
        Some(text)
    }

    /// Returns the HMAC-SHA256 of the parts, each preceded by its length.
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.sign);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut signature = [0; 32];
        signature.copy_from_slice(context.sign().as_ref());
        signature
    }
}

fn expand<'a, L: ring::hkdf::KeyType>(
    derived: &'a Prk,
    label: &'a [&'a [u8]],
    kind: L,
) -> Result<ring::hkdf::Okm<'a, L>, Failure> {
    derived.expand(label, kind).map_err(broken)
}

fn broken(_: ring::error::Unspecified) -> Failure {
    Failure::internal("the cryptography does not work")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens_and_only_in_the_same_place() {
        let keys = Keys::new(b"0123456789abcdef", b"salt").unwrap();
        let sealed = keys.seal("face 1", b"who").unwrap();
        assert_ne!(sealed, keys.seal("face 1", b"who").unwrap());
        assert_eq!(keys.open("face 1", &sealed).unwrap(), b"who");
        assert_eq!(keys.open("face 2", &sealed), None);
        assert_eq!(Keys::new(b"0123456789abcdeF", b"salt").unwrap().open("face 1", &sealed), None);
        assert_eq!(Keys::new(b"0123456789abcdef", b"Salt").unwrap().open("face 1", &sealed), None);
        for cut in 0..sealed.len() {
            assert_eq!(keys.open("face 1", &sealed[..cut]), None);
        }
    }

    #[test]
    fn a_key_counts_to_its_last_byte() {
        for length in [16, 4095, 4096, 4097, 10_000] {
            let (mut secret, sealed) = (vec![7; length], |secret: &[u8]| Keys::new(secret, b"salt").unwrap());
            let kept = sealed(&secret).seal("x", b"who").unwrap();
            secret[length - 1] = 8;
            assert_eq!(sealed(&secret).open("x", &kept), None, "{length}");
        }
    }

    #[test]
    fn parts_cannot_be_shifted() {
        let keys = Keys::new(b"0123456789abcdef", b"salt").unwrap();
        assert_ne!(keys.sign(&[b"ab", b"c"]), keys.sign(&[b"a", b"bc"]));
    }
}
