//! Which addresses may be called: public ones, so that whoever sets a feed or subscribes a webhook
//! cannot make the server call machines beside it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Looks a host up and lets only public addresses through. What it lets through is what is
/// connected to: a name that means something else a moment later gains nothing. Redirects come
/// through here as well.
#[derive(Debug)]
pub(crate) struct Guard {
    pub allow_private: bool,
    /// The setting that allows others, for people.
    pub setting: &'static str,
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let foreign = |it: &&SocketAddr| !self.allow_private && !is_public(it.ip());
        match found.iter().find(foreign) {
            None => Ok(found),
            Some(address) => {
                // What a name means inside is for the log alone, and not for whoever sent the name.
                let host = uri.host().unwrap_or_default();
                tracing::warn!(host, address = %address.ip(), "not called: no public address");
                let setting = self.setting;
                let why =
                    format!("its host has no public address; set {setting} = true if it is meant");
                Err(ureq::Error::Io(io::Error::new(io::ErrorKind::PermissionDenied, why)))
            }
        }
    }
}

/// Whether the address is one of the public Internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => is_public_v4(it),
        IpAddr::V6(it) => is_public_v6(it),
    }
}

fn is_public_v4(it: Ipv4Addr) -> bool {
    let [a, b, c, _] = it.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let special = a == 0 || a >= 240 || (a, b, c) == (192, 0, 0) || (a, b & 0xfe) == (198, 18);
    let relayed = (a, b, c) == (192, 88, 99);
    !(it.is_private()
        || it.is_loopback()
        || it.is_link_local()
        || it.is_multicast()
        || it.is_documentation()
        || shared
        || special
        || relayed)
}

/// Only what is handed out for use (2000::/3), without what leads back into a private net.
fn is_public_v6(it: Ipv6Addr) -> bool {
    let [a, b, ..] = it.segments();
    if let Some(inner) = it.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let global = a & 0xe000 == 0x2000;
    let tunnels = a == 0x2002 || (a, b) == (0x2001, 0);
    let documentation = (a, b) == (0x2001, 0x0db8) || a == 0x3fff;
    global && !tunnels && !documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_asked() {
        let public = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"];
        for text in public {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        let others = [
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.1.1",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.9.9",
            "203.0.113.9",
            "192.88.99.1",
            "::",
            "::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:4136:e378::1",
            "2001:db8::1",
        ];
        for text in others {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        assert!(is_public("::ffff:8.8.8.8".parse().unwrap()));
    }
}
