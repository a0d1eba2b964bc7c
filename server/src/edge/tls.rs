//! The certificate, and TLS by it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How often the files are looked at.
const LOOKING: Duration = Duration::from_mins(1);

/// TLS by a certificate that lies in files and is renewed there.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Current>,
}

/// What connections are made with.
#[derive(Debug)]
struct Current {
    /// The files as they were when last looked at, be they good or not.
    seen: Files,
    /// By the newest good certificate.
    settings: Arc<ServerConfig>,
}

/// What the files hold.
#[derive(Debug, PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("invalid value '{}' for --{option}: {reason}; expected a file that can be read", file.display())]
    Unreadable {
        /// Which.
        option: &'static str,
        /// Its name.
        file: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A file holds something else.
    #[error("invalid value '{}' for --{option}: expected {expected} in PEM", file.display())]
    Senseless {
        /// Which.
        option: &'static str,
        /// Its name.
        file: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// The two do not make a server.
    #[error(
        "invalid value '{}' for --tls-key: {reason}; expected the private key of the certificate that --tls-cert names",
        key.display()
    )]
    Unfit {
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        reason: rustls::Error,
    },
}

impl Tls {
    /// Reads the chain of certificates, the server's own first, and its private key.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        let seen = Files::read(&certificate, &key)?;
        let settings = seen.settings(&certificate, &key)?;
        Ok(Self {
            certificate,
            key,
            current: RwLock::new(Current { seen, settings }),
        })
    }

    /// What the next connection is to be made with.
    pub fn settings(&self) -> Arc<ServerConfig> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current.settings)
    }

    /// Takes renewed files up as they come, until `shutdown`. While new ones are broken the old certificate stays.
    pub async fn keep_fresh(self: Arc<Self>, shutdown: CancellationToken) {
        while shutdown.run_until_cancelled(sleep(LOOKING)).await.is_some() {
            let tls = Arc::clone(&self);
            match spawn_blocking(move || tls.renew()).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => info!("the certificate was renewed"),
                Ok(Err(error)) => warn!(%error, "the old certificate stays"),
                Err(error) => warn!(%error, "cannot look at the certificate"),
            }
        }
    }

    /// Looks at the files, and answers whether a new certificate was taken up. A broken pair is an error once.
    pub fn renew(&self) -> Result<bool, TlsError> {
        let seen = Files::read(&self.certificate, &self.key)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.seen == seen {
            return Ok(false);
        }
        let settings = seen.settings(&self.certificate, &self.key);
        current.seen = seen;
        current.settings = settings?;
        Ok(true)
    }
}

impl Files {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |option, file: &Path| {
            fs::read(file).map_err(|reason| TlsError::Unreadable {
                option,
                file: file.to_owned(),
                reason,
            })
        };
        Ok(Self {
            certificate: read("tls-cert", certificate)?,
            key: read("tls-key", key)?,
        })
    }

    fn settings(&self, certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
        let senseless = |option, file: &Path, expected| TlsError::Senseless {
            option,
            file: file.to_owned(),
            expected,
        };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .ok()
            .filter(|chain: &Vec<_>| !chain.is_empty())
            .ok_or_else(|| senseless("tls-cert", certificate, "a chain of certificates"))?;
        let private = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_no_key| senseless("tls-key", key, "a private key"))?;
        let mut settings = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(chain, private)
            })
            .map_err(|reason| TlsError::Unfit {
                key: key.to_owned(),
                reason,
            })?;
        settings.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(settings))
    }
}
