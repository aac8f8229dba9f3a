// SPDX-License-Identifier: MIT OR Apache-2.0

//! The HTTP request that delivers one event.

use std::path::Path;
use std::time::{Duration, SystemTime};

use liveness_workflow::Webhook;
use liveness_workflow::endpoint::Endpoint;
use serde_json::{Map, Value};
use ureq::http::{HeaderMap, StatusCode};
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Proxy};

use super::reach::{Reach, ReachResolver};
use super::signature::signed;
use super::trust;
use crate::failure::Failure;
use crate::store::outbox::LONGEST_WAIT;

/// Default time-out of a request in seconds.
const TIMEOUT: f64 = 10.0;

/// The client of one webhook.
pub struct Post {
    /// URL as written in the workflow.
    pub url: String,
    endpoint: Endpoint,
    secret: Vec<u8>,
    agent: Agent,
    timeout: Duration,
}

/// The failure of a delivery.
pub struct Refusal {
    /// Reason, for the log.
    pub why: String,
    /// True if the server refuses this event; others may still succeed.
    pub of_event: bool,
    /// Pause that the server asks for.
    pub retry_after: Option<Duration>,
}

impl Post {
    /// Creates the client of a webhook. `secret` is the key of the signatures.
    ///
    /// # Errors
    /// The URL, the CA file or the proxy cannot be used.
    pub fn new(webhook: &Webhook, secret: Vec<u8>) -> Result<Self, Failure> {
        let timeout = Duration::from_secs_f64(webhook.timeout_s.unwrap_or(TIMEOUT));
        let endpoint = Endpoint::parse(&webhook.url.0)
            .map_err(|fault| Failure::usage(format!("the webhook's url {fault}")))?;
        let roots = trust::roots(webhook.ca_file.as_ref().map(|name| Path::new(&name.0)))?;
        // A redirect would send personal data to an address that was not agreed on, so it counts as a
        // refusal.
        let config = Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // By default ureq takes the proxy from the environment, which is often set for other programs.
            .proxy(proxy(webhook, &endpoint)?)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("liveness-launch/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = ReachResolver::new(reach(webhook, &endpoint));
        let agent = Agent::with_parts(config, DefaultConnector::new(), resolver);
        Ok(Self { url: webhook.url.0.clone(), endpoint, secret, agent, timeout })
    }

    /// Returns the time-out of a request.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Posts a body, with the current time added, within `timeout`. Only the status and the headers of the
    /// response are read.
    ///
    /// # Errors
    /// The server refuses the event, or cannot be reached.
    pub fn post(&self, body: &Map<String, Value>, timeout: Duration) -> Result<(), Refusal> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let mut body = body.clone();
        body.insert("timestamp".into(), now.into());
        let signed = signed(&self.secret, &Value::Object(body), now);
        let mut request = self.agent.post(self.endpoint.url.as_str()).content_type("application/json");
        for (name, value) in &signed.headers {
            request = request.header(*name, value);
        }
        let request = request.config().timeout_global(Some(timeout)).build();
        match request.send(&signed.body) {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => {
                let (status, headers) = (response.status(), response.headers());
                // 408 (Request Timeout) and 429 (Too Many Requests) concern the server, not the event.
                let of_event = status.is_client_error() && !matches!(status.as_u16(), 408 | 429);
                let retry_after = retry_after(status, headers, SystemTime::now());
                Err(Refusal { why: format!("the server answers {}", status.as_u16()), of_event, retry_after })
            }
            Err(e) => Err(Refusal { why: explained(e), of_event: false, retry_after: None }),
        }
    }
}

/// Returns the workflow's proxy, which is used only for https servers on other machines.
fn proxy(webhook: &Webhook, endpoint: &Endpoint) -> Result<Option<Proxy>, Failure> {
    let proxied = endpoint.url.scheme() == "https" && !endpoint.is_loopback();
    let proxy = webhook.proxy.as_ref().filter(|_| proxied).map(|name| Proxy::new(&name.0));
    proxy.transpose().map_err(|e| Failure::usage(format!("the webhook's proxy cannot be used: {e}")))
}

/// Returns the addresses that the webhook may connect to.
fn reach(webhook: &Webhook, endpoint: &Endpoint) -> Reach {
    if endpoint.url.scheme() == "http" {
        Reach::Loopback
    } else if webhook.allows_private() {
        Reach::Any
    } else {
        Reach::Public
    }
}

/// Returns the pause that an overloaded server asks for (RFC 9110, 10.2.3), at most [`LONGEST_WAIT`]. The
/// header holds seconds or a date. A date is compared with the server's `Date` header, or with `now` without
/// one.
fn retry_after(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let wanted = text("retry-after")?;
    let wait = if !wanted.is_empty() && wanted.bytes().all(|b| b.is_ascii_digit()) {
        // A number too large to parse exceeds an hour.
        wanted.parse().map_or(LONGEST_WAIT, Duration::from_secs)
    } else {
        let now = text("date").and_then(date).unwrap_or(now);
        date(wanted)?.duration_since(now).unwrap_or_default()
    };
    Some(wait.min(LONGEST_WAIT))
}

/// Returns the text of a connection error, with advice on an unknown CA.
fn explained(error: ureq::Error) -> String {
    let text = error.to_string();
    if is_of_unknown_issuer(&error) {
        return "the server's certificate is signed by a CA that is not trusted here: name the CA's PEM file in the webhook's \
                ca_file, or add it to the system's (SSL_CERT_FILE)"
            .to_owned();
    }
    text
}

fn is_of_unknown_issuer(error: &ureq::Error) -> bool {
    let tls = match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref()),
        _ => None,
    };
    tls.is_some_and(|error: &rustls::Error| {
        *error == rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01 00:00:00 UTC in seconds since 1970.
    const NEW_YEAR: u64 = 1_767_225_600;

    fn asked(status: u16, headers: &[(&'static str, &str)]) -> Option<u64> {
        let mut map = HeaderMap::new();
        headers.iter().for_each(|(name, value)| drop(map.insert(*name, value.parse().unwrap())));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NEW_YEAR);
        retry_after(StatusCode::from_u16(status).unwrap(), &map, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_up_to_an_hour() {
        for (value, seconds) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("3600", Some(3600)),
            ("86400", Some(3600)),
            ("99999999999999999999999999", Some(3600)),
            ("Thu, 01 Jan 2026 00:02:00 GMT", Some(120)),
            ("Thursday, 01-Jan-26 00:02:00 GMT", Some(120)),
            ("Thu Jan  1 00:02:00 2026", Some(120)),
            ("Fri, 02 Jan 2026 00:00:00 GMT", Some(3600)),
            ("Wed, 31 Dec 2025 23:00:00 GMT", Some(0)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            for status in [429, 503] {
                assert_eq!(asked(status, &[("retry-after", value)]), seconds, "{value:?}");
            }
            assert_eq!(asked(500, &[("retry-after", value)]), None, "{value:?}");
        }
        assert_eq!(asked(429, &[]), None);
    }

    #[test]
    fn a_date_is_compared_with_the_servers_own_clock() {
        let (date, later) = ("Mon, 01 Jun 2026 00:00:00 GMT", "Mon, 01 Jun 2026 00:01:30 GMT");
        assert_eq!(asked(503, &[("retry-after", later), ("date", date)]), Some(90));
    }
}
