use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::StreamExt;
use gantry_core::wire::SUBPROTOCOL;
use rcgen::generate_simple_self_signed;
use reqwest::{Method, StatusCode};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};

use super::port::{ANN, Port, Setting};
use crate::edge::tls::{Tls, TlsError};

/// A certificate for this machine that nobody else has signed, in files.
#[derive(Clone)]
pub(super) struct Certificate {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl Certificate {
    pub(super) fn new(folder: &Path) -> Self {
        let files = Self {
            certificate: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        };
        files.renew();
        files
    }

    /// Puts another one in its place.
    fn renew(&self) {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = generate_simple_self_signed(names).expect("a certificate");
        fs::write(&self.certificate, made.cert.pem()).expect("writes");
        fs::write(&self.key, made.signing_key.serialize_pem()).expect("writes");
    }

    /// What a client trusts that knows the certificate in the file.
    pub(super) fn root(&self) -> reqwest::Certificate {
        let pem = fs::read(&self.certificate).expect("reads");
        reqwest::Certificate::from_pem(&pem).expect("a certificate")
    }
}

fn certificate() -> (Certificate, TempDir) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    (Certificate::new(dir.path()), dir)
}

async fn port(certificate: &Certificate) -> Port {
    Port::start_with(Setting {
        certificate: Some(certificate.clone()),
        ..Setting::default()
    })
    .await
}

/// Agrees on TLS with a port, as a browser does that would rather speak HTTP/2.
async fn shake_hands(port: &Port, trusted: &Certificate) -> std::io::Result<TlsStream<TcpStream>> {
    let pem = fs::read(&trusted.certificate).expect("reads");
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&pem).expect("a certificate"))
        .expect("a root");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let host = port.base.strip_prefix("https://").expect("TLS");
    let tcp = TcpStream::connect(host).await.expect("connects");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
}

#[tokio::test]
async fn operators_and_screens_come_over_tls() {
    let (certificate, _dir) = certificate();
    let port = port(&certificate).await;
    let ann = port.log_in(ANN).await;
    let session = port.session(&ann).await;
    let wanted = json!({"session_id": session});
    let display = ann.post("/api/display/generate-url", &wanted).await;
    let url = display.text("url");
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");

    let path = format!("/display/{}", display.text("id"));
    let page = ann.request(Method::GET, &path).send().await;
    let page = page.expect("answers");
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(
        page.headers()["strict-transport-security"],
        "max-age=2592000"
    );

    let events = ann.request(Method::GET, &format!("{path}/events")).send();
    let mut events = events.await.expect("answers");
    let event = events.chunk().await.expect("a chunk").expect("an event");
    assert!(event.starts_with(b"data: {"), "{event:?}");

    let stream = shake_hands(&port, &certificate).await.expect("TLS");
    let (_, agreed) = stream.get_ref();
    assert_eq!(agreed.alpn_protocol(), Some(&b"http/1.1"[..]));
    let live = format!("{}{path}/live", port.base.replacen("https", "wss", 1));
    let mut request = live.into_client_request().expect("a request");
    let protocol = SUBPROTOCOL.parse().expect("a header");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let origin = port.base.parse().expect("a header");
    request.headers_mut().insert("origin", origin);
    let (mut screen, _) = client_async(request, stream).await.expect("opens");
    let hello = screen.next().await.expect("a message").expect("is whole");
    assert!(
        hello.to_text().expect("text").contains("hello"),
        "{hello:?}"
    );
}

#[tokio::test]
async fn who_speaks_no_tls_is_let_go() {
    let (certificate, _dir) = certificate();
    let port = port(&certificate).await;
    let host = port.base.strip_prefix("https://").expect("TLS");
    let mut plain = TcpStream::connect(host).await.expect("connects");
    let request = format!("GET / HTTP/1.1\r\nhost: {host}\r\n\r\n");
    plain.write_all(request.as_bytes()).await.expect("is sent");
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP/1.1 200"), "{said:?}");
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_up_and_a_broken_one_is_not() {
    let (certificate, dir) = certificate();
    let port = port(&certificate).await;
    let tls = port.tls.clone().expect("TLS");
    let old = Certificate {
        certificate: dir.path().join("old.pem"),
        ..certificate.clone()
    };
    fs::copy(&certificate.certificate, &old.certificate).expect("copies");
    assert!(!tls.renew().expect("good files"), "nothing is new");
    shake_hands(&port, &old).await.expect("TLS");

    certificate.renew();
    shake_hands(&port, &old)
        .await
        .expect("the old one until it is looked at");
    assert!(tls.renew().expect("good files"));
    shake_hands(&port, &certificate).await.expect("TLS");
    shake_hands(&port, &old).await.expect_err("is over");

    let newest = fs::read(&certificate.certificate).expect("reads");
    fs::write(&certificate.certificate, "half a certif").expect("writes");
    assert!(tls.renew().is_err());
    assert!(!tls.renew().expect("was told before"));
    fs::remove_file(&certificate.certificate).expect("removes");
    assert!(tls.renew().is_err());
    fs::write(&certificate.certificate, newest).expect("writes");
    shake_hands(&port, &certificate).await.expect("TLS");
}

#[test]
fn files_that_make_no_server_are_refused_by_name() {
    let (good, dir) = certificate();
    let folder = dir.path().join("other");
    fs::create_dir(&folder).expect("makes");
    let other = Certificate::new(&folder);
    let missing = dir.path().join("missing.pem");
    let refused = |certificate: &Path, key: &Path| -> TlsError {
        Tls::load(certificate, key).expect_err("is refused")
    };
    for (error, parts) in [
        (
            refused(&missing, &good.key),
            ["--tls-cert", "missing.pem", "can be read"],
        ),
        (
            refused(&good.certificate, &missing),
            ["--tls-key", "missing.pem", "can be read"],
        ),
        (
            refused(&good.key, &good.key),
            ["--tls-cert", "key.pem", "a chain of certificates"],
        ),
        (
            refused(&good.certificate, &good.certificate),
            ["--tls-key", "cert.pem", "a private key in PEM"],
        ),
        (
            refused(&good.certificate, &other.key),
            ["--tls-key", "key.pem", "the private key of the certificate"],
        ),
    ] {
        let message = error.to_string();
        for part in parts {
            assert!(message.contains(part), "{message} should contain {part}");
        }
    }
}
