//! What other thresholds would have meant: each run that was, judged again; and the history of the
//! numbers that they limit, with both limits.

use std::time::Duration;

use maud::{Markup, html};
use probity_analysis::limits::{Limit, limits_of};
use probity_analysis::threshold_edit::{Change, Changed, Check, changed};
use probity_app::dashboard::history::{History, Range};
use probity_app::dashboard::monitor::{self, MonitorPage, MonitorQuery};
use serde_json::{Value, json};

use super::history_chart::Drawn;
use super::visit::Visit;
use super::{Desk, history, shell, words};
use crate::preview::preview;
use crate::report::Chain;
use crate::run_evidence::{self, HistoryLimits};
use crate::threshold_change::{InForce, editor};

/// Runs that one preview judges, and for how long.
const MOST_RUNS: usize = 190;
const MOST_DAYS: i64 = 30;
const PATIENCE: Duration = Duration::from_secs(10);
/// Numbers whose history is drawn.
const MOST_CHARTS: usize = 2;
const DAY_MS: i64 = 86_400_000;

#[derive(Debug)]
pub(super) struct Preview {
    /// Why there is none.
    problem: Option<String>,
    days: i64,
    counts: Counts,
    runs: Vec<JudgedRun>,
    charts: Vec<Tried>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    runs: usize,
    not_judged: usize,
    then: usize,
    now: usize,
    newly: usize,
    no_longer: usize,
}

/// How a run was judged, and would be.
#[derive(Debug)]
struct JudgedRun {
    id: String,
    scheduled_ms: i64,
    then: usize,
    /// `None`: it cannot be judged again.
    now: Option<usize>,
    first: Option<String>,
}

/// The history of a number whose limit is tried.
#[derive(Debug)]
struct Tried {
    history: History,
    limits: HistoryLimits,
    tried: Vec<Limit>,
}

impl Preview {
    fn impossible(problem: String) -> Preview {
        Preview {
            problem: Some(problem),
            days: 0,
            counts: Counts::default(),
            runs: Vec::new(),
            charts: Vec::new(),
        }
    }

    pub(super) fn is_possible(&self) -> bool {
        self.problem.is_none()
    }
}

pub(super) async fn of(
    desk: Desk<'_>,
    (visit, page): (&Visit, &MonitorPage),
    (in_force, changes): (&InForce, &[Change]),
) -> Preview {
    let editor = editor(desk.tools, &visit.caller, None);
    let new = match changed(&in_force.constraints, changes, &editor) {
        Ok(new) if new.edits.is_empty() => {
            return Preview::impossible("The thresholds are so already".to_owned());
        }
        Ok(new) => new,
        Err(error) => return Preview::impossible(Chain(&error).to_string()),
    };
    let days = days(page);
    let input = json!({
        "MonitoringScheduleName": page.monitor.name,
        "Constraints": String::from_utf8_lossy(&new.document),
        "StartTime": (visit.now_ms - days * DAY_MS) as f64 / 1000.0,
    });
    let judging = preview(desk.tools, &visit.caller, input);
    let judged = match tokio::time::timeout(PATIENCE, judging).await {
        Ok(Ok(judged)) => judged,
        Ok(Err(fault)) => return Preview::impossible(fault.to_string()),
        Err(_) => {
            return Preview::impossible(
                "The runs could not be judged in time: where their results lie is slow. \
                 probity monitor preview takes longer, and answers"
                    .to_owned(),
            );
        }
    };
    Preview {
        problem: None,
        days,
        counts: counts(&judged["Counts"]),
        runs: runs(&judged),
        charts: charts(desk, (visit, page), (&new, changes)).await,
    }
}

/// So many days that their runs are not too many.
fn days(page: &MonitorPage) -> i64 {
    let days = page.monitor.calendar.iter().filter(|day| day.runs > 0);
    let most = days.map(|day| day.runs).max().unwrap_or(1).max(1);
    let days = MOST_RUNS / most;
    i64::try_from(days).unwrap_or(MOST_DAYS).clamp(1, MOST_DAYS)
}

