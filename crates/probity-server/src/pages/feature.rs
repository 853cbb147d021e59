//! `/monitors/NAME/features/FEATURE`: one feature against its baseline, every number of it
//! explained, and the files that they came from.

use http::StatusCode;
use maud::{Markup, html};
use probity_analysis::data_quality::ColumnPlace;
use probity_app::Fault;
use probity_app::dashboard::monitor::{self, MonitorPage, MonitorQuery};
use probity_app::dashboard::result::MonitorResult;
use probity_domain::document::explanation::Explanation;
use probity_report::data_quality::{ColumnFinding, ColumnParts, Columns};

use super::features::{feature_address, shown_name, verdict};
use super::fields::Fields;
use super::history_chart::Drawn;
use super::results::QualityOfData;
use super::visit::Visit;
use super::workings::Judged;
use super::{Desk, Refusal, found, history, reply, results, shell, workings};
use crate::answer::Answer;
use crate::run_evidence::{self, HistoryLimits};

pub(super) async fn page(
    desk: Desk<'_>,
    visit: &Visit,
    (monitor, feature): (&str, &str),
) -> Result<Answer, Refusal> {
    let feature = match feature {
        "" => visit.fields.get("feature").unwrap_or_default(),
        feature => feature,
    };
    let result = found::result(desk, visit, monitor).await?;
    let query = MonitorQuery {
        name: monitor.to_owned(),
        metric: Some(format!("feature_baseline_drift_{feature}")),
        ..MonitorQuery::default()
    };
    let (found, past) = futures::join!(
        results::data_quality(&result, desk.tools.environment),
        monitor::monitor(desk.app, &visit.caller, &query),
    );
    let past = past?;
    let limits = match &past.history {
        Some(history) => {
            let environment = desk.tools.environment;
            run_evidence::history_limits((history, &past.baseline), environment).await
        }
        None => HistoryLimits::default(),
    };
    let shown = Shown {
        visit,
        result: &result,
        feature,
        past: (&past, &limits),
    };
    let body = match found.or_why_not() {
        Err(instead) => html! { (shown.top(&html! {})) section { (instead) } (shown.history()) },
        Ok(read) => shown.all(read)?,
    };
    let title = format!("{} · {monitor}", shown_name(feature));
    let head = shell::Head::of(&title);
    Ok(reply::html(StatusCode::OK, shell::page(visit, head, &body)))
}

struct Shown<'a> {
    visit: &'a Visit,
    result: &'a MonitorResult,
    feature: &'a str,
    past: (&'a MonitorPage, &'a HistoryLimits),
}

