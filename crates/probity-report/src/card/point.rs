//! Points of a framework that a card can answer: by fields of its schema, by custom details with
//! known keys where the schema has no field, and by what the server knows.
//!
//! The keys are listed in `docs/model-cards-templates.md`.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::ModelCard;

use super::field::{Field, Need, not_stated};
use crate::article::{Block, Column, Look, Section, Table, Tone, Words};
use crate::data_quality::plural;
use crate::number;

#[derive(Debug)]
pub(super) struct Point {
    /// `2(g)`, `MEASURE 2.11`.
    pub(super) number: &'static str,
    pub(super) heading: &'static str,
    fields: Vec<Field>,
    customs: Vec<Custom>,
    /// What the server knows, beside what the card says.
    known: Vec<Block>,
    /// Where something can be filled in that is no field: `Bind an evaluation`.
    advice: Option<&'static str>,
}

/// A custom detail that answers a point.
#[derive(Clone, Copy, Debug)]
struct Custom {
    key: &'static str,
    label: &'static str,
    need: Need,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Missing,
    Partly,
    Stated,
}

impl Point {
    pub(super) fn new(number: &'static str, heading: &'static str) -> Point {
        Point {
            number,
            heading,
            fields: Vec::new(),
            customs: Vec::new(),
            known: Vec::new(),
            advice: None,
        }
    }

    pub(super) fn fields(mut self, fields: &[Field]) -> Point {
        self.fields.extend(fields);
        self
    }

    /// A custom detail by its key, and the words for it. It answers the point, and so does
    /// anything else.
    pub(super) fn custom(mut self, key: &'static str, label: &'static str) -> Point {
        self.customs.push(Custom {
            key,
            label,
            need: Need::Optional,
        });
        self
    }

    /// A custom detail without which the point is answered in part only.
    pub(super) fn expected(mut self, key: &'static str, label: &'static str) -> Point {
        self.customs.push(Custom {
            key,
            label,
            need: Need::Expected,
        });
        self
    }

    pub(super) fn known(mut self, blocks: impl IntoIterator<Item = Block>) -> Point {
        self.known.extend(blocks);
        self
    }

    pub(super) fn advice(mut self, advice: &'static str) -> Point {
        self.advice = Some(advice);
        self
    }

    pub(super) fn answer(&self, card: &ModelCard) -> Answer {
        let says = |field: &Field| (field.read)(card).is_some();
        let has = |detail: &Custom| custom(card, detail.key).is_some();
        if !self.fields.iter().any(says) && !self.customs.iter().any(has) && self.known.is_empty() {
            return Answer::Missing;
        }
        if self.lacking(card).is_empty() {
            Answer::Stated
        } else {
            Answer::Partly
        }
    }

    /// Where the content could say more: what is expected, or all of it where nothing is said.
    fn lacking(&self, card: &ModelCard) -> Vec<String> {
        self.unsaid(card, |need| need == Need::Expected)
    }

    fn unsaid(&self, card: &ModelCard, counts: fn(Need) -> bool) -> Vec<String> {
        let fields = self.fields.iter();
        let fields = fields
            .filter(|field| counts(field.need) && (field.read)(card).is_none())
            .map(|field| field.path.to_owned());
        let customs = self.customs.iter();
        let customs = customs
            .filter(|detail| counts(detail.need) && custom(card, detail.key).is_none())
            .map(|detail| format!("custom_details.{}", detail.key));
        fields.chain(customs).collect()
    }

    /// What to fill in.
    fn remedy(&self, card: &ModelCard) -> Words {
        let paths = match self.answer(card) {
            Answer::Missing => self.unsaid(card, |_| true),
            Answer::Partly | Answer::Stated => self.lacking(card),
        };
        let mut words = Words::new();
        for path in paths {
            if !words.is_empty() {
                words = words.line_break();
            }
            words = words.whole_name(&path);
        }
        match self.advice {
            Some(advice) if words.is_empty() => Words::of(advice),
            Some(advice) => words.line_break().text(advice),
            None => words,
        }
    }

