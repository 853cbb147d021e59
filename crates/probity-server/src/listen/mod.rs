//! Connections: accepted up to a limit, with or without TLS, cut where they are slow, and finished
//! when the server ends.

mod tls;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Duration, sleep, timeout};
use tokio_rustls::TlsAcceptor;

pub use tls::{TlsError, tls_config};

use crate::limits::Limits;
use crate::numbers::keep_counting;
use crate::pages::Channel;
use crate::server::{Server, ServerParts};

/// Whether connections are encrypted.
#[derive(Clone, Debug)]
pub enum Tls {
    Never,
    Always(Arc<rustls::ServerConfig>),
    /// As the client begins: both are served on the one port.
    Either(Arc<rustls::ServerConfig>),
}

/// What the first byte of a TLS handshake is (RFC 8446, section 5.1), and no method of HTTP.
const HANDSHAKE: u8 = 22;
/// For a first byte, and for the handshake of TLS.
const OPENING_TIME: Duration = Duration::from_secs(10);

/// Serves until `shutdown` is done, then finishes the requests that are under way.
pub async fn serve(
    listener: TcpListener,
    tls: Tls,
    parts: ServerParts,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let limits = parts.limits.clone();
    let recorder = parts.metrics.as_ref().map(|page| page.recorder.clone());
    let counting = recorder.map(|recorder| tokio::spawn(keep_counting(recorder)));
    let door = Door {
        server: Arc::new(Server::new(parts)),
        http: builder(&limits),
        tls,
        places: Arc::new(Semaphore::new(limits.connections)),
        graceful: GracefulShutdown::new(),
    };
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => door.admit(stream, peer),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    // Out of file descriptors, in all likelihood: others end, then it goes on.
                    tracing::error!("failed to accept a connection: {error}");
                    sleep(Duration::from_millis(100)).await;
                }
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    // They would be waited for: nothing else ends them.
    door.server.end_streams();
    if timeout(limits.shutdown_time, door.graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were cut: they did not end in time");
    }
    if let Some(counting) = counting {
        counting.abort();
    }
    Ok(())
}

/// What each connection needs.
struct Door {
    server: Arc<Server>,
    http: http1::Builder,
    tls: Tls,
    places: Arc<Semaphore>,
    graceful: GracefulShutdown,
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_headers(limits.n_headers)
        .max_header_size(limits.header_bytes)
        .pipeline_flush(true);
    http
}

impl Door {
    /// A connection beyond the limit is closed at once: one that waited would look like a hang.
    fn admit(&self, stream: TcpStream, peer: SocketAddr) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            metrics::counter!("probity_refused_connections_total").increment(1);
            return;
        };
        // Small answers must not wait for more.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("failed to set TCP_NODELAY: {error}");
        }
        let connection = Connection {
            server: Arc::clone(&self.server),
            http: self.http.clone(),
            watcher: self.graceful.watcher(),
            peer,
            channel: Channel::Plain,
            _place: place,
        };
        match &self.tls {
            Tls::Never => tokio::spawn(connection.run(stream)),
            Tls::Always(tls) => tokio::spawn(connection.shake_hands(Arc::clone(tls), stream)),
            Tls::Either(tls) => tokio::spawn(connection.tell_apart(Arc::clone(tls), stream)),
        };
    }
}

struct Connection {
    server: Arc<Server>,
    http: http1::Builder,
    watcher: Watcher,
    peer: SocketAddr,
    channel: Channel,
    /// Given back when the connection ends.
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// TLS or plain HTTP, by the first byte.
    async fn tell_apart(self, tls: Arc<rustls::ServerConfig>, stream: TcpStream) {
        let mut first = [0];
        match timeout(self.opening_time(), stream.peek(&mut first)).await {
            Ok(Ok(1)) if first[0] == HANDSHAKE => self.shake_hands(tls, stream).await,
            Ok(Ok(_)) => self.run(stream).await,
            Ok(Err(error)) => tracing::debug!("a connection broke off: {error}"),
            Err(_) => tracing::debug!("a connection said nothing"),
        }
    }

    async fn shake_hands(self, tls: Arc<rustls::ServerConfig>, stream: TcpStream) {
        let shaking = TlsAcceptor::from(tls).accept(stream);
        match timeout(self.opening_time(), shaking).await {
            Ok(Ok(stream)) => {
                let encrypted = Connection {
                    channel: Channel::Encrypted,
                    ..self
                };
                encrypted.run(stream).await;
            }
            Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    /// A connection that has not asked anything yet is not one that a client keeps for later.
    fn opening_time(&self) -> Duration {
        self.server.limits.header_time.min(OPENING_TIME)
    }

    async fn run(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Connection {
            server,
            http,
            watcher,
            peer,
            channel,
            _place,
        } = self;
        let service = service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(channel);
            let server = Arc::clone(&server);
            async move { Ok::<_, Infallible>(server.answer(request, peer).await) }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        // Clients that leave early, send no HTTP or are too slow: their connection ends, no more.
        if let Err(error) = watcher.watch(connection).await {
            metrics::counter!("probity_broken_connections_total").increment(1);
            tracing::debug!("a connection broke: {error}");
        }
    }
}

/// Faults of a client that had left before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
