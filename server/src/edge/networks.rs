//! A list of networks, as it is typed.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;

/// Networks and single addresses; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// A text that is no list of networks.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no address; expected addresses and networks with commas between, like 127.0.0.1,10.0.0.0/8,fd00::/8"
)]
pub struct NotNetworks(String);

impl Networks {
    /// Whether an address lies in one of them. An IPv4 address is the same in its IPv6 form.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each as it is written.
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(IpNet::to_string).collect()
    }
}

/// As it is typed.
impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts().join(","))
    }
}

/// Reads addresses and networks with commas between; an empty text is none.
impl FromStr for Networks {
    type Err = NotNetworks;

    fn from_str(typed: &str) -> Result<Self, NotNetworks> {
        if typed.trim().is_empty() {
            return Ok(Self::default());
        }
        typed.split(',').map(str::trim).map(network).collect()
    }
}

impl FromIterator<IpNet> for Networks {
    fn from_iter<I: IntoIterator<Item = IpNet>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

fn network(typed: &str) -> Result<IpNet, NotNetworks> {
    let address = typed.parse::<IpAddr>().map(IpNet::from);
    address
        .or_else(|_no_address| typed.parse())
        .map_err(|_neither| NotNetworks(typed.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_understood() {
        let networks: Networks = "127.0.0.1, 10.0.0.0/8,fd00::/8".parse().expect("a list");
        for (address, inside) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("10.255.0.1", true),
            ("::ffff:10.1.2.3", true),
            ("fd12::1", true),
            ("2001:db8::1", false),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(networks.contains(address), inside, "{address}");
        }
    }

    #[test]
    fn nothing_is_trusted_unless_it_is_named() {
        let none: Networks = " ".parse().expect("an empty list");
        assert_eq!(none, Networks::default());
        assert!(!none.contains("127.0.0.1".parse().expect("an address")));
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for (typed, named) in [
            ("proxy", "'proxy'"),
            ("10.0.0.0/33", "'10.0.0.0/33'"),
            ("10.0.0.1,,::1", "''"),
            ("10.0.0.1 ::1", "'10.0.0.1 ::1'"),
        ] {
            let refused = typed.parse::<Networks>().expect_err("is refused");
            assert!(refused.to_string().starts_with(named), "{refused}");
        }
    }
}
