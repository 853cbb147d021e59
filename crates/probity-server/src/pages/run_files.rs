//! What a run left, handed out: any file to keep, and its report to look at. A file comes from a
//! bucket where others write, too; nothing of it runs as a page of this server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use probity_app::Fault;
use probity_data::location::StoredObject;
use probity_report::report_policy;
use ring::digest;

use super::address::{RunAddress, RunPart};
use super::visit::Visit;
use super::{Desk, Refusal, run};
use crate::answer::{Answer, AnswerBody};
use crate::run_evidence::{self, LARGEST_FILE};

const REPORT: &str = "report.html";

pub(super) async fn answer(
    desk: Desk<'_>,
    visit: &Visit,
    address: &RunAddress,
) -> Result<Answer, Refusal> {
    match &address.part {
        RunPart::Page => run::page(desk, visit, address).await,
        RunPart::Report => report(desk, visit, address).await,
        RunPart::File(name) => file(desk, visit, (address, name)).await,
    }
}

async fn file(
    desk: Desk<'_>,
    visit: &Visit,
    (address, name): (&RunAddress, &str),
) -> Result<Answer, Refusal> {
    let found = find(desk, visit, (address, name)).await?;
    let bytes = read(&found).await?;
    let mut answer = Answer::new(AnswerBody::whole(bytes));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, content_type(name));
    headers.insert(CONTENT_DISPOSITION, attachment(name));
    Ok(answer)
}

/// Only what is in the folder of the run is found, whatever the address says.
async fn find(
    desk: Desk<'_>,
    visit: &Visit,
    (address, name): (&RunAddress, &str),
) -> Result<StoredObject, Refusal> {
    let page = run::find(desk, visit, address).await?;
    let missing = || Fault::missing(format!("run `{}` left no file `{name}`", address.id));
    let folder = page.body.output_uri.as_deref().ok_or_else(missing)?;
    let files = run_evidence::files(folder, desk.tools.environment).await;
    let files = files.map_err(|error| Fault::missing(error.to_string()))?;
    let found = files.into_iter().find(|file| file.relative() == name);
    let found = found.ok_or_else(missing)?;
    if found.size_bytes() > LARGEST_FILE {
        return Err(Refusal::Fault(Fault::Limit {
            message: format!(
                "`{}` has {} bytes: copy it from its bucket",
                found.uri(),
                found.size_bytes()
            ),
        }));
    }
    Ok(found)
}

async fn read(found: &StoredObject) -> Result<Bytes, Refusal> {
    let bytes = found.read().await;
    Ok(bytes.map_err(|error| Fault::missing(crate::report::Chain(&error).to_string()))?)
}

/// What no browser takes for a page.
fn content_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit_once('.').map(|(_, end)| end) {
        Some("json" | "ipynb") => "application/json",
        Some("csv") => "text/csv; charset=utf-8",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    })
}

fn attachment(name: &str) -> HeaderValue {
    let last = name.rsplit('/').next().unwrap_or_default();
    let plain: String = last
        .chars()
        .map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' => letter,
            _ => '_',
        })
        .collect();
    HeaderValue::from_str(&format!("attachment; filename=\"{plain}\""))
        .unwrap_or(HeaderValue::from_static("attachment"))
}

/// In a sandbox, without an origin, with its own style and no script but the one of our reports.
async fn report(desk: Desk<'_>, visit: &Visit, address: &RunAddress) -> Result<Answer, Refusal> {
    let found = find(desk, visit, (address, REPORT)).await?;
    let bytes = read(&found).await?;
    let policy = policy(&String::from_utf8_lossy(&bytes));
    let mut answer = Answer::new(AnswerBody::whole(bytes));
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

/// A report of an earlier version has another style sheet: a style may be its own, a script must be
/// ours.
fn policy(report: &str) -> HeaderValue {
    let own = report_policy();
    let script = own
        .split("; ")
        .find(|part| part.starts_with("script-src"))
        .unwrap_or("script-src 'none'");
    let style = report
        .split_once("<style>")
        .and_then(|(_, rest)| rest.split_once("</style>"))
        .map_or("style-src 'none'".to_owned(), |(style, _)| {
            let hash = digest::digest(&digest::SHA256, style.as_bytes());
            format!("style-src 'sha256-{}'", STANDARD.encode(hash.as_ref()))
        });
    let text = format!(
        "sandbox allow-scripts; default-src 'none'; {style}; {script}; img-src data:; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("sandbox; default-src 'none'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_runs_in_a_sandbox_with_no_script_but_ours() {
        let text = policy("<style>a{}</style><script>alert(1)</script>");
        let text = text.to_str().unwrap();
        assert!(text.starts_with("sandbox allow-scripts; default-src 'none'; style-src 'sha256-"));
        assert!(!text.contains("unsafe-inline") && text.contains("script-src 'sha256-"));
    }

    #[test]
    fn a_file_is_never_taken_for_a_page() {
        for (name, kind) in [
            ("report.html", "application/octet-stream"),
            ("x.svg", "application/octet-stream"),
            ("statistics.json", "application/json"),
        ] {
            assert_eq!(content_type(name), kind, "{name}");
        }
        assert_eq!(
            attachment("a/b\"\r\n.json"),
            "attachment; filename=\"b___.json\""
        );
    }
}
