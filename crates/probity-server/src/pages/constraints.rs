//! `/monitors/NAME/constraints`: what a monitor obeys, as a table that can be changed; what a change
//! would have meant for the runs that were; and the change itself, with its reason.
//!
//! The address has what is tried, so that a preview can be sent to somebody: `drift.income=0.2`.

use http::StatusCode;
use maud::{Markup, html};
use probity_analysis::limits::Side;
use probity_analysis::threshold_edit::{Change, Check, Row, rows};
use probity_app::dashboard::monitor::{self, MonitorPage, MonitorQuery};
use probity_domain::document::constraints::Switch;

use super::constraints_preview::{self, Preview};
use super::fields::Fields;
use super::visit::{Asked, Visit};
use super::{Desk, Refusal, badge, reply, shell};
use crate::answer::Answer;
use crate::threshold_change::{self, Applied, InForce, NotInForce, Wanted};

pub(super) async fn page(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    let page = find(desk, visit, name).await?;
    let in_force = threshold_change::in_force(desk.tools, &page.baseline).await;
    let changes = changes(&visit.fields, in_force.as_ref().ok());
    let preview = match &in_force {
        Ok(in_force) if !changes.is_empty() => {
            Some(constraints_preview::of(desk, (visit, &page), (in_force, &changes)).await)
        }
        Ok(_) | Err(_) => None,
    };
    let shown = Shown {
        page: &page,
        in_force: in_force.as_ref(),
        changes: &changes,
        preview: preview.as_ref(),
    };
    let markup = match visit.fields.get("part") {
        Some("preview") => shown.preview(visit),
        Some(_) | None => shown.whole(visit),
    };
    Ok(reply::html(StatusCode::OK, markup))
}

async fn find(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<MonitorPage, Refusal> {
    let query = MonitorQuery {
        name: name.to_owned(),
        ..MonitorQuery::default()
    };
    Ok(monitor::monitor(desk.app, &visit.caller, &query).await?)
}

/// What a field showed before somebody wrote into it stands beside it under this name: what nobody
/// touched is no wish, whatever somebody else put in force since.
fn was_of(field: &str) -> String {
    format!("was.{field}")
}

/// What differs from what is in force, of the fields of a form or an address.
fn changes(fields: &Fields, in_force: Option<&InForce>) -> Vec<Change> {
    let rows = in_force.and_then(|in_force| rows(&in_force.constraints));
    let Some(rows) = rows else {
        return Vec::new();
    };
    let of_field = |(name, value): (&str, &str)| {
        if fields.get(&was_of(name)).is_some_and(|was| was == value) {
            return None;
        }
        let (check, subject) = name.split_once('.')?;
        let check = Check::parse(check)?;
        let row = rows.iter().find(|row| row.subject == subject)?;
        let change = Change {
            check,
            subject: subject.to_owned(),
            value: value.trim().to_owned(),
        };
        (!change.value.is_empty() && written(row, check) != change.value).then_some(change)
    };
    fields.iter().filter_map(of_field).collect()
}

/// As its field says it before somebody writes into it.
pub(super) fn written(row: &Row, check: Check) -> String {
    match (check, row.watched) {
        (Check::Watched, Some(Switch::Enabled)) => "on".to_owned(),
        (Check::Watched, Some(Switch::Disabled)) => "off".to_owned(),
        (Check::Watched, None) => String::new(),
        _ => row
            .number(check)
            .flatten()
            .map(|value| value.to_string())
            .unwrap_or_default(),
    }
}

/// Of a field, for people.
pub(super) fn label(field: &str) -> Option<String> {
    let (check, subject) = field.split_once('.')?;
    Some(format!("{subject}: {}", check_words(Check::parse(check)?)))
}

fn field_of(check: Check, subject: &str) -> String {
    format!("{}.{subject}", check.as_str())
}

fn fields_of(changes: &[Change]) -> Fields {
    changes.iter().fold(Fields::default(), |fields, change| {
        fields.with(&field_of(change.check, &change.subject), &change.value)
    })
}

/// The address of a preview.
fn address(visit: &Visit, name: &str, (changes, note): (&[Change], Option<&str>)) -> String {
    let fields = fields_of(changes).with("note", note.unwrap_or_default());
    visit.link(&shell::constraints_path(name), &fields)
}

/// The same, for a form that was not obeyed: its reason is not to be typed again.
fn again(visit: &Visit, name: &str, (changes, note, reason): (&[Change], &str, &str)) -> String {
    let fields = fields_of(changes).with("note", note).with("reason", reason);
    visit.link(&shell::constraints_path(name), &fields) + "#preview"
}

/// Preview, or put in force.
pub(super) async fn act(
    desk: Desk<'_>,
    (asked, visit): (&Asked, &Visit),
    name: &str,
) -> Result<Answer, Refusal> {
    let page = find(desk, visit, name).await?;
    let in_force = threshold_change::in_force(desk.tools, &page.baseline).await;
    let changes = changes(&asked.form, in_force.as_ref().ok());
    let field = |name: &str| asked.form.get(name).unwrap_or_default();
    if field("do") != "apply" {
        let note = changes.is_empty().then_some("same");
        let place = address(visit, name, (&changes, note)) + "#preview";
        return Ok(reply::see_other(&place));
    }
    let reason = field("reason").trim();
    let seen = field("seen");
    let is_other = |in_force: &InForce| !seen.is_empty() && in_force.sha256 != seen;
    let conflict = in_force.as_ref().is_ok_and(is_other).then_some("conflict");
    // Nobody puts in force what they have not seen the meaning of.
    let unseen = (field("tried") != fields_of(&changes).query()).then_some("other");
    let missing = reason.is_empty().then_some("why");
    if let Some(note) = conflict.or(unseen).or(missing) {
        return Ok(reply::see_other(&again(
            visit,
            name,
            (&changes, note, reason),
        )));
    }
    let wanted = Wanted {
        monitor: name,
        changes: &changes,
        seen_sha256: seen,
        reason,
    };
    let applied = threshold_change::apply(desk.tools, &visit.caller, (wanted, &page.baseline));
    let place = match applied.await? {
        Applied::Yes => address(visit, name, (&[], Some("applied"))),
        Applied::Same => address(visit, name, (&[], Some("same"))),
        Applied::Conflict => again(visit, name, (&changes, "conflict", reason)),
    };
    Ok(reply::see_other(&place))
}

/// What is checked of a feature, as its column is headed.
const FEATURE_CHECKS: [(Check, &str); 4] = [
    (Check::Completeness, "Present, at least"),
    (Check::DataType, "Of its type, at least"),
    (Check::Domain, "In the domain, at least"),
    (Check::Drift, "Distance, at most"),
];

struct Shown<'a> {
    page: &'a MonitorPage,
    in_force: Result<&'a InForce, &'a NotInForce>,
    changes: &'a [Change],
    preview: Option<&'a Preview>,
}