fn counts(told: &Value) -> Counts {
    let count = |member: &str| {
        let count = told[member].as_u64().unwrap_or(0);
        usize::try_from(count).unwrap_or(0)
    };
    Counts {
        runs: count("Executions"),
        not_judged: count("NotJudged"),
        then: count("FiredThen"),
        now: count("FireNow"),
        newly: count("FireNewly"),
        no_longer: count("FireNoLonger"),
    }
}

fn runs(told: &Value) -> Vec<JudgedRun> {
    let size = |value: &Value| {
        let size = value.as_u64()?;
        usize::try_from(size).ok()
    };
    let run = |told: &Value| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a time that the server itself wrote"
        )]
        let scheduled_ms = (told["ScheduledTime"].as_f64()? * 1000.0) as i64;
        let first = &told["Violations"][0];
        Some(JudgedRun {
            id: told["MonitoringExecutionId"].as_str()?.to_owned(),
            scheduled_ms,
            then: size(&told["ViolationsThen"]).unwrap_or(0),
            now: size(&told["ViolationsNow"]),
            first: match (told["Problem"].as_str(), first["Subject"].as_str()) {
                (Some(problem), _) => Some(problem.to_owned()),
                (None, subject) => subject.map(str::to_owned),
            },
        })
    };
    let all = told["Executions"].as_array();
    all.map_or_else(Vec::new, |all| all.iter().filter_map(run).collect())
}

/// The metric that a threshold limits.
fn metric(change: &Change) -> Option<String> {
    let subject = &change.subject;
    match change.check {
        Check::Drift => Some(format!("feature_baseline_drift_{subject}")),
        Check::Completeness => Some(format!("feature_non_null_{subject}")),
        Check::Threshold => Some(subject.clone()),
        Check::Watched | Check::DataType | Check::Domain => None,
    }
}

async fn charts(
    desk: Desk<'_>,
    (visit, page): (&Visit, &MonitorPage),
    (new, changes): (&Changed, &[Change]),
) -> Vec<Tried> {
    let mut charts = Vec::new();
    for metric in changes.iter().filter_map(metric).take(MOST_CHARTS) {
        let query = MonitorQuery {
            name: page.monitor.name.clone(),
            metric: Some(metric),
            range: Range::Days(MOST_DAYS),
            before: None,
        };
        // A chart that cannot be drawn is left out: the verdicts are there.
        let Ok(found) = monitor::monitor(desk.app, &visit.caller, &query).await else {
            continue;
        };
        let Some(history) = found.history else {
            continue;
        };
        let environment = desk.tools.environment;
        let limits = run_evidence::history_limits((&history, &page.baseline), environment).await;
        let number = (history.name.as_str(), &history.dimensions);
        let tried = limits_of(&new.constraints, number).limits;
        charts.push(Tried {
            history,
            limits,
            tried,
        });
    }
    charts
}

pub(super) fn section(
    visit: &Visit,
    (page, changes): (&MonitorPage, &[Change]),
    preview: &Preview,
) -> Markup {
    if let Some(problem) = &preview.problem {
        return html! { div.notes role="status" { p { strong { "No preview: " } (problem) "." } } };
    }
    let monitor = &page.monitor.name;
    html! {
        h2 { "What would have been " span.soft { "runs of the last " (preview.days) " days" } }
        div.tile {
            (verdict(&preview.counts))
            (strip(visit, monitor, &preview.runs))
            (details(visit, monitor, &preview.runs))
        }
        @for chart in &preview.charts { (drawn(visit, monitor, chart)) }
        @if changes.len() > MOST_CHARTS { p.fine { "The first " (MOST_CHARTS) " histories are drawn; the verdicts are of all changes together." } }
    }
}

