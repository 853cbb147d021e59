//! Style sheet, script and icon, inside the binary. Their addresses carry their hashes, so browsers
//! may keep them for ever and never show yesterday's.

use std::sync::LazyLock;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::answer::{Answer, AnswerBody};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    pub(crate) path: String,
    content_type: &'static str,
    text: &'static str,
}

const STYLE: &str = concat!(
    include_str!("assets/tokens.css"),
    include_str!("assets/base.css"),
    include_str!("assets/shell.css"),
    include_str!("assets/parts.css"),
    include_str!("assets/fleet.css"),
    include_str!("assets/one.css"),
    include_str!("assets/cards.css"),
    include_str!("assets/live.css"),
    ".rp{",
    include_str!("../../../probity-report/src/page/chart.css"),
    "}",
    include_str!("assets/feature.css"),
    include_str!("assets/docs.css"),
    include_str!("assets/monitor.css"),
    include_str!("assets/print.css"),
);

/// Each is a scope of its own. The first keeps the page as it came, before others work on it.
const SCRIPTS: &str = concat!(
    include_str!("assets/live.js"),
    include_str!("assets/script.js"),
    include_str!("assets/cards.js"),
    include_str!("assets/docs.js"),
    include_str!("assets/thresholds.js"),
);

pub(crate) static STYLE_SHEET: LazyLock<Asset> =
    LazyLock::new(|| asset("style.css", "text/css; charset=utf-8", STYLE));
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| asset("script.js", "text/javascript; charset=utf-8", SCRIPTS));
pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| asset("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")));

fn asset(name: &str, content_type: &'static str, text: &'static str) -> Asset {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let hash: String = digest.as_ref()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Asset {
        path: format!("/assets/{hash}/{name}"),
        content_type,
        text,
    }
}

pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    if !path.starts_with("/assets/") {
        return None;
    }
    [&*STYLE_SHEET, &*SCRIPT, &*ICON]
        .into_iter()
        .find(|asset| asset.path == path)
}

impl Asset {
    pub(crate) fn answer(&'static self) -> Answer {
        let mut answer = Answer::new(AnswerBody::whole(Bytes::from_static(self.text.as_bytes())));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(
            CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        );
        answer
    }
}
