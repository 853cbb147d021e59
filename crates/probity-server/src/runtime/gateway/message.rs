//! Bodies that pass through the gateway, and what of a message's head does not
//! (<https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>).

use bytes::Bytes;
use http::header::{
    CONNECTION, EXPECT, HOST, HeaderMap, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http_body_util::{Either, Full};
use hyper::body::Incoming;

use crate::leftover::Lent;

/// What goes to the model server: as it comes, or read for the capture.
pub(super) type Outgoing = Either<Lent<Incoming>, Full<Bytes>>;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// Of one connection only.
const OF_A_CONNECTION: [HeaderName; 8] = [
    CONNECTION,
    KEEP_ALIVE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Takes off what is not passed on.
pub(super) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_A_CONNECTION) {
        headers.remove(name);
    }
}

/// Takes off the caller's name for us as well.
pub(super) fn strip_request(headers: &mut HeaderMap) {
    strip(headers);
    headers.remove(HOST);
    // It was answered here already.
    headers.remove(EXPECT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_a_connection_stay_on_it() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-mine"),
            ("x-mine", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("authorization", "Bearer x"),
            ("host", "gateway"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        strip_request(&mut headers);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["authorization"], "Bearer x");
    }
}