fn verdict(counts: &Counts) -> Markup {
    let judged = counts.runs - counts.not_judged.min(counts.runs);
    html! {
        @if judged == 0 {
            p { "No run of that time can be judged again" @if counts.runs == 0 { ": there was none" } "." }
        } @else {
            p.lead { "Of " strong { (words::number_of(judged, "run")) } ", "
                strong { (counts.then) } " found violations, and "
                strong { (counts.now) } " would have: "
                (counts.no_longer) " no longer, " (counts.newly) " newly." }
            @if counts.not_judged > 0 { p.fine { (words::number_of(counts.not_judged, "run")) " cannot be judged again." } }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Kept,
    Gone,
    New,
    Fine,
    Unknown,
}

impl Outcome {
    const ALL: [Outcome; 5] = [Self::Kept, Self::Gone, Self::New, Self::Fine, Self::Unknown];

    fn of(run: &JudgedRun) -> Outcome {
        match (run.then > 0, run.now) {
            (_, None) => Self::Unknown,
            (true, Some(0)) => Self::Gone,
            (true, Some(_)) => Self::Kept,
            (false, Some(0)) => Self::Fine,
            (false, Some(_)) => Self::New,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Kept => "violated, and would",
            Self::Gone => "violated, and would not",
            Self::New => "did not violate, and would",
            Self::Fine => "did not violate, and would not",
            Self::Unknown => "cannot be judged again",
        }
    }

    /// Height and form tell what colour tells.
    fn cell(self, x: usize) -> Markup {
        html! { @match self {
            Self::Kept => rect.kept x=(x) y="2" width="8" height="24" rx="1" {},
            Self::Gone => rect.gone x=(x) y="2" width="8" height="24" rx="1" {},
            Self::New => path.new d=(format!("M{x} 26L{} 2l4 24z", x + 4)) {},
            Self::Fine => rect.still x=(x) y="10" width="8" height="8" rx="1" {},
            Self::Unknown => rect.unknown x=(x) y="13" width="8" height="2" {},
        } }
    }
}

fn strip(visit: &Visit, monitor: &str, runs: &[JudgedRun]) -> Markup {
    const STEP: usize = 11;
    if runs.is_empty() {
        return html! {};
    }
    let width = (runs.len() * STEP).max(400);
    html! {
        svg.verdict-strip viewBox=(format!("0 0 {width} 28")) preserveAspectRatio="xMinYMid meet" role="group" aria-label="Each run, judged then and now" {
            @for (place, run) in runs.iter().enumerate() {
                @let outcome = Outcome::of(run);
                @let text = format!("{}: {}", words::moment_text(run.scheduled_ms), outcome.words());
                a href=(visit.href(&shell::run_path(monitor, &run.id))) aria-label=(text) { title { (text) } (outcome.cell(place * STEP)) }
            }
        }
        ul.legend { @for outcome in Outcome::ALL {
            @if runs.iter().any(|run| Outcome::of(run) == outcome) {
                li { svg.mark viewBox="0 0 8 28" aria-hidden="true" { (outcome.cell(0)) } " " (outcome.words()) }
            }
        } }
    }
}

fn details(visit: &Visit, monitor: &str, runs: &[JudgedRun]) -> Markup {
    let differing: Vec<&JudgedRun> = runs
        .iter()
        .rev()
        .filter(|run| match Outcome::of(run) {
            Outcome::Gone | Outcome::New | Outcome::Unknown => true,
            Outcome::Kept | Outcome::Fine => false,
        })
        .take(60)
        .collect();
    html! {
        @if !differing.is_empty() {
            details.numbers { summary { "Runs that would differ" }
                div.scroll tabindex="0" { table {
                    thead { tr { th scope="col" { "Run" } th.num scope="col" { "Violations then" } th.num scope="col" { "By these" } th scope="col" { "First of them" } } }
                    tbody { @for run in differing {
                        tr {
                            th scope="row" { a href=(visit.href(&shell::run_path(monitor, &run.id))) { (words::moment(run.scheduled_ms)) } }
                            td.num { (run.then) }
                            td.num { @match run.now { Some(now) => (now), None => span.none { "–" } } }
                            td { @match &run.first { Some(text) => (text), None => span.none { "–" } } }
                        }
                    } }
                } }
            }
        }
    }
}

fn drawn(visit: &Visit, monitor: &str, chart: &Tried) -> Markup {
    let drawn = Drawn {
        monitor,
        history: &chart.history,
        limits: &chart.limits,
        tried: Some(&chart.tried),
    };
    history::figure(visit, &drawn)
}
