//! Whom an address belongs to, where limits count callers.

use std::net::{IpAddr, Ipv6Addr};

/// The address, or for IPv6 the network of 64 bits that one household or venue is given as a whole.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(network))
        }
    }
}
