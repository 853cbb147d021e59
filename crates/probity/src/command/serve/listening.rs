//! The port: where the server listens, with which certificate and limits, and until when.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use probity_server::{Limits, Tls, tls_config};
use tokio::net::TcpListener;

use super::local_authority::LocalAuthority;
use super::office::Office;
use crate::arguments::{LimitArguments, ServeArguments, TlsArguments};
use crate::exit::Usage;

#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Tls,
    pub(crate) endpoint_url: String,
}

impl Listening {
    pub(crate) async fn open(arguments: &ServeArguments, office: &Office) -> Result<Listening> {
        let listener = bind(arguments.listen).await?;
        let address = listener.local_addr()?;
        let (tls, scheme) = match certificate(&arguments.tls)? {
            Some(given) => (Tls::Always(given), "https"),
            None => {
                // Clients that insist on TLS find a certificate of this machine's own authority.
                let own = LocalAuthority::open(&office.folder.tls(), address.ip())?;
                let own = open_tls(&own.server_certificate_file(), &own.server_key_file())?;
                (Tls::Either(own), "http")
            }
        };
        Ok(Listening {
            listener,
            tls,
            endpoint_url: format!("{scheme}://{}", reachable(address)),
        })
    }
}

pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("failed to listen at {address}"))
}

/// What `/metrics` asks for.
pub(crate) fn metrics_token(file: Option<&Path>) -> Result<Option<String>> {
    let Some(path) = file else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Usage(format!(
            "failed to read the token in `{}`: {error}",
            path.display()
        ))
    })?;
    let token = text.trim();
    if token.is_empty() {
        return Err(Usage(format!("the token in `{}` is empty", path.display())).into());
    }
    Ok(Some(token.to_owned()))
}

/// The certificate that the operator gave.
pub(crate) fn certificate(arguments: &TlsArguments) -> Result<Option<Arc<rustls::ServerConfig>>> {
    match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => Ok(Some(open_tls(certificate, key)?)),
        _ => Ok(None),
    }
}

fn open_tls(certificate: &Path, key: &Path) -> Result<Arc<rustls::ServerConfig>> {
    Ok(tls_config(certificate, key)?)
}

/// An address that a client on this machine can use.
fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    let local = if address.is_ipv4() {
        [127, 0, 0, 1].into()
    } else {
        std::net::Ipv6Addr::LOCALHOST.into()
    };
    SocketAddr::new(local, address.port())
}

pub(crate) fn limits(arguments: &LimitArguments) -> Limits {
    Limits {
        body_bytes: arguments.max_body_bytes,
        header_bytes: arguments.max_header_bytes,
        header_time: Duration::from_secs(arguments.header_timeout),
        request_time: Duration::from_secs(arguments.request_timeout),
        connections: arguments.max_connections,
        requests_at_once: arguments.max_requests,
        ..Limits::default()
    }
}
