// SPDX-License-Identifier: MIT OR Apache-2.0

//! The address of a webhook's server: validation, confidentiality and private addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The characters that a URI may contain (RFC 3986) besides letters and digits.
const URI_PUNCTUATION: &str = "-._~:/?#[]@!$&'()*+,;=%";

/// A parsed `http` or `https` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The normalised address: scheme and host are in lower case.
    pub url: Url,
    host: Host,
}

impl Endpoint {
    /// Parses an address and accepts only those to which an event can be delivered.
    ///
    /// # Errors
    /// A description of the fault. It continues a sentence that begins with the key's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|e| format!("is not an address: {e}"))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err("must begin with https:// (or http:// on this machine)".to_owned());
        }
        // `Url` corrects some mistakes silently. They are faults here, so that both sides' logs show the same address.
        let written = written_authority(text)?;
        if written.contains('@') {
            return Err("must not hold a user or password: it would be stored with each event".to_owned());
        }
        let host = url.host().ok_or("has no host")?.to_owned();
        check_host(written, &host)?;
        if let Some(wrong) = text.chars().find(|c| !is_uri_character(*c)) {
            return Err(format!("must not contain {wrong:?}: write {}", percent_encoded(wrong)));
        }
        if has_bad_escape(text) {
            return Err("has a % without two hexadecimal digits: a percent sign itself is %25".to_owned());
        }
        if url.port() == Some(0) {
            return Err("must not have port 0".to_owned());
        }
        if url.fragment().is_some() {
            return Err("must not have a fragment (#…): servers never receive it".to_owned());
        }
        Ok(Self { url, host })
    }

    /// Returns whether the host is this machine: `localhost` or a loopback address.
    pub fn is_loopback(&self) -> bool {
        self.has_address(is_loopback)
    }

    /// Returns whether events are protected in transit: the scheme is `https`, or the host is this machine.
    pub fn is_confidential(&self) -> bool {
        self.url.scheme() == "https" || self.is_loopback()
    }

    /// Returns whether the host is `localhost` or an address that is not public. Other names may still
    /// resolve to one.
    pub fn is_private(&self) -> bool {
        self.has_address(is_private)
    }

    /// Returns whether the host is `localhost` or an address for which `kind` returns true.
    fn has_address(&self, kind: fn(IpAddr) -> bool) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(ip) => kind(IpAddr::V4(*ip)),
            Host::Ipv6(ip) => kind(IpAddr::V6(*ip)),
        }
    }
}

/// Returns HOST:PORT as written, without validation.
fn written_authority(text: &str) -> Result<&str, String> {
    let (_, rest) = text.split_once("://").ok_or("must have // after the scheme")?;
    Ok(rest.split(['/', '?', '#']).next().unwrap_or_default())
}

