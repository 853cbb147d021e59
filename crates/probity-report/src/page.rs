//! The frame of a self-contained page: one file, nothing fetched from anywhere, and a policy
//! that makes the browser enforce it.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = concat!(
    include_str!("page/style.css"),
    include_str!("page/chart.css"),
    include_str!("page/article.css"),
    include_str!("page/card.css"),
);
/// Filters and sorts what is already on the page; everything can be read without it.
const SCRIPT: &str = include_str!("page/filter.js");

/// Content Security Policy, level 2: only this style sheet and this script, by their hashes.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; \
         base-uri 'none'; form-action 'none'"
    )
});

/// The policy of a report, for who serves one: its script is ours, and no other runs.
pub fn report_policy() -> &'static str {
    &POLICY
}

pub(crate) fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(*POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (patterns())
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// Hatching for the current data: a second signal beside the colour.
fn patterns() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" {
            pattern #hatch width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                path.hatch d="M0 0V5" {}
            }
        }
    }
}
