//! Bodies that come in: read whole within a limit and a time, or streamed with a limit on silence.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use thiserror::Error;
use tokio::time::{Instant, Sleep, sleep, timeout};

use crate::answer::BodyError;
use crate::limits::Limits;

/// More is not kept for somebody unknown.
const LARGE_BYTES: u64 = 64 << 10;

#[derive(Debug, Error)]
pub(crate) enum ReadBody {
    #[error("the request's body is longer than allowed")]
    TooLarge,
    #[error("the request's body took too long")]
    TooSlow,
    #[error("the request's body ended early")]
    Broken {
        #[source]
        source: BodyError,
    },
}

/// A body in memory.
pub(crate) async fn read_whole<B>(mut body: B, limits: &Limits) -> Result<Bytes, ReadBody>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // A length that is too large is refused without reading it.
    let told = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if told > limits.body_bytes {
        return Err(ReadBody::TooLarge);
    }
    match timeout(limits.body_time, collect(&mut body, limits.body_bytes)).await {
        Ok(read) => read,
        Err(_) => Err(ReadBody::TooSlow),
    }
}

/// Whether a body may take more memory than its request alone is worth.
pub(crate) fn is_large<B: Body>(body: &B) -> bool {
    let most = body.size_hint().upper();
    most.is_none_or(|bytes| bytes > LARGE_BYTES)
}

async fn collect<B>(body: &mut B, limit: usize) -> Result<Bytes, ReadBody>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ReadBody::Broken {
            source: error.into(),
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if first.len() + all.len() + data.len() > limit {
            return Err(ReadBody::TooLarge);
        }
        // Most bodies come in one piece, which is not copied.
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// A streamed body that fails when nothing came for a while.
#[derive(Debug)]
pub(crate) struct Patient<B> {
    body: B,
    idle: Duration,
    silence: Pin<Box<Sleep>>,
}

impl<B> Patient<B> {
    pub(crate) fn new(body: B, idle: Duration) -> Patient<B> {
        Patient {
            body,
            idle,
            silence: Box::pin(sleep(idle)),
        }
    }
}

impl<B> Body for Patient<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                this.silence.as_mut().reset(Instant::now() + this.idle);
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => this
                .silence
                .as_mut()
                .poll(cx)
                .map(|()| Some(Err(ReadBody::TooSlow.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn limits() -> Limits {
        Limits {
            body_bytes: 10,
            body_time: Duration::from_millis(20),
            ..Limits::default()
        }
    }

    type Silent = StreamBody<futures::stream::Pending<Result<Frame<Bytes>, std::io::Error>>>;

    fn silent() -> Silent {
        StreamBody::new(futures::stream::pending())
    }

    #[tokio::test]
    async fn a_body_of_the_limit_is_read_and_one_more_is_not() {
        let read = read_whole(Full::from(Bytes::from_static(b"0123456789")), &limits()).await;
        assert_eq!(read.unwrap(), "0123456789");
        let read = read_whole(Full::from(Bytes::from_static(b"0123456789a")), &limits()).await;
        assert!(matches!(read, Err(ReadBody::TooLarge)));
    }

    #[tokio::test]
    async fn a_length_that_was_not_told_is_counted() {
        let parts =
            (0..4).map(|_| Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(b"abc"))));
        let body = StreamBody::new(futures::stream::iter(parts));
        assert!(matches!(
            read_whole(body, &limits()).await,
            Err(ReadBody::TooLarge)
        ));
    }

    #[tokio::test]
    async fn pieces_are_put_together() {
        let parts =
            ["ab", "", "cd", "e"].map(|part| Ok::<_, std::io::Error>(Frame::data(part.into())));
        let body = StreamBody::new(futures::stream::iter(parts));
        assert_eq!(read_whole(body, &limits()).await.unwrap(), "abcde");
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        assert!(matches!(
            read_whole(silent(), &limits()).await,
            Err(ReadBody::TooSlow)
        ));
        let mut patient = Patient::new(silent(), Duration::from_millis(10));
        let error = patient.frame().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the request's body took too long");
    }
}
