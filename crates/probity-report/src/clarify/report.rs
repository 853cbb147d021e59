//! Bias, explanations, or both: one page, one typeset document, one notebook.

use maud::{Markup, html};
use probity_domain::document::notebook::Notebook;

use crate::article::{
    FrontPage, NotebookFront, Section, Typesetting, Words, notebook, typesetting, words_html,
};
use crate::bias::{self, BiasReport};
use crate::explanation::{self, ExplanationReport};
use crate::masthead::{Mark, Masthead, masthead};
use crate::page::page;

const KIND: &str = "Bias and explanations";
const LOADING: &str = "import json\nimport pathlib\nimport re\n\nimport pandas as pd\n\nanalysis = json.loads(pathlib.Path(\"analysis.json\").read_text(encoding=\"utf-8\"))\n";

/// What one run found.
#[derive(Clone, Copy, Debug)]
pub struct ClarifyReport<'a> {
    /// The user's, from the configuration of the report; those of the parts are not shown.
    pub title: Option<&'a str>,
    pub bias: Option<BiasReport<'a>>,
    pub explanation: Option<ExplanationReport<'a>>,
}

/// `report.html`: one file that needs nothing else.
pub fn render(report: &ClarifyReport<'_>) -> String {
    match (&report.bias, &report.explanation) {
        (Some(bias), Some(explanation)) => both(report.title, bias, explanation),
        (Some(bias), None) => bias::render(&BiasReport {
            title: report.title,
            ..*bias
        }),
        (None, Some(explanation)) => explanation::render(&ExplanationReport {
            title: report.title,
            ..*explanation
        }),
        (None, None) => nothing(report.title),
    }
}

fn nothing(title: Option<&str>) -> String {
    let headline = "Nothing was asked for";
    let top = masthead(&Masthead {
        kind: KIND,
        title,
        mark: Mark::Warning,
        headline,
        lead: html! { "The configuration names no method." },
    });
    page(
        &format!("{headline} · Probity"),
        &html! { (top) main.wrap {} },
    )
    .into_string()
}

fn both(title: Option<&str>, bias: &BiasReport<'_>, explanation: &ExplanationReport<'_>) -> String {
    let (bias_mark, bias_headline) = bias::headline(bias);
    let (mark, headline) = explanation::headline(explanation.probity);
    let lead = html! {
        span.both {
            span { a href="#bias" { "Bias" } ": " (bias_headline) "." }
            span { a href="#explanations" { "Explanations" } ": " (headline) "." }
        }
    };
    let name = title.unwrap_or("What the model decides, and why");
    let body = html! {
        (masthead(&Masthead { kind: KIND, title: None, mark: worse(bias_mark, mark), headline: name, lead }))
        main.wrap {
            (part(("bias", bias::kind(bias.probity)), &bias_headline, &bias::lead(bias.probity)))
            (bias::sections(bias))
            (part(("explanations", explanation::KIND), &headline, &words_html(&explanation::lead(explanation.probity))))
            (crate::article::sections_html(&explanation::sections(explanation.probity)))
        }
        footer { div.wrap { (bias::origin(bias.probity)) p { (words_html(&explanation::origin(explanation.probity))) } } }
    };
    page(&format!("{name} · Probity"), &body).into_string()
}

fn part((id, kind): (&str, &str), headline: &str, lead: &Markup) -> Markup {
    html! {
        header.part id=(id) {
            p.kind { (kind) }
            h2 { (headline) }
            p.lead { (lead) }
        }
    }
}

/// The mark that asks for more attention.
fn worse(a: Mark, b: Mark) -> Mark {
    let rank = |mark: Mark| match mark {
        Mark::Bad => 3,
        Mark::Warning => 2,
        Mark::Neutral => 1,
        Mark::Good => 0,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// Headings with their sections; with one part the heading is empty.
struct Content {
    kind: &'static str,
    headlines: Vec<String>,
    leads: Vec<Words>,
    parts: Vec<(String, Vec<Section>)>,
    origin: Words,
}

fn content(report: &ClarifyReport<'_>) -> Content {
    let mut content = Content {
        kind: KIND,
        headlines: Vec::new(),
        leads: Vec::new(),
        parts: Vec::new(),
        origin: Words::new(),
    };
    if let Some(part) = &report.bias {
        content.headlines.push(bias::headline(part).1);
        content.leads.push(bias::lead_words(part.probity));
        content.parts.push((
            bias::kind(part.probity).to_owned(),
            bias::content_sections(part),
        ));
        content.origin = Words::of(format!("Written by {}. ", part.probity.writer));
        content.kind = bias::kind(part.probity);
    }
    if let Some(part) = &report.explanation {
        content
            .headlines
            .push(explanation::headline(part.probity).1);
        content.leads.push(explanation::lead(part.probity));
        content.parts.push((
            explanation::KIND.to_owned(),
            explanation::sections(part.probity),
        ));
        content.origin = explanation::origin(part.probity);
        content.kind = explanation::KIND;
    }
    match content.parts.as_mut_slice() {
        [(heading, _)] => heading.clear(),
        [] => content.headlines.push("Nothing was asked for".to_owned()),
        _ => content.kind = KIND,
    }
    content
}

/// What `report.pdf` is typeset from.
pub fn typesetting_of(report: &ClarifyReport<'_>) -> Typesetting {
    let content = content(report);
    let front = FrontPage {
        kind: content.kind.to_owned(),
        title: report.title.map(str::to_owned),
        headlines: content.headlines,
        leads: content.leads,
        origin: content.origin,
    };
    typesetting(&front, &content.parts)
}

/// `report.ipynb`.
pub fn notebook_of(report: &ClarifyReport<'_>) -> Notebook {
    let content = content(report);
    let mut loading = LOADING.to_owned();
    if let Some(part) = &report.explanation {
        loading.push_str(&explanation::loading(part.probity));
    }
    let front = NotebookFront {
        kind: content.kind.to_owned(),
        title: report.title.map(str::to_owned),
        headlines: content.headlines,
        leads: content.leads,
        loading,
        origin: content.origin,
    };
    notebook(&front, &content.parts)
}
