//! The fields of the editor: each with its label, guidance, count and what is wrong with it.

use maud::{Markup, html};
use probity_domain::document::model_card::RiskRating;
use serde_json::Value;

use super::super::words;
use super::form::{EVALUATIONS, Form, GROUPS, binding, columns, evaluations, of_evaluation, row};
use super::guide::{
    CHAPTERS, Chapter, EVALUATION, EVALUATIONS_GOOD, EVALUATIONS_SERVE, Kind, Spot,
};
use super::told::{Remark, Told};

/// What fields are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sheet<'a> {
    pub(super) form: &'a Form,
    /// The content that the edit began from.
    pub(super) base: &'a Value,
    pub(super) told: &'a Told,
}

pub(super) fn chapters(sheet: Sheet<'_>) -> Markup {
    let (before, behind) = CHAPTERS.split_at(4);
    html! {
        @for part in before { (chapter(sheet, part)) }
        (all_evaluations(sheet))
        @for part in behind { (chapter(sheet, part)) }
    }
}

/// Links to the chapters.
pub(super) fn contents() -> Markup {
    let (before, behind) = CHAPTERS.split_at(4);
    let names = |chapters: &[Chapter]| -> Vec<(&'static str, &'static str)> {
        chapters.iter().map(|part| (part.id, part.title)).collect()
    };
    let all = [
        names(before),
        vec![("evaluations", "Evaluations")],
        names(behind),
    ]
    .concat();
    html! {
        nav.tabs.sections aria-label="Chapters of the card" { ul {
            @for (id, name) in all { li { a href=(format!("#{id}")) { (name) } } }
        } }
    }
}

fn chapter(sheet: Sheet<'_>, part: &Chapter) -> Markup {
    html! {
        section.chapter id=(part.id) {
            (guidance(part.title, (part.good, part.serves)))
            div.chapter-fields { @for spot in part.spots { (field(sheet, (spot, spot.path))) } }
        }
    }
}

fn guidance(title: &str, (good, serves): (&str, &str)) -> Markup {
    html! {
        div.guidance {
            h2 { (title) }
            p { (good) }
            p.fine { "Read by " (serves) "." }
        }
    }
}

fn field(sheet: Sheet<'_>, (spot, name): (&Spot, &str)) -> Markup {
    if spot.kind.has_rows() {
        return rows(sheet, spot);
    }
    let text = sheet.form.text(name);
    let is_wrong = Told::of(&sheet.told.faults, name).is_some();
    let about = described_by(name);
    html! {
        div.field {
            label for=(name) { (spot.label) (limit((spot, name), text)) }
            @if !spot.help.is_empty() { p.fine id=(format!("help-{name}")) { (spot.help) } }
            @match shown_as(spot.kind, text) {
                Kind::Rating => (choice((name, &about), text, &RiskRating::ALL.map(RiskRating::as_str))),
                Kind::Direction => (choice((name, &about), text, &["Maximize", "Minimize"])),
                Kind::Prose | Kind::Lines => {
                    textarea id=(name) name=(name) rows=(n_lines(spot.kind, text)) aria-describedby=(about) aria-invalid=[is_wrong.then_some("true")] { "\n" (text) }
                },
                Kind::Line | Kind::Number | Kind::Metrics | Kind::Parameters | Kind::Pairs => {
                    input id=(name) name=(name) value=(text) autocomplete="off" aria-describedby=(about) aria-invalid=[is_wrong.then_some("true")]
                        inputmode=[(spot.kind == Kind::Number).then_some("decimal")];
                },
            }
            (remarks(sheet, name))
        }
    }
}

/// A line that has several is shown with all of them.
fn shown_as(kind: Kind, text: &str) -> Kind {
    match kind {
        Kind::Line | Kind::Number if text.contains('\n') => Kind::Prose,
        kind => kind,
    }
}

fn described_by(name: &str) -> String {
    format!("help-{name} fault-{name} wish-{name}")
}

/// Room for what is there and a line more.
fn n_lines(kind: Kind, text: &str) -> usize {
    let lines: usize = text.lines().map(|line| 1 + line.chars().count() / 80).sum();
    let least = if kind == Kind::Prose { 3 } else { 2 };
    (lines + 1).clamp(least, 14)
}

fn limit((spot, name): (&Spot, &str), text: &str) -> Markup {
    let is_counted = spot.most > 0 && spot.kind != Kind::Lines;
    html! {
        @if is_counted {
            span.limit data-count-of=(name) data-most=(spot.most) { (words::count(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))) " of " (words::count(i64::try_from(spot.most).unwrap_or(i64::MAX))) }
        }
    }
}

