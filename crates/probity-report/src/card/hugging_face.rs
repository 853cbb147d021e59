//! A card as Hugging Face keeps it: YAML that the hub reads, then the sections of its template.
//!
//! Source: huggingface_hub 0.34, `templates/modelcard_template.md`, and the hub's "Model cards"
//! and "Evaluation results" pages. YAML scalars are written as JSON strings, which YAML 1.2
//! takes as they are.

use std::fmt::Write as _;

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::{Evaluation, MetricValue, ModelCard};

use super::content::training_tables;
use super::field::{
    ALGORITHM, ARTIFACTS, BUSINESS_PROBLEM, CAVEATS, CREATOR, DESCRIPTION, ETHICS, FACTORS, Field,
    IMAGES, OBJECTIVE, OBSERVATIONS, OWNER, PROBLEM, PURPOSE, RATING, RISK, STAKEHOLDERS,
    TRAINING_DATA, TRAINING_IMAGES, TRAINING_JOB, USES,
};
use super::point::custom;
use super::{cover, evaluation, standing};
use crate::article::{Block, Words, escaped_markdown, sections_markdown, words_markdown};

/// What the hub's own template says where nothing is known.
const MISSING: &str = "[More Information Needed]";

pub fn hugging_face(dossier: &CardDossier) -> String {
    let mut out = front_matter(dossier);
    let mut page = Page {
        card: &dossier.card,
        out: String::new(),
    };
    let _ = writeln!(
        page.out,
        "\n# Model Card for {}\n",
        escaped_markdown(&dossier.name)
    );
    page.field(DESCRIPTION);
    page.details(dossier);
    page.uses();
    page.risks();
    page.training();
    page.heading(2, "Evaluation");
    page.evaluations(dossier);
    page.rest();
    out.push_str(&page.out);
    out
}

struct Page<'a> {
    card: &'a ModelCard,
    out: String,
}

impl Page<'_> {
    fn heading(&mut self, level: usize, text: &str) {
        let _ = writeln!(self.out, "{} {text}\n", "#".repeat(level));
    }

    fn field(&mut self, field: Field) {
        let text =
            (field.read)(self.card).map_or(MISSING.to_owned(), |words| words_markdown(&words));
        let _ = writeln!(self.out, "{text}\n");
    }

    fn item(&mut self, label: &str, words: Option<Words>) {
        let text = words.map_or(MISSING.to_owned(), |words| words_markdown(&words));
        let _ = writeln!(self.out, "- **{label}:** {text}");
    }

    fn known(&mut self, label: &str, field: Field) {
        self.item(label, (field.read)(self.card));
    }

    fn custom(&mut self, heading: &str, key: &str) {
        self.heading(2, heading);
        let text =
            custom(self.card, key).map_or(MISSING.to_owned(), |words| words_markdown(&words));
        let _ = writeln!(self.out, "{text}\n");
    }

    fn details(&mut self, dossier: &CardDossier) {
        self.heading(2, "Model Details");
        self.heading(3, "Model Description");
        self.known("Developed by", CREATOR);
        self.known("Shared by", OWNER);
        self.known("Model type", ALGORITHM);
        self.known("Task", PROBLEM);
        self.item("License", custom(self.card, "license"));
        self.item("Finetuned from model", custom(self.card, "base_model"));
        self.out.push('\n');
        self.heading(3, "Model Sources");
        self.known("Artifacts", ARTIFACTS);
        self.item(
            "Card",
            Some(
                Words::of(format!(
                    "{}, {}, SHA-256 ",
                    cover::version(dossier),
                    dossier.status.as_str()
                ))
                .whole_name(&dossier.sha256),
            ),
        );
        self.item("Evidence", Some(standing::evidence(dossier)));
        self.out.push('\n');
    }

    fn uses(&mut self) {
        self.heading(2, "Uses");
        self.field(PURPOSE);
        self.heading(3, "Direct Use");
        self.field(USES);
        self.heading(3, "Downstream Use");
        self.field(BUSINESS_PROBLEM);
        self.heading(3, "Out-of-Scope Use");
        let words = custom(self.card, "out_of_scope_use");
        let text = words.map_or(MISSING.to_owned(), |words| words_markdown(&words));
        let _ = writeln!(self.out, "{text}\n");
    }

    fn risks(&mut self) {
        self.heading(2, "Bias, Risks, and Limitations");
        self.known("Risk rating", RATING);
        self.known("Why", RISK);
        self.known("Factors that affect the model", FACTORS);
        self.known("Ethical considerations", ETHICS);
        self.known("Who is affected", STAKEHOLDERS);
        self.out.push('\n');
        self.heading(3, "Recommendations");
        self.field(CAVEATS);
    }

    fn training(&mut self) {
        self.heading(2, "Training Details");
        self.heading(3, "Training Data");
        self.field(TRAINING_DATA);
        self.heading(3, "Training Procedure");
        self.known("Objective", OBJECTIVE);
        self.known("Training job", TRAINING_JOB);
        self.known("Observations", OBSERVATIONS);
        self.out.push('\n');
        self.blocks(
            "Training Hyperparameters and Metrics",
            training_tables(self.card),
        );
    }

    /// A heading with blocks below it; nothing where there are none.
    fn blocks(&mut self, heading: &str, blocks: Vec<Block>) {
        if blocks.is_empty() {
            return;
        }
        let section = crate::article::Section {
            id: String::new(),
            heading: Words::of(heading),
            look: crate::article::Look::Plain,
            blocks,
        };
        self.out.push_str(&sections_markdown(&[section], 4));
    }

    fn evaluations(&mut self, dossier: &CardDossier) {
        self.out
            .push_str(&sections_markdown(&evaluation::sections(dossier), 3));
    }

    fn rest(&mut self) {
        self.custom("Environmental Impact", "environmental_impact");
        self.heading(2, "Technical Specifications");
        self.known("Runs in", IMAGES);
        self.known("Trained in", TRAINING_IMAGES);
        self.out.push('\n');
        self.custom("Citation", "citation");
        self.heading(2, "Model Card Authors");
        self.field(CREATOR);
        self.heading(2, "Model Card Contact");
        self.field(OWNER);
    }
}

