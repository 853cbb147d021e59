//! Explanations as a page of their own, or as sections of another.

use maud::html;
use probity_domain::document::explanation_file::ExplanationFile;

use super::{dependence, drift, headline, importance, lead, method, rows};
use crate::article::{Block, Look, Section, Words, sections_html, words_html};
use crate::data_quality::plural_of;
use crate::masthead::{Masthead, masthead};
use crate::page::page;

pub(crate) const KIND: &str = "Explanations";

/// The documents that a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct ExplanationReport<'a> {
    /// The user's, from the configuration of the report.
    pub title: Option<&'a str>,
    /// After a check it holds the drift of the attributions.
    pub probity: &'a ExplanationFile,
}

/// One HTML file that needs nothing else.
pub fn render(report: &ExplanationReport<'_>) -> String {
    let (mark, headline) = headline(report.probity);
    let body = html! {
        (masthead(&Masthead { kind: kind(report.probity), title: report.title, mark, headline: &headline, lead: words_html(&lead(report.probity)) }))
        main.wrap { (sections_html(&sections(report.probity))) }
        footer { div.wrap { p { (words_html(&origin(report.probity))) } } }
    };
    page(&format!("{headline} · Probity"), &body).into_string()
}

fn kind(file: &ExplanationFile) -> &'static str {
    if file.drift.is_empty() {
        KIND
    } else {
        "Check of explanations"
    }
}

/// Everything below the headline.
pub(crate) fn sections(file: &ExplanationFile) -> Vec<Section> {
    let mut sections = Vec::new();
    sections.extend(notes(file));
    sections.extend(drift::section(&file.drift));
    if let Some(facts) = &file.attributions {
        sections.extend(importance::sections(facts));
    }
    sections.extend(dependence::section(file));
    sections.extend(file.attributions.as_ref().and_then(rows::section));
    sections.push(method::section(file));
    sections
}

fn notes(file: &ExplanationFile) -> Option<Section> {
    let notes: Vec<Words> = file
        .notes
        .iter()
        .chain(&file.dataset.notes)
        .map(|note| Words::prose(note))
        .collect();
    (!notes.is_empty()).then(|| Section {
        id: "explanation-notes".to_owned(),
        heading: Words::of("To know first"),
        look: Look::Notes,
        blocks: vec![Block::List(notes)],
    })
}

/// Where the numbers come from.
pub(crate) fn origin(file: &ExplanationFile) -> Words {
    let mut words = Words::of(format!(
        "Written by {} from {}, {}, format {}. Model ",
        file.writer,
        plural_of(file.dataset.rows, "row"),
        plural_of(file.dataset.files, "file"),
        file.dataset.format
    ))
    .name(&file.model.location);
    if let Some(hash) = &file.model.sha256 {
        words = words.text(", SHA-256 ").name(hash);
    }
    words
        .text(". Exact figures are in ")
        .name("analysis.json")
        .text(" and ")
        .name("probity.json")
        .text(" beside this file.")
}

/// Python of the notebook that loads the documents.
pub(crate) fn loading(file: &ExplanationFile) -> String {
    let mut code = "explained = analysis[\"explanations\"].get(\"kernel_shap\", {})\n".to_owned();
    if file.attributions.is_some() {
        code.push_str(
            "values = pathlib.Path(\"explanations_shap/out.csv\")\nlocal = pd.read_csv(values) if values.exists() else None  # one column per feature and label\n",
        );
    }
    code
}