    fn blocks(self, card: &ModelCard) -> Vec<Block> {
        let is_missing = self.answer(card) == Answer::Missing;
        let mut terms: Vec<(String, Words)> = self
            .fields
            .iter()
            .filter_map(|field| match (field.read)(card) {
                Some(words) => Some((field.label.to_owned(), words)),
                None if field.need == Need::Expected && !is_missing => {
                    Some((field.label.to_owned(), not_stated()))
                }
                None => None,
            })
            .collect();
        terms.extend(self.customs.iter().filter_map(|detail| {
            let label = detail.label.to_owned();
            match custom(card, detail.key) {
                Some(words) => Some((label, words)),
                None if detail.need == Need::Expected => Some((label, not_stated())),
                None => None,
            }
        }));
        if is_missing {
            let gap = Words::new()
                .badge(Tone::Warning, "▲ Gap")
                .text(" ")
                .append(not_stated());
            return vec![Block::Paragraph(gap)];
        }
        let mut blocks = Vec::new();
        if !terms.is_empty() {
            blocks.push(Block::Terms(terms));
        }
        blocks.extend(self.known);
        blocks
    }
}

/// A custom detail; keys are told apart by letters and digits only.
pub(super) fn custom_text<'a>(card: &'a ModelCard, key: &str) -> Option<&'a str> {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|character| character.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(key);
    card.additional
        .custom
        .iter()
        .find(|(name, value)| plain(name) == wanted && !value.trim().is_empty())
        .map(|(_, value)| value.as_str())
}

pub(super) fn custom(card: &ModelCard, key: &str) -> Option<Words> {
    custom_text(card, key).map(|text| Words::new().whole(text))
}

/// What is missing, with a count, before anything else.
pub(super) fn gaps(card: &ModelCard, points: &[&Point]) -> Section {
    let count = |answer: Answer| {
        points
            .iter()
            .filter(|point| point.answer(card) == answer)
            .count()
    };
    let (missing, partly) = (count(Answer::Missing), count(Answer::Partly));
    let said = if missing + partly == 0 {
        format!(
            "All {} have something in the card.",
            plural(points.len(), "point")
        )
    } else {
        format!(
            "Of {}, {} stated, {} stated in part, and {} nothing in the card.",
            plural(points.len(), "point"),
            are(points.len() - missing - partly),
            are(partly),
            have(missing),
        )
    };
    let mut blocks = vec![
        Block::Paragraph(Words::of(said)),
        Block::Fine(Words::of(
            "Whether what is stated is enough is for a person to judge. Nothing here is legal advice.",
        )),
    ];
    let rows: Vec<Vec<Words>> = points
        .iter()
        .filter(|point| point.answer(card) != Answer::Stated)
        .map(|point| row(card, point))
        .collect();
    if !rows.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "Gaps".to_owned(),
            head: vec![
                Column::text("Point"),
                Column::text("State"),
                Column::text("What it asks for"),
                Column::text("Fill in"),
            ],
            rows,
            code: None,
        }));
    }
    Section {
        id: "gaps".to_owned(),
        heading: Words::of("Gaps"),
        look: Look::Plain,
        blocks,
    }
}

fn row(card: &ModelCard, point: &Point) -> Vec<Words> {
    let (tone, text) = match point.answer(card) {
        Answer::Missing => (Tone::Warning, "▲ Gap"),
        Answer::Partly => (Tone::Neutral, "◐ In part"),
        Answer::Stated => (Tone::Good, "✓ Stated"),
    };
    vec![
        Words::of(point.number),
        Words::new().badge(tone, text),
        Words::of(point.heading),
        point.remedy(card),
    ]
}

fn are(n: usize) -> String {
    format!(
        "{} {}",
        number::count(n as u64),
        if n == 1 { "is" } else { "are" }
    )
}

fn have(n: usize) -> String {
    format!(
        "{} {}",
        number::count(n as u64),
        if n == 1 { "has" } else { "have" }
    )
}

/// A chapter of points, each below its number.
pub(super) fn chapter(
    dossier: &CardDossier,
    (id, heading): (&str, &str),
    points: Vec<Point>,
) -> Section {
    let mut blocks = Vec::new();
    for point in points {
        blocks.push(Block::Sub(Words::of(format!(
            "{}  {}",
            point.number, point.heading
        ))));
        blocks.extend(point.blocks(&dossier.card));
    }
    Section {
        id: id.to_owned(),
        heading: Words::of(heading),
        look: Look::Plain,
        blocks,
    }
}
