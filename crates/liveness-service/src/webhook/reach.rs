// SPDX-License-Identifier: MIT OR Apache-2.0

//! The addresses that a webhook may connect to, checked after name resolution.

use std::net::IpAddr;

use liveness_workflow::endpoint::{is_loopback, is_private};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The set of allowed addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Loopback addresses only: unencrypted events never leave this machine.
    Loopback,
    /// Public Internet addresses only.
    Public,
    /// All addresses.
    Any,
}

impl Reach {
    fn allows(self, ip: IpAddr) -> bool {
        match self {
            Self::Loopback => is_loopback(ip),
            Self::Public => !is_private(ip),
            Self::Any => true,
        }
    }

    fn refusal(self, host: &str) -> Error {
        let why = match self {
            Self::Loopback => "is not on this machine, and http is for this machine only",
            Self::Public | Self::Any => {
                "is a private address, which the webhook's allow_private = false refuses"
            }
        };
        Error::Other(format!("{host} {why}").into())
    }
}

/// Resolves names and drops addresses that are not allowed. The connection uses the checked addresses, so a
/// later change of the name's addresses has no effect.
#[derive(Debug)]
pub struct ReachResolver {
    reach: Reach,
    names: DefaultResolver,
}

impl ReachResolver {
    /// Creates a resolver that returns only addresses within `reach`.
    pub fn new(reach: Reach) -> Self {
        Self { reach, names: DefaultResolver::default() }
    }
}

impl Resolver for ReachResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let resolved = self.names.resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        resolved.iter().filter(|address| self.reach.allows(address.ip())).for_each(|a| allowed.push(*a));
        if allowed.is_empty() { Err(self.reach.refusal(uri.host().unwrap_or_default())) } else { Ok(allowed) }
    }
}

#[cfg(test)]
mod tests {
    use ureq::unversioned::transport::time::Duration;

    use super::*;

    fn resolves(reach: Reach, address: &str) -> Result<ResolvedSocketAddrs, Error> {
        let uri = format!("https://{address}/").parse().unwrap();
        let timeout = NextTimeout { after: Duration::from_secs(5), ..NextTimeout::default() };
        ReachResolver::new(reach).resolve(&uri, &Config::default(), timeout)
    }

    /// Names and numeric addresses reach the resolver here without earlier validation.
    #[test]
    fn what_a_name_resolves_to_must_be_within_reach() {
        for private in
            ["localhost", "127.0.0.1", "2130706433", "10.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]"]
        {
            assert!(resolves(Reach::Any, private).is_ok(), "{private}");
            let refusal = resolves(Reach::Public, private).unwrap_err().to_string();
            assert!(refusal.contains("allow_private"), "{private}: {refusal}");
        }
        assert!(resolves(Reach::Public, "1.1.1.1").is_ok());
        for (address, here) in
            [("127.0.0.1", true), ("127.9.9.9", true), ("10.0.0.1", false), ("1.1.1.1", false)]
        {
            assert_eq!(resolves(Reach::Loopback, address).is_ok(), here, "{address}");
        }
    }
}
