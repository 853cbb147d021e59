//! The model server behind the gateway. Each of our callers' connections has one of its own to
//! it: no pool to share, and both ends are worked on where the caller is.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Request, Response, Uri, header};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::message::Outgoing;

const CONNECT: Duration = Duration::from_secs(10);

/// Where the model server is.
#[derive(Clone)]
pub(super) struct Target {
    host: String,
    port: u16,
    authority: HeaderValue,
    /// Goes in front of every path; without a slash at its end.
    path: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Target")
            .field("authority", &self.authority)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Error)]
pub(super) enum Unreachable {
    #[error("no connection to the model server")]
    Connect(#[source] std::io::Error),
    #[error("no connection to the model server within {} seconds", CONNECT.as_secs())]
    Slow,
    #[error("the model server broke the connection")]
    Broken(#[source] hyper::Error),
}

impl Target {
    pub(super) fn parse(to: &str) -> Result<Target, String> {
        let uri: Uri = to.parse().map_err(|_| "it is no URL".to_owned())?;
        let expected = || "expected `http://HOST:PORT`".to_owned();
        let authority: &Authority = uri.authority().ok_or_else(expected)?;
        if authority.as_str().contains('@') {
            return Err("callers' own headers carry who they are; leave out the user".to_owned());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let (default_port, tls) = match uri.scheme_str() {
            Some("http") => (80, None),
            Some("https") => {
                let name = ServerName::try_from(host.clone());
                let name = name.map_err(|_| "its host is no name of a server".to_owned())?;
                (443, Some((connector()?, name)))
            }
            _ => return Err(expected()),
        };
        if uri.query().is_some() {
            return Err("leave out the query: every request has its own".to_owned());
        }
        Ok(Target {
            host,
            port: authority.port_u16().unwrap_or(default_port),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| expected())?,
            path: uri.path().trim_end_matches('/').to_owned(),
            tls,
        })
    }

    /// The path at the model server.
    fn place(&self, of_request: &Uri) -> Option<PathAndQuery> {
        let asked = of_request.path_and_query();
        let asked = asked.map_or("/", PathAndQuery::as_str);
        match self.path.as_str() {
            "" => of_request.path_and_query().cloned(),
            path => format!("{path}{asked}").parse().ok(),
        }
    }

    async fn connect(&self) -> Result<SendRequest<Outgoing>, Unreachable> {
        let connected = async {
            let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
            let stream = stream.map_err(Unreachable::Connect)?;
            stream.set_nodelay(true).map_err(Unreachable::Connect)?;
            match &self.tls {
                None => shake(TokioIo::new(stream)).await,
                Some((connector, name)) => {
                    let stream = connector.connect(name.clone(), stream).await;
                    shake(TokioIo::new(stream.map_err(Unreachable::Connect)?)).await
                }
            }
        };
        let connected = tokio::time::timeout(CONNECT, connected).await;
        connected.unwrap_or(Err(Unreachable::Slow))
    }
}

async fn shake<S>(stream: S) -> Result<SendRequest<Outgoing>, Unreachable>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(stream).await.map_err(Unreachable::Broken)?;
    tokio::spawn(async move {
        // Whoever waits for an answer is told.
        drop(connection.await);
    });
    Ok(sender)
}

fn connector() -> Result<TlsConnector, String> {
    let secure = hyper_rustls::ConfigBuilderExt::with_native_roots(
        rustls::ClientConfig::builder_with_provider(std::sync::Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?,
    );
    let secure =
        secure.map_err(|error| format!("this machine's certificates cannot be read: {error}"))?;
    let secure = secure.with_no_client_auth();
    Ok(TlsConnector::from(std::sync::Arc::new(secure)))
}

/// The connection of one caller, while it is not in use.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    idle: Mutex<Option<SendRequest<Outgoing>>>,
}

impl Upstream {
    /// Sends a request whose path is the caller's.
    pub(super) async fn send(
        &self,
        target: &Target,
        mut request: Request<Outgoing>,
    ) -> Result<(Response<Incoming>, SendRequest<Outgoing>), Unreachable> {
        if let Some(place) = target.place(request.uri()) {
            *request.uri_mut() = Uri::from(place);
        }
        let headers = request.headers_mut();
        headers.insert(header::HOST, target.authority.clone());
        let mut request = request;
        let kept = self.take();
        if let Some(mut sender) = kept
            && sender.ready().await.is_ok()
        {
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, sender)),
                // The model server closed it meanwhile, and the request never left.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(Unreachable::Broken(error.into_error())),
                },
            }
        }
        let mut sender = target.connect().await?;
        let response = sender.send_request(request).await;
        Ok((response.map_err(Unreachable::Broken)?, sender))
    }

    /// Keeps the connection for the caller's next request.
    pub(super) fn keep(&self, sender: SendRequest<Outgoing>) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    }

    fn take(&self) -> Option<SendRequest<Outgoing>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(to: &str, path: &str, expected: &str) {
        let target = Target::parse(to).unwrap();
        let place = target.place(&path.parse().unwrap()).unwrap();
        assert_eq!(place.as_str(), expected);
    }

    #[test]
    fn a_path_of_the_target_goes_in_front() {
        check("http://model:8080", "/invocations?a=1", "/invocations?a=1");
        check("http://model:8080/", "/invocations", "/invocations");
        check("http://model/v1/", "/x/y", "/v1/x/y");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for to in [
            "",
            "model:8080",
            "ftp://model",
            "http://u:p@model",
            "http://m?x=1",
        ] {
            assert!(Target::parse(to).is_err(), "{to}");
        }
        assert_eq!(Target::parse("http://[::1]:80").unwrap().host, "::1");
    }
}
