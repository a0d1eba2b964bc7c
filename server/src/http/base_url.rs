//! The address that display URLs begin with.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use crate::config::Config;

/// The configured address, or else one under which this machine's HTTP port can be reached by the screens.
pub fn base_url(config: &Config, http: SocketAddr) -> String {
    if let Some(url) = &config.public_url {
        return url.clone();
    }
    let ip = if http.ip().is_unspecified() {
        own_address().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    } else {
        http.ip()
    };
    let scheme = if config.tls_cert.is_some() {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{}", SocketAddr::new(ip, http.port()))
}

/// This machine's address on the network that leads out. Connecting a UDP socket sends nothing; it only asks for the route.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address that is set aside for documentation, so that nobody is at the other end.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screens_get_an_address_that_they_can_open() {
        let mut config = Config::for_tests();
        let at =
            |config: &Config, address: &str| base_url(config, address.parse().expect("an address"));
        assert_eq!(at(&config, "127.0.0.1:8088"), "http://127.0.0.1:8088");
        assert_eq!(at(&config, "[::1]:80"), "http://[::1]:80");
        assert!(!at(&config, "0.0.0.0:8088").contains("0.0.0.0"));
        config.tls_cert = Some("cert.pem".into());
        assert_eq!(at(&config, "127.0.0.1:8088"), "https://127.0.0.1:8088");
        config.public_url = Some("https://race.example.org".to_owned());
        assert_eq!(at(&config, "127.0.0.1:8088"), "https://race.example.org");
    }
}
