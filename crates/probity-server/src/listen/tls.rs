//! `--tls-cert` and `--tls-key`: a chain of certificates and a key, in PEM.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum TlsError {
    #[error("failed to read the certificates in `{}`", path.display())]
    Certificates {
        path: PathBuf,
        #[source]
        source: pem::Error,
    },
    #[error("no certificate in `{}`", path.display())]
    NoCertificate { path: PathBuf },
    #[error("failed to read the private key in `{}`", path.display())]
    Key {
        path: PathBuf,
        #[source]
        source: pem::Error,
    },
    #[error("the certificate and the key do not fit each other")]
    Pair {
        #[source]
        source: rustls::Error,
    },
}

/// TLS 1.2 and 1.3, without client certificates.
pub fn tls_config(certificates: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let unreadable = |source| TlsError::Certificates {
        path: certificates.to_owned(),
        source,
    };
    let chain = CertificateDer::pem_file_iter(certificates)
        .map_err(unreadable)?
        .collect::<Result<Vec<_>, pem::Error>>()
        .map_err(unreadable)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate {
            path: certificates.to_owned(),
        });
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Key {
        path: key.to_owned(),
        source,
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let pair = |source| TlsError::Pair { source };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
