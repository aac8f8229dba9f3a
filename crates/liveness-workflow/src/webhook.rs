// SPDX-License-Identifier: MIT OR Apache-2.0

//! The webhook that receives decisions.

use schemars::JsonSchema;
use serde::Deserialize;

use super::document::Step;
use super::endpoint::Endpoint;
use super::fault::Fault;
use super::word::Name;

/// Server that receives the decisions
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Address of the server: https://…, or http:// on this machine only
    pub url: Name,
    /// File with the secret that signs the events, 16 to 4096 bytes without trailing line ends; give either
    /// this or secret_env
    pub secret_file: Option<Name>,
    /// Environment variable with the secret that signs the events
    pub secret_env: Option<Name>,
    /// Maximum time for a response in seconds
    #[schemars(range(min = 0.1, max = 300.0))]
    pub timeout_s: Option<f64>,
    /// PEM file with the CA certificates to trust for this server instead of the system's
    pub ca_file: Option<Name>,
    /// HTTP proxy to an https server on another machine, as http://HOST:PORT; environment variables such as
    /// https_proxy are ignored
    pub proxy: Option<Name>,
    /// true (the default) = the server may be in a private or link-local network or on this machine; false
    /// also rejects names that resolve to such an address
    pub allow_private: Option<bool>,
}

impl Webhook {
    /// Returns the faults of the addresses, the paths and the secret, which must come from exactly one place.
    pub fn faults(&self, path: &[Step]) -> Vec<Fault> {
        let mut faults = Vec::new();
        match Endpoint::parse(&self.url.0) {
            Ok(endpoint) => faults.extend(self.faults_of_endpoint(path, &endpoint)),
            Err(text) => faults.push(Fault::of_key(path, "url", format!("url {text}"))),
        }
        let files = [("secret_file", &self.secret_file), ("ca_file", &self.ca_file)];
        faults.extend(files.into_iter().filter_map(|(key, name)| name.as_ref()?.fault_of_path(path, key)));
        if self.secret_file.is_some() == self.secret_env.is_some() {
            faults.push(Fault::new(path, "webhook needs secret_file or secret_env, one of them"));
        }
        faults
    }

    /// Returns whether the server may have a private address, true by default.
    pub fn allows_private(&self) -> bool {
        self.allow_private.unwrap_or(true)
    }

    fn faults_of_endpoint(&self, path: &[Step], endpoint: &Endpoint) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |key, text: &str| faults.push(Fault::of_key(path, key, text));
        if !endpoint.is_confidential() {
            fault("url", "url must begin with https:// (http:// only on this machine)");
        }
        if !self.allows_private() && endpoint.is_private() {
            fault("url", "url is a private address, which allow_private = false refuses");
        }
        if self.ca_file.is_some() && endpoint.url.scheme() != "https" {
            fault("ca_file", "ca_file is for https, and url is http");
        }
        let Some(proxy) = &self.proxy else { return faults };
        match Endpoint::parse(&proxy.0) {
            Err(text) => fault("proxy", &format!("proxy {text}")),
            Ok(proxy) if proxy.url.path() != "/" || proxy.url.query().is_some() => {
                fault("proxy", "proxy must be http://HOST:PORT without a path");
            }
            Ok(_) if endpoint.is_loopback() || endpoint.url.scheme() != "https" => {
                fault("proxy", "proxy is for https servers on other machines, and url is not one");
            }
            Ok(_) if !self.allows_private() => {
                fault(
                    "proxy",
                    "proxy resolves the server's name itself, so that allow_private = false cannot be kept",
                );
            }
            Ok(_) => {}
        }
        faults
    }
}
