// SPDX-License-Identifier: MIT OR Apache-2.0

//! The CA certificates that webhook servers are verified against.

use std::fs::File;
use std::path::Path;

use rustls::RootCertStore;
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::bounded;
use crate::failure::Failure;

/// Maximum size of a CA file in bytes; larger than any system's bundle.
const MAX_BYTES: u64 = 4 << 20;

/// Returns the certificates of `ca_file` or, without it, those of the system. `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` replace the system's. A system without certificates uses the compiled-in ones.
///
/// # Errors
/// A named file cannot be read or holds no usable certificate.
pub fn roots(ca_file: Option<&Path>) -> Result<RootCerts, Failure> {
    match ca_file {
        Some(file) => Ok(of_file(file)?.into()),
        None => of_system(),
    }
}

/// Returns all certificates of a PEM file.
///
/// # Errors
/// The file cannot be read, is larger than 4 MiB, or holds no usable certificate.
pub fn of_file(path: &Path) -> Result<Vec<Certificate<'static>>, Failure> {
    let about = |failure: Failure| failure.about(format!("ca_file {}", path.display()));
    let read = File::open(path).and_then(|file| bounded::read(file, MAX_BYTES));
    let pem = read.map_err(|e| about(Failure::no_input(format!("it cannot be read: {e}"))))?;
    let pem = pem.ok_or_else(|| about(Failure::data("it is larger than 4 MB")))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(e) => return Err(about(Failure::data(format!("it is not a PEM file: {e}")))),
        }
    }
    if certificates.is_empty() {
        let text = "it holds no certificate: it needs -----BEGIN CERTIFICATE-----";
        return Err(about(Failure::data(text)));
    }
    for (i, certificate) in certificates.iter().enumerate() {
        let added = RootCertStore::empty().add(certificate.der().into());
        added.map_err(|e| about(Failure::data(format!("certificate {} is damaged: {e}", i + 1))))?;
    }
    Ok(certificates)
}

fn of_system() -> Result<RootCerts, Failure> {
    let loaded = rustls_native_certs::load_native_certs();
    if !loaded.certs.is_empty() {
        return Ok(loaded.certs.iter().map(|der| Certificate::from_der(der).to_owned()).into());
    }
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find(|name| std::env::var_os(name).is_some());
    match named {
        None => Ok(RootCerts::WebPki),
        Some(name) => {
            let why = loaded.errors.first().map_or("it holds no certificate".to_owned(), ToString::to_string);
            Err(Failure::no_input(format!("{name} gives no CA certificates: {why}")))
        }
    }
}
