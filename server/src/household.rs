//! Whom an address belongs to, where limits count callers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address, or for IPv6 the network of 64 bits that one household or venue is given as a whole.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(first(address, 64)),
    }
}

/// The network that a household is one of many in: of 48 bits for IPv6, which one customer may have alone, and of 24 for IPv4.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => IpAddr::V6(first(address, 48)),
    }
}

/// An address with nothing after its first bits.
fn first(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    let rest = 128 - bits;
    Ipv6Addr::from(u128::from(address) >> rest << rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_belong_to_households_and_those_to_networks() {
        for (text, house, net) in [
            ("203.0.113.7", "203.0.113.7", "203.0.113.0"),
            ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::", "2001:db8:1::"),
        ] {
            let address = |text: &str| text.parse::<IpAddr>().expect("an address");
            assert_eq!(household(address(text)), address(house));
            assert_eq!(network(address(text)), address(net));
        }
    }
}
