//! What an answer leaves unread of its request's body. A connection that is closed while bytes
//! still come in is reset, and the client may lose the answer that was on its way; and one that
//! was not told sends its next request into the closing connection (RFC 9112, sections 9.3 and
//! 9.6). So the rest is read and thrown away, or the answer says that the connection ends.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, EXPECT, HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::answer::Answer;

/// A request's body that comes back when it is dropped before its end.
#[derive(Debug)]
pub(crate) struct Lent<B> {
    left: Option<Left<B>>,
    owner: Option<oneshot::Sender<Left<B>>>,
}

#[derive(Debug)]
struct Left<B> {
    body: B,
    /// Whoever waits for `100 Continue` was told to go on.
    is_begun: bool,
}

/// What becomes of the rest of a lent body.
#[derive(Debug)]
pub(crate) struct Leftover<B> {
    rest: oneshot::Receiver<Left<B>>,
    awaits_continue: bool,
    is_empty: bool,
}

/// Lends the body of a request with these headers.
pub(crate) fn lend<B: Body>(headers: &HeaderMap, body: B) -> (Lent<B>, Leftover<B>) {
    let (owner, rest) = oneshot::channel();
    let is_empty = body.is_end_stream();
    let lent = Lent {
        left: Some(Left {
            body,
            is_begun: false,
        }),
        owner: Some(owner),
    };
    let expected = headers.get(EXPECT).map(HeaderValue::as_bytes);
    let leftover = Leftover {
        rest,
        awaits_continue: expected
            .is_some_and(|expected| expected.eq_ignore_ascii_case(b"100-continue")),
        is_empty,
    };
    (lent, leftover)
}

impl<B> Leftover<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    /// To be called when the answer is known: `linger` is how long a client may still send.
    pub(crate) async fn clear(mut self, answer: &mut Answer, linger: Duration) {
        if self.is_empty {
            // Nobody asks for a body of no bytes with `100 Continue`, and botocore, which announces
            // one for an empty file, then waits in vain in its next request on the connection.
            if self.awaits_continue {
                close(answer);
            }
            return;
        }
        // Read to its end, or still being read beside its answer.
        let Ok(mut left) = self.rest.try_recv() else {
            return;
        };
        if left.body.is_end_stream() {
            return;
        }
        // Reading would ask for a body that is not wanted.
        let is_held_back = self.awaits_continue && !left.is_begun;
        if is_held_back || timeout(linger, discard(&mut left.body)).await.is_err() {
            close(answer);
        }
    }
}

fn close(answer: &mut Answer) {
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(CONNECTION, close);
}

/// Reads what comes, and keeps nothing.
async fn discard<B>(body: &mut B)
where
    B: Body<Data = Bytes> + Unpin,
{
    while let Some(Ok(_)) = body.frame().await {}
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        if let (Some(left), Some(owner)) = (self.left.take(), self.owner.take()) {
            // Nobody waits for it where the connection broke.
            drop(owner.send(left));
        }
    }
}

impl<B> Body for Lent<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let Some(left) = &mut this.left else {
            return Poll::Ready(None);
        };
        left.is_begun = true;
        let polled = Pin::new(&mut left.body).poll_frame(cx);
        if let Poll::Ready(None | Some(Err(_))) = &polled {
            this.left = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.left
            .as_ref()
            .is_none_or(|left| left.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.left {
            Some(left) => left.body.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}
