//! Where decisions are reported to.

use schemars::JsonSchema;
use serde::Deserialize;

use super::document::Step;
use super::fault::Fault;
use super::word::Name;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// https://…; http:// only on this machine
    pub url: Name,
    /// A file that holds the secret by which events are signed
    pub secret_file: Option<Name>,
    /// The environment variable that holds it
    pub secret_env: Option<Name>,
    /// Seconds that the receiver may take
    #[schemars(range(min = 0.1, max = 300.0))]
    pub timeout_s: Option<f64>,
}

impl Webhook {
    pub fn faults(&self, path: &[Step]) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !is_safe(&self.url.0) {
            let text =
                "url must be an https:// address (http:// only on this machine), without user and password";
            faults.push(Fault::of_key(path, "url", text));
        }
        if self.secret_file.is_some() == self.secret_env.is_some() {
            faults.push(Fault::new(path, "webhook needs secret_file or secret_env, one of them"));
        }
        faults
    }
}

/// Whether nobody on the way can read along. A user or password would be kept in the clear with the event, and hide where it goes.
fn is_safe(url: &str) -> bool {
    let (rest, clear) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (_, Some(rest)) => (rest, true),
        _ => return false,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some(host) = host(authority) else { return false };
    let loopback = || host.parse().is_ok_and(|ip: std::net::Ipv4Addr| ip.is_loopback());
    !clear || matches!(host, "localhost" | "::1") || loopback()
}

/// The host of HOST or HOST:PORT, and of nothing else: whoever connects must not find another one in it.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(six) => six.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let number = |port: &str| port.parse::<u16>().is_ok();
    let fits = port.is_empty() || port.strip_prefix(':').is_some_and(number);
    (fits && !host.is_empty() && !host.contains(['@', '\\'])).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_told_in_the_clear() {
        for safe in [
            "https://a.example/x",
            "https://a.example:8443/x?to=me@b.example",
            "http://localhost:8080/x",
            "http://127.0.0.1",
            "http://[::1]:80/",
        ] {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_ in [
            "http://a.example",
            "http://localhost.a.example",
            "http://127.0.0.1@a.example/",
            "http://localhost:1@a.example/",
            "http://localhost:1@a.example:80/",
            "http://[::1]:1@a.example/",
            "http://[::1]a.example/",
            "http://localhost\\@a.example/",
            "http://localhost:x/",
            "https://user:password@a.example/",
            "https://:443/",
            "ftp://x",
            "https://",
        ] {
            assert!(!is_safe(unsafe_), "{unsafe_}");
        }
    }
}
