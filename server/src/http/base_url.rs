//! The address that display URLs begin with.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// The configured address, or else one under which this machine's HTTP port can be reached by the screens.
pub fn base_url(configured: Option<&str>, http: SocketAddr) -> String {
    if let Some(url) = configured {
        return url.to_owned();
    }
    let ip = if http.ip().is_unspecified() {
        own_address().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    } else {
        http.ip()
    };
    format!("http://{}", SocketAddr::new(ip, http.port()))
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
        let at = |address: &str| base_url(None, address.parse().expect("an address"));
        assert_eq!(at("127.0.0.1:8088"), "http://127.0.0.1:8088");
        assert_eq!(at("[::1]:80"), "http://[::1]:80");
        assert!(!at("0.0.0.0:8088").contains("0.0.0.0"));
        let configured = Some("https://race.example.org");
        let local = "127.0.0.1:8088".parse().expect("an address");
        assert_eq!(base_url(configured, local), "https://race.example.org");
    }
}