/// Rejects a host whose written form differs from its normal form, and a host that no server can have.
fn check_host(authority: &str, host: &Host) -> Result<(), String> {
    let written = match authority.strip_prefix('[') {
        Some(_) => authority.split_inclusive(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let normal = host.to_string();
    // IPv6 addresses have several valid spellings, all of them in ASCII.
    if !matches!(host, Host::Ipv6(_)) && !written.eq_ignore_ascii_case(&normal) {
        return Err(format!("must have its host in plain ASCII: write {normal} instead of {written}"));
    }
    match host {
        Host::Domain(name) if !is_host_name(name) => Err(format!("has a host that cannot exist: {name}")),
        Host::Ipv4(ip) if ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() => {
            Err(format!("has an address that no server has: {ip}"))
        }
        Host::Ipv6(ip) if ip.is_unspecified() || ip.is_multicast() => {
            Err(format!("has an address that no server has: {ip}"))
        }
        _ => Ok(()),
    }
}

/// Returns whether the name is a host name (RFC 1123). Allows underscores, as some internal names have them.
fn is_host_name(name: &str) -> bool {
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.len() <= 253 && name.split('.').all(fits)
}

fn is_uri_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || URI_PUNCTUATION.contains(c)
}

fn has_bad_escape(text: &str) -> bool {
    text.split('%').skip(1).any(|rest| {
        let mut digits = rest.chars().take(2);
        !(0..2).all(|_| digits.next().is_some_and(|c| c.is_ascii_hexdigit()))
    })
}

fn percent_encoded(c: char) -> String {
    c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Returns whether the address is a loopback address. An IPv4 address mapped into IPv6 counts as IPv4.
pub fn is_loopback(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
    }
}

/// Returns whether the address is not on the public Internet (IANA special-purpose registries): this machine,
/// a private, shared or link-local network, or a reserved block. An IPv4 address embedded in IPv6 counts as IPv4.
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && b & 0xc0 == 64;
    let benchmarks = a == 198 && b & 0xfe == 18;
    let protocols = a == 192 && b == 0 && c == 0;
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || shared
        || benchmarks
        || protocols
        || ip.is_documentation()
        || a == 0
        || a >= 224
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    if let Some(inner) = embedded_v4(ip) {
        return is_private_v4(inner);
    }
    // Everything outside global unicast (2000::/3) is private, and so are its Teredo, documentation and
    // benchmark blocks.
    let [a, b, ..] = ip.segments();
    a & 0xe000 != 0x2000 || (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || (a == 0x3fff && b < 0x1000)
}

/// Returns the IPv4 address embedded in a mapped, NAT64 (64:ff9b::/96) or 6to4 (2002::/16) address.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match (a, b) {
        (0x64, 0xff9b) if [c, d, e, f] == [0; 4] => Some(of(g, h)),
        (0x2002, _) => Some(of(b, c)),
        _ => ip.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_can_be_delivered_to_are_accepted_in_any_case() {
        for good in [
            "https://a.example/x",
            "HTTPS://A.EXAMPLE:8443/x?to=me@b.example",
            "http://localhost:8080/x",
            "HTTP://LOCALHOST:8975/x",
            "http://127.0.0.1",
            "http://127.255.0.9:1/",
            "http://[::1]:80/",
            "http://[::ffff:127.0.0.1]/",
            "https://xn--exmple-cua.com/h",
            "https://a.example/a%20b",
            "https://under_score.example/",
            "https://203.0.113.5:65535/",
        ] {
            let endpoint = Endpoint::parse(good).unwrap_or_else(|e| panic!("{good} {e}"));
            assert!(endpoint.is_confidential(), "{good}");
        }
    }

    #[test]
    fn what_leaves_the_machine_in_the_clear_is_not_confidential() {
        for open in ["http://a.example", "http://localhost.a.example", "http://10.0.0.1/", "http://[::2]/"] {
            assert!(!Endpoint::parse(open).unwrap().is_confidential(), "{open}");
        }
    }

    #[test]
    fn addresses_that_can_never_be_delivered_to_are_faults() {
        for (bad, told) in [
            ("https://example.com/a b", "%20"),
            ("https://exämple.com/h", "xn--exmple-cua.com"),
            ("https://example.com/ü", "%C3%BC"),
            ("https://example.com/a\tb", "%09"),
            ("https://example.com/\"", "%22"),
            ("https://example.com/100%", "%25"),
            ("https://example.com/%zz", "%25"),
            ("https://%65xample.com/", "example.com"),
            ("https://", "empty host"),
            ("https://:443/", "empty host"),
            ("https:///x", "host"),
            ("https:example.com", "//"),
            ("https://a..example/", "cannot exist"),
            ("https://-a.example/", "cannot exist"),
            ("https://a.example-/", "cannot exist"),
            ("https://a.example./", "cannot exist"),
            ("https://a.example:0/", "port 0"),
            ("https://a.example:65536/", "port"),
            ("https://a.example:x/", "port"),
            ("https://a.example/#part", "fragment"),
            ("https://user:password@a.example/", "password"),
            ("https://user@a.example/", "password"),
            ("http://127.0.0.1@a.example/", "password"),
            ("http://localhost:1@a.example:80/", "password"),
            ("http://localhost\\@a.example/", ""),
            ("http://[::1]a.example/", ""),
            ("http://2130706433/", "127.0.0.1"),
            ("http://127.1/", "127.0.0.1"),
            ("https://0.0.0.0/", "no server"),
            ("https://255.255.255.255/", "no server"),
            ("https://[::]/", "no server"),
            ("https://[ff02::1]/", "no server"),
            ("ftp://x", "https://"),
            ("a.example/x", ""),
            ("", ""),
        ] {
            let fault = Endpoint::parse(bad).expect_err(bad);
            assert!(fault.contains(told), "{bad}: {fault}");
        }
    }

    #[test]
    fn private_addresses_are_known_in_every_spelling() {
        for private in [
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "127.0.0.1",
            "0.0.0.1",
            "198.18.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fec0::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "2001:db8::1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }
}