fn choice((name, about): (&str, &str), chosen: &str, known: &[&str]) -> Markup {
    html! {
        select id=(name) name=(name) aria-describedby=(about) {
            option value="" { "not stated" }
            @for value in known { option value=(value) selected[*value == chosen] { (value) } }
            @if !chosen.is_empty() && !known.contains(&chosen) { option value=(chosen) selected { (chosen) } }
        }
    }
}

/// The script fills them in again as somebody types.
fn remarks(sheet: Sheet<'_>, name: &str) -> Markup {
    let fault = Told::of(&sheet.told.faults, name);
    let wish = Told::of(&sheet.told.findings, name);
    let text =
        |remark: Option<&Remark>| remark.map(|remark| remark.text.clone()).unwrap_or_default();
    html! {
        p.fault id=(format!("fault-{name}")) data-fault-of=(name) hidden[fault.is_none()] { (words::prose(&text(fault))) }
        p.wish id=(format!("wish-{name}")) data-wish-of=(name) hidden[wish.is_none()] { (words::prose(&text(wish))) }
    }
}

fn rows(sheet: Sheet<'_>, spot: &Spot) -> Markup {
    let columns = columns(spot.kind);
    html! {
        fieldset.field.rows id=(spot.path) {
            legend { (spot.label) }
            @if !spot.help.is_empty() { p.fine { (spot.help) } }
            div.row-grid.wide[columns.len() == 3] {
                @for column in columns { span.fine.col aria-hidden="true" { (column) } }
                @for number in 0..sheet.form.n_rows(spot.path) { @for column in columns { (cell(sheet, (spot, number, column))) } }
            }
            (remarks(sheet, spot.path))
            button.small name="more" value=(spot.path) type="submit" formnovalidate { "More rows" }
        }
    }
}

fn cell(sheet: Sheet<'_>, (spot, number, column): (&Spot, usize, &str)) -> Markup {
    let name = row(spot.path, number, column);
    let text = sheet.form.text(&name);
    let label = format!("{}, row {}, {column}", spot.label, number + 1);
    let about = format!("fault-{0} wish-{0}", spot.path);
    html! {
        @if text.contains('\n') {
            textarea name=(name) rows="2" aria-label=(label) aria-describedby=(about) { "\n" (text) }
        } @else {
            input name=(name) value=(text) autocomplete="off" aria-label=(label) aria-describedby=(about);
        }
    }
}

fn all_evaluations(sheet: Sheet<'_>) -> Markup {
    html! {
        section.chapter #evaluations {
            (guidance("Evaluations", (EVALUATIONS_GOOD, EVALUATIONS_SERVE)))
            div.chapter-fields id=(EVALUATIONS) {
                (remarks(sheet, EVALUATIONS))
                @for number in 0..sheet.form.n_evaluations() { (evaluation(sheet, number)) }
                button.small name="more" value=(EVALUATIONS) type="submit" formnovalidate { "Add an evaluation" }
            }
        }
    }
}

fn evaluation(sheet: Sheet<'_>, number: usize) -> Markup {
    let own = sheet
        .form
        .was(number)
        .and_then(|place| evaluations(sheet.base).get(place));
    let name = sheet.form.text(&of_evaluation(number, "name"));
    let removed = of_evaluation(number, "remove");
    let was = of_evaluation(number, "was");
    html! {
        fieldset.evaluation {
            legend { @if name.is_empty() { "New evaluation" } @else { (name) } }
            input type="hidden" name=(was) value=(sheet.form.text(&was));
            @for spot in &EVALUATION { (field(sheet, (spot, &of_evaluation(number, spot.path)))) }
            @match own.and_then(binding) {
                Some(binding) => p.bound { "Its numbers are those of the report " code { (binding.report) } " and are not edited by hand." },
                None => (groups(sheet, number)),
            }
            @if own.is_some() {
                label.check { input type="checkbox" name=(removed) checked[sheet.form.get(&removed).is_some()]; "Take this evaluation out of the card" }
            }
        }
    }
}

fn groups(sheet: Sheet<'_>, number: usize) -> Markup {
    let name = of_evaluation(number, GROUPS);
    let text = sheet.form.text(&name);
    let is_wrong = Told::of(&sheet.told.faults, &name).is_some();
    html! {
        details.field open[is_wrong] {
            summary { "Metrics, as JSON" }
            label.hidden for=(name) { "Metric groups as JSON" }
            p.fine id=(format!("help-{name}")) { "A list of groups: " code { r#"[{"name": "…", "metric_data": [{"name": "auc", "type": "number", "value": 0.81}]}]"# } }
            textarea.code id=(name) name=(name) rows=(n_lines(Kind::Prose, text)) spellcheck="false" aria-describedby=(described_by(&name)) aria-invalid=[is_wrong.then_some("true")] { "\n" (text) }
            (remarks(sheet, &name))
        }
    }
}
