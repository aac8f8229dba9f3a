//! One event, one request.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};
use ureq::Agent;

use super::signature::signed;
use crate::failure::Failure;

const TIMEOUT: f64 = 10.0;

pub struct Post {
    pub url: String,
    secret: Vec<u8>,
    agent: Agent,
    timeout: Duration,
}

/// Why an event was not taken.
pub struct Refusal {
    pub why: String,
    /// It is this event that the server does not want; of others nothing is said.
    pub of_event: bool,
}

impl Post {
    pub fn new(url: &str, secret: Vec<u8>, timeout_s: Option<f64>) -> Result<Self, Failure> {
        let timeout = Duration::from_secs_f64(timeout_s.unwrap_or(TIMEOUT));
        // A redirect would carry the person's data to where nobody has agreed to, and counts as a refusal.
        let agent = Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("liveness-launch/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self { url: url.to_owned(), secret, agent, timeout })
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Delivers a body with the time of this try within `timeout`, or tells why not. What the server answers besides its
    /// status is not read.
    pub fn post(&self, body: &Map<String, Value>, timeout: Duration) -> Result<(), Refusal> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let mut body = body.clone();
        body.insert("timestamp".into(), now.into());
        let signed = signed(&self.secret, &Value::Object(body), now);
        let mut request = self.agent.post(&self.url).content_type("application/json");
        for (name, value) in &signed.headers {
            request = request.header(*name, value);
        }
        let request = request.config().timeout_global(Some(timeout)).build();
        match request.send(&signed.body) {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => {
                let status = response.status();
                // Two of its kind mean the server: it has no time, or has had too much.
                let of_event = status.is_client_error() && !matches!(status.as_u16(), 408 | 429);
                Err(Refusal { why: format!("the server answers {}", status.as_u16()), of_event })
            }
            Err(e) => Err(Refusal { why: e.to_string(), of_event: false }),
        }
    }
}