impl Shown<'_> {
    fn whole(&self, visit: &Visit) -> Markup {
        let name = &self.page.monitor.name;
        let title = format!("Constraints of {name}");
        let monitor = shell::monitor_path(name);
        let body = html! {
            (shell::trail(visit, &[("Fleet", "/dashboard"), (name, &monitor)]))
            h1 { "Constraints" }
            p.lead.soft { (badge::kind(self.page.monitor.kind)) " · " (name) }
            (note(visit))
            @match self.in_force {
                Ok(in_force) => (self.table(visit, in_force)),
                Err(error) => (unknown(error)),
            }
        };
        shell::page(visit, shell::Head::of(&title), &body)
    }

    fn table(&self, visit: &Visit, in_force: &InForce) -> Markup {
        let Some(rows) = rows(&in_force.constraints) else {
            return no_thresholds(in_force);
        };
        let is_metric = rows.iter().any(|row| row.violates.is_some());
        html! {
            form method="post" action=(visit.href(&shell::constraints_path(&self.page.monitor.name))) data-thresholds data-still {
                (shell::form_key(visit))
                p.prose { "Change what you want to try and see what it would have meant for the runs that were. Nothing is in force before you say so and why." }
                div.scroll tabindex="0" { table.limits.stacked {
                    @if is_metric { (self.metric_head()) } @else { (self.feature_head()) }
                    tbody { @for row in &rows {
                        @if is_metric { (self.metric_row(row)) } @else { (self.feature_row(row)) }
                    } }
                } }
                p.tools { button name="do" value="preview" type="submit" formnovalidate { "Preview over history" } }
                (self.preview(visit))
            }
            p.fine { "From " code { (in_force.uri) } ", SHA-256 " code { (in_force.sha256) } }
        }
    }

    fn feature_head(&self) -> Markup {
        html! { thead { tr {
            th scope="col" { "Feature" } th scope="col" { "Type" } th scope="col" { "Checked" }
            @for (_, label) in FEATURE_CHECKS { th scope="col" { (label) } }
        } } }
    }

    fn feature_row(&self, row: &Row) -> Markup {
        html! { tr {
            th scope="row" { (row.subject) }
            td.soft data-label="Type" { (row.data_type) }
            td data-label="Checked" { (self.switch(row)) }
            @for (check, label) in FEATURE_CHECKS { td data-label=(label) { (self.number(row, check)) } }
        } }
    }

    fn metric_head(&self) -> Markup {
        html! { thead { tr { th scope="col" { "Metric" } th scope="col" { "Violates" } th scope="col" { "Threshold" } } } }
    }

    fn metric_row(&self, row: &Row) -> Markup {
        html! { tr {
            th scope="row" { (row.subject) }
            td data-label="Violates" { @match row.violates { Some(Side::Below) => "below", Some(Side::Above) => "above", None => "" } }
            td data-label="Threshold" { (self.number(row, Check::Threshold)) }
        } }
    }

    fn tried(&self, row: &Row, check: Check) -> Option<&str> {
        let is_it = |change: &&Change| change.check == check && change.subject == row.subject;
        let found = self.changes.iter().find(is_it);
        found.map(|change| change.value.as_str())
    }

    fn number(&self, row: &Row, check: Check) -> Markup {
        if row.number(check).is_none() {
            return html! { span.none title="Not checked" { "–" } };
        }
        let (was, tried) = (written(row, check), self.tried(row, check));
        let field = field_of(check, &row.subject);
        html! {
            input type="hidden" name=(was_of(&field)) value=(was);
            input.changed[tried.is_some()] name=(field) value=(tried.unwrap_or(&was)) data-was=(was)
                inputmode="decimal" autocomplete="off" maxlength="24" aria-label=(format!("{}, {}", row.subject, check_words(check)));
            @if tried.is_some() { span.was { "now " (was) } }
        }
    }

    fn switch(&self, row: &Row) -> Markup {
        let (was, tried) = (
            written(row, Check::Watched),
            self.tried(row, Check::Watched),
        );
        let shown = tried.unwrap_or(&was);
        let field = field_of(Check::Watched, &row.subject);
        html! {
            input type="hidden" name=(was_of(&field)) value=(was);
            select.changed[tried.is_some()] name=(field) data-was=(was) aria-label=(format!("{}, checked", row.subject)) {
                @for (value, text) in [("on", "yes"), ("off", "no")] { option value=(value) selected[shown == value] { (text) } }
            }
            @if tried.is_some() { span.was { "now " @if was == "on" { "yes" } @else { "no" } } }
        }
    }

    /// What a script puts in its place as somebody types.
    fn preview(&self, visit: &Visit) -> Markup {
        html! {
            div #preview aria-live="polite" {
                @if let (Some(preview), Ok(in_force)) = (self.preview, self.in_force) {
                    (constraints_preview::section(visit, (self.page, self.changes), preview))
                    @if preview.is_possible() { (self.apply(visit, in_force)) }
                }
            }
        }
    }

    fn apply(&self, visit: &Visit, in_force: &InForce) -> Markup {
        html! {
            @if visit.may("probity:UpdateMonitoringBaseline") {
                div.apply {
                    input type="hidden" name="seen" value=(in_force.sha256);
                    input type="hidden" name="tried" value=(fields_of(self.changes).query());
                    label { span { "Why are these thresholds right?" } input name="reason" value=[visit.fields.get("reason")] maxlength="1000" autocomplete="off" required; }
                    button.primary name="do" value="apply" type="submit" { "Put in force" }
                }
                p.fine { "From the next run on. Who changed what and why is kept with the constraints and in the log." }
            } @else {
                p.soft { "You may look at previews. To put thresholds in force, somebody has to give you more rights, or do it." }
            }
        }
    }
}

