//! TLS with a certificate from files, as `--tls-cert` and `--tls-key` give it.

use std::sync::Arc;

use probity_server::{Tls, TlsError, tls_config};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use crate::client::Running;

/// A server, and what a client needs to trust it.
async fn running(tls: fn(Arc<ServerConfig>) -> Tls) -> (Running, TlsConnector) {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = Running::over(tls(tls_config(&certificate, &key).unwrap())).await;

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, TlsConnector::from(Arc::new(config)))
}

async fn health(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Vec<u8> {
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    drop(stream.write_all(request).await);
    let mut answer = Vec::new();
    // The server may close without TLS's goodbye.
    drop(stream.read_to_end(&mut answer).await);
    answer
}

async fn encrypted(server: &Running, connector: &TlsConnector) -> Vec<u8> {
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, server.connect().await).await;
    health(stream.unwrap()).await
}

#[tokio::test]
async fn requests_are_served_over_tls_only() {
    let (server, connector) = running(Tls::Always).await;
    assert!(
        encrypted(&server, &connector)
            .await
            .ends_with(b"\r\n\r\nok\n")
    );
    let plain = health(server.connect().await).await;
    assert!(!plain.ends_with(b"ok\n"), "{plain:?}");
}

#[tokio::test]
async fn one_port_serves_both() {
    let (server, connector) = running(Tls::Either).await;
    assert!(
        encrypted(&server, &connector)
            .await
            .ends_with(b"\r\n\r\nok\n")
    );
    let plain = health(server.connect().await).await;
    assert!(plain.ends_with(b"\r\n\r\nok\n"), "{plain:?}");
}

#[test]
fn a_file_that_is_no_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let error = tls_config(&empty, &empty).unwrap_err();
    assert!(matches!(error, TlsError::NoCertificate { .. }), "{error}");
    let error = tls_config(&folder.path().join("none.pem"), &empty).unwrap_err();
    assert!(error.to_string().contains("none.pem"), "{error}");
}
