//! Bodies that come in: read whole within a limit and a time, or streamed with a limit on silence.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use thiserror::Error;
use tokio::time::{Instant, Sleep, sleep, timeout};

use crate::answer::BodyError;
use crate::limits::Limits;

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
pub(crate) async fn read_whole<B>(body: B, limits: &Limits) -> Result<Bytes, ReadBody>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BodyError>,
{
    let limit = limits.body_bytes;
    let told = body.size_hint().lower();
    // A length that is too large is refused before the client is asked to send it.
    if told > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(ReadBody::TooLarge);
    }
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    match timeout(limits.body_time, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ReadBody::TooLarge),
        Ok(Err(source)) => Err(ReadBody::Broken { source }),
        Err(_) => Err(ReadBody::TooSlow),
    }
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