impl Shown<'_> {
    /// # Errors
    ///
    /// Where no document of the run knows the feature.
    fn all(&self, read: &QualityOfData) -> Result<Markup, Refusal> {
        let compared = &read.compared;
        let unknown = || Fault::Missing {
            message: format!("No document of the run knows a feature `{}`", self.feature),
        };
        let report = compared.report().ok_or_else(unknown)?;
        let columns = Columns::of(&report);
        let parts = columns.parts(self.feature).ok_or_else(unknown)?;
        // A feature that only one side has cannot be explained in full.
        let explained = compared.explain(self.feature).ok();
        let is_judged = match compared.evaluates(self.feature) {
            true => Judged::Yes,
            false => Judged::No,
        };
        let badges = html! {
            span.tag { (parts.kind) }
            @if parts.redacted { span.tag { "redacted" } }
            (verdict(parts.verdict, &checks(&parts.findings)))
            (self.neighbours(&columns))
        };
        Ok(html! {
            (results::patterns())
            (self.top(&badges))
            (self.parts())
            (read.baseline.why_not())
            (findings(&parts))
            (comparison(&parts))
            (self.history())
            @if let Some(explained) = &explained { (workings::section(explained, is_judged)) }
            (self.files(&compared.places(self.feature), explained.as_ref()))
        })
    }

    fn top(&self, badges: &Markup) -> Markup {
        let monitor = &self.result.monitor;
        let path = shell::monitor_path(monitor);
        html! {
            (shell::trail(self.visit, &[("Fleet", "/dashboard"), (monitor, &path)]))
            div.title { h1 { bdi { (shown_name(self.feature)) } } (badges) }
            (results::origin(self.visit, self.result))
        }
    }

    /// The features that moved a little more and a little less.
    fn neighbours(&self, columns: &Columns<'_>) -> Markup {
        let lines = columns.lines();
        let at = lines.iter().position(|line| line.name == self.feature);
        let named = |at: Option<usize>| at.and_then(|at| lines.get(at)).map(|line| line.name);
        let more = named(at.and_then(|at| at.checked_sub(1)));
        let less = named(at.map(|at| at + 1));
        let link = |(rel, says, arrow): (&str, &str, &str), name: &str| {
            html! {
                a.button rel=(rel) title=(says) href=(feature_address(self.visit, self.result, name)) {
                    span.hidden { (says) ": " } (arrow) " " bdi { (shown_name(name)) }
                }
            }
        };
        html! {
            span.grow {}
            nav.neighbours aria-label="Other features" {
                @if let Some(name) = more { (link(("prev", "Moved more", "↑"), name)) }
                @if let Some(name) = less { (link(("next", "Moved less", "↓"), name)) }
            }
        }
    }

    fn parts(&self) -> Markup {
        let parts = [
            ("comparison", "Comparison"),
            ("history", "History"),
            ("workings", "Explain this number"),
            ("files", "Files"),
        ];
        html! {
            nav.tabs.sections aria-label="On this page" {
                ul { @for (id, name) in parts { li { a href=(format!("#{id}")) { (name) } } } }
            }
        }
    }

    fn history(&self) -> Markup {
        let monitor = &self.result.monitor;
        let fields = |kind: &str| {
            let key = format!("feature_{kind}_{}", self.feature);
            let fields = Fields::default().with("metric", &key);
            self.visit.link(&shell::monitor_path(monitor), &fields) + "#history"
        };
        html! {
            section #history {
                h2 { "How its distance from the baseline went" }
                @match &self.past.0.history {
                    Some(history) => (history::figure(self.visit, &Drawn { monitor, history, limits: self.past.1, tried: None })),
                    None => div.empty { h3 { "No distance was measured" } p { "The constraints switch the comparison off, or no run has ended with a verdict in the last 90 days." } },
                }
                p.soft {
                    "Over time too: " a href=(fields("non_null")) { "the share of rows with a value" }
                    " and " a href=(fields("data")) { "the values themselves" } "."
                }
            }
        }
    }

    fn files(&self, places: &[ColumnPlace], explained: Option<&Explanation>) -> Markup {
        let run = self.result.run.as_ref();
        html! {
            section #files {
                h2 { "The files that these numbers came from" }
                div.scroll tabindex="0" role="region" aria-label="Files" { table {
                    thead { tr { th scope="col" { "File" } th scope="col" { "Place in it (JSON pointer)" } th scope="col" { "What is there" } } }
                    tbody { @for place in places { tr {
                        th scope="row" { @match run {
                            Some(run) => a href=(self.visit.href(&results::file_path(&self.result.monitor, &run.id, place.file))) { (place.file) },
                            None => (place.file),
                        } }
                        td { code { (place.pointer) } }
                        td { (place.what) }
                    } } }
                } }
                @if let Some(explained) = explained {
                    p.soft { "They lie at " code { (explained.folder) } ". On a machine with the command line, " code { "probity why " (explained.folder) " " (self.feature) } " prints the same workings." }
                }
            }
        }
    }
}

fn checks(findings: &[ColumnFinding]) -> Vec<&'static str> {
    let mut checks: Vec<&str> = findings.iter().map(|finding| finding.check).collect();
    checks.dedup();
    checks
}

fn findings(parts: &ColumnParts) -> Markup {
    html! {
        @if !parts.findings.is_empty() {
            div.alarm role="status" { div {
                @for finding in &parts.findings {
                    p { strong { (finding.check) ": " } (finding.sentence) " " span.fine { (named_by(finding.by)) } }
                }
            } }
        }
        @if !parts.remarks.is_empty() {
            div.notes { ul { @for remark in &parts.remarks { li { (remark) } } } }
        }
    }
}

fn named_by(by: (bool, bool)) -> &'static str {
    match by {
        (true, true) => "By SageMaker’s rule, and more than chance explains.",
        (true, false) => "By SageMaker’s rule only: chance may explain it.",
        (false, true) => "More than chance explains, though within SageMaker’s limit.",
        (false, false) => "",
    }
}

fn comparison(parts: &ColumnParts) -> Markup {
    html! {
        section #comparison {
            h2 { "Reference and current" }
            div.pair {
                div.tile.rp { h3 { "Distribution" } (parts.picture) (parts.gauge) }
                div.tile.rp { h3 { "Statistics" } (parts.table) }
            }
            div.pair.after {
                div.tile.rp { h3 { "How far it moved" } (parts.tiles) }
                div.tile.rp { h3 { "What its constraint asks" } (parts.constraints) }
            }
        }
    }
}