fn check_words(check: Check) -> &'static str {
    match check {
        Check::Watched => "checked",
        Check::Completeness => "share of values present, at least",
        Check::DataType => "share of values of its type, at least",
        Check::Domain => "share of values in the domain, at least",
        Check::Drift => "distance to the baseline, at most",
        Check::Threshold => "threshold",
    }
}

/// What became of the last form.
fn note(visit: &Visit) -> Markup {
    html! {
        @match visit.fields.get("note") {
            Some("applied") => div.notes.running role="status" { p { strong { "In force from the next run on." } " The change, its author and its reason are in the " a href=(visit.href("/activity")) { "activity" } "." } },
            Some("same") => div.notes role="status" { p { "The thresholds are so already: nothing was changed." } },
            Some("other") => div.alarm role="alert" { div {
                p { strong { "These are not the thresholds whose preview you saw." } }
                p { "This is what they would have meant. Put them in force if they are right." }
            } },
            Some("why") => div.alarm role="alert" { div {
                p { strong { "Nothing is in force yet: say why these thresholds are right." } }
                p { "Who looks at the next alert will ask." }
            } },
            Some("conflict") => div.alarm role="alert" { div {
                p { strong { "Somebody else changed the constraints meanwhile." } }
                p { "The table has theirs; your values are kept in it. Look at the preview again, and put them in force if they are still right." }
            } },
            Some(_) | None => {},
        }
    }
}

fn unknown(error: &NotInForce) -> Markup {
    html! {
        div.empty {
            h2 { "There is nothing to change" }
            p { (error.to_string()) "." }
            p { "A baseline is made from data that is known to be good: " code { "probity monitor rebaseline NAME --from -14d --to now" } " shows one, and puts it in force with " code { "--apply" } "." }
        }
    }
}

fn no_thresholds(in_force: &InForce) -> Markup {
    html! {
        div.empty {
            h2 { "This monitor has no thresholds of its own" }
            p { "It is compared with the analysis of its baseline: a bias metric violates where it lies farther from 0 than there, attributions where their order is too unlike (NDCG below 0.9)." }
            p { "Another baseline comes from a Clarify job over other data, and is put in force with " code { "probity monitor set-constraints" } "." }
            p.fine { "Now: " code { (in_force.uri) } }
        }
    }
}
