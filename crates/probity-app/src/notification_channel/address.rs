//! Addresses that no channel may name: whoever could make the server call them would read what
//! clouds serve to the machine alone.

use std::net::{IpAddr, Ipv6Addr};

/// Whether an address belongs to the machine's own network link, where clouds serve metadata and
/// credentials: 169.254.0.0/16, fe80::/10, and AWS's `fd00:ec2::254`.
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => {
            let mapped = six
                .to_ipv4_mapped()
                .is_some_and(|four| four.is_link_local());
            mapped || six.is_unicast_link_local() || six == AWS_METADATA
        }
    }
}

const AWS_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);

/// The address that stands in the place of a URL's host; `None` of a name.
pub fn literal_address(host: &str) -> Option<IpAddr> {
    let inside = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inside.unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_own_link_are_told_from_others() {
        for host in [
            "169.254.169.254",
            "[fe80::1]",
            "[::ffff:169.254.0.1]",
            "[fd00:ec2::254]",
        ] {
            assert!(literal_address(host).is_some_and(is_link_local), "{host}");
        }
        for host in ["127.0.0.1", "10.0.0.1", "[::1]", "hooks.example.org"] {
            assert!(!literal_address(host).is_some_and(is_link_local), "{host}");
        }
    }
}