fn scalar(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|character| match character {
            // Line ends of YAML 1.1, and what neither version takes.
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => ' ',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect();
    serde_json::Value::from(line).to_string()
}

fn front_matter(dossier: &CardDossier) -> String {
    let card = &dossier.card;
    let mut out = String::from("---\n");
    for key in ["license", "library_name", "base_model", "pipeline_tag"] {
        if let Some(value) = custom_text(card, key) {
            let _ = writeln!(out, "{key}: {}", scalar(value));
        }
    }
    for key in ["language", "datasets"] {
        list(&mut out, key, &split(custom_text(card, key)));
    }
    let mut tags: Vec<String> = split(custom_text(card, "tags"));
    tags.extend(
        dossier
            .tags
            .iter()
            .map(|(key, value)| match value.as_str() {
                "" => key.clone(),
                value => format!("{key}:{value}"),
            }),
    );
    if let Some(rating) = card.intended_uses.risk_rating {
        tags.push(format!("risk:{}", rating.as_str().to_lowercase()));
    }
    list(&mut out, "tags", &tags);
    let results: String = card
        .evaluations
        .iter()
        .map(|evaluation| result(card, evaluation))
        .collect();
    if !results.is_empty() {
        let _ = write!(
            out,
            "model-index:\n- name: {}\n  results:\n{results}",
            scalar(&dossier.name)
        );
    }
    out.push_str("---\n");
    out
}

fn custom_text<'a>(card: &'a ModelCard, key: &str) -> Option<&'a str> {
    super::point::custom_text(card, key)
}

fn split(text: Option<&str>) -> Vec<String> {
    let parts = text.unwrap_or_default().split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn list(out: &mut String, key: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{key}:");
    for item in items {
        let _ = writeln!(out, "- {}", scalar(item));
    }
}

/// One evaluation with its single numbers, as the hub's leaderboards read them.
fn result(card: &ModelCard, evaluation: &Evaluation) -> String {
    let mut metrics = String::new();
    for group in &evaluation.groups {
        for metric in &group.metrics {
            let MetricValue::Number(value) = metric.value else {
                continue;
            };
            if !value.is_finite() {
                continue;
            }
            let _ = writeln!(
                metrics,
                "    - type: {}\n      value: {value}\n      name: {}",
                scalar(&slug(&metric.name)),
                scalar(&format!("{}: {}", group.name, metric.name))
            );
        }
    }
    if metrics.is_empty() {
        return String::new();
    }
    let task = card
        .overview
        .problem_type
        .as_deref()
        .map_or("other".to_owned(), slug);
    let dataset = evaluation
        .datasets
        .first()
        .map_or("not stated", String::as_str);
    format!(
        "  - task:\n      type: {}\n    dataset:\n      type: {}\n      name: {}\n    metrics:\n{metrics}",
        scalar(&task),
        scalar(&slug(&evaluation.name)),
        scalar(dataset)
    )
}

fn slug(text: &str) -> String {
    let mut out = String::new();
    for character in text.to_lowercase().chars() {
        if character.is_alphanumeric() {
            out.push(character);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_stays_on_its_line() {
        assert_eq!(scalar("a\nb: \"c\"\u{2028}"), "\"a b: \\\"c\\\" \"");
    }

    #[test]
    fn slugs_are_of_letters_and_digits() {
        assert_eq!(
            slug("Binary Classification (v2)"),
            "binary-classification-v2"
        );
    }
}
