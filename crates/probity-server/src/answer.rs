//! What goes back to a client: a whole body in most cases, a stream where it is not known yet.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use http_body_util::combinators::UnsyncBoxBody;

/// Why a body ended early. The client sees a connection that closes.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// An answer to any request.
pub type Answer = http::Response<AnswerBody>;

/// The body of an answer. Most are whole, and those are not boxed: every invocation has one.
pub enum AnswerBody {
    Whole(Full<Bytes>),
    Stream(UnsyncBoxBody<Bytes, BodyError>),
    Object(Box<s3s::Body>),
}

impl AnswerBody {
    pub fn empty() -> AnswerBody {
        AnswerBody::Whole(Full::new(Bytes::new()))
    }

    pub fn whole(bytes: impl Into<Bytes>) -> AnswerBody {
        AnswerBody::Whole(Full::new(bytes.into()))
    }

    pub fn stream<B>(body: B) -> AnswerBody
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        use http_body_util::BodyExt;
        AnswerBody::Stream(body.map_err(Into::into).boxed_unsync())
    }
}

impl fmt::Debug for AnswerBody {
    /// Bodies are payloads: only their kind is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Whole(_) => "Whole",
            Self::Stream(_) => "Stream",
            Self::Object(_) => "Object",
        };
        f.write_str(kind)
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Self::Stream(body) => Pin::new(body).poll_frame(cx),
            Self::Object(body) => Pin::new(body.as_mut()).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(body) => body.is_end_stream(),
            Self::Object(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(body) => body.size_hint(),
            Self::Object(body) => body.size_hint(),
        }
    }
}
