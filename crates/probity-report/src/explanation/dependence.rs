//! Partial dependence: what the model gives on average where one feature is set.

use probity_domain::document::explanation_file::{
    AttributionFacts, DependenceCurve, DependenceFacts, DependencePoint, ExplanationFile,
};

use super::words::{ends, interval_kind, interval_text, output_name, python, reported_name};
use crate::article::{Block, Card, Column, Figure, Look, Section, Table, Width, Words, visible};
use crate::chart::{PartialNames, PartialPoint, partial_chart, partial_rows};
use crate::data_quality::{plural, plural_of};
use crate::number;

/// Outputs of one feature that are drawn: those that it moves most.
const MOST_CURVES: usize = 3;
/// Features that are drawn.
const MOST_FEATURES: usize = 40;
/// Categories of a picture, the most frequent first.
const MOST_ROWS: usize = 12;

pub(crate) fn section(file: &ExplanationFile) -> Option<Section> {
    let facts = file.partial_dependence.as_slice();
    if facts.is_empty() {
        return None;
    }
    let output = reported_name(file.attributions.as_ref());
    let mut blocks = vec![Block::Paragraph(introduction(file.attributions.as_ref()))];
    let cards: Vec<Card> = facts
        .iter()
        .take(MOST_FEATURES)
        .flat_map(|facts| cards(facts, output))
        .collect();
    blocks.push(Block::Cards(cards));
    if facts.len() > MOST_FEATURES {
        let more = plural(facts.len() - MOST_FEATURES, "feature");
        blocks.push(Block::Fine(
            Words::of(format!("And {more} more in "))
                .name("analysis.json")
                .text("."),
        ));
    }
    blocks.push(Block::Fine(kinds(facts)));
    Some(Section {
        id: "partial-dependence".to_owned(),
        heading: Words::of("Partial dependence"),
        look: Look::Plain,
        blocks,
    })
}

fn introduction(attributions: Option<&AttributionFacts>) -> Words {
    let output = reported_name(attributions);
    let unlike = attributions
        .map(|facts| output_name(facts.output))
        .filter(|name| *name != output)
        .map_or(String::new(), |name| {
            format!(" This is the output that the model reports (a value, or the probability of a class), not the {name} that is divided above.")
        });
    Words::of(format!(
        "One feature at a time is set to each of the values below, in every row, and the model is asked again: the line is its mean {output}.{unlike} Where few rows lie, the line tells more of the model than of the data."
    ))
}

/// What bands and thin lines are.
fn kinds(facts: &[DependenceFacts]) -> Words {
    let curves = facts.iter().flat_map(|facts| &facts.labels);
    let means = curves.clone().flat_map(|curve| &curve.means);
    let mut text = String::new();
    if let Some(kind) = interval_kind(means.map(|mean| mean.interval.as_ref())) {
        text.push_str(&format!("Bands and bars around the means: {kind}. "));
    }
    if curves.clone().any(|curve| !curve.individual.is_empty()) {
        text.push_str("Thin lines: single rows (individual conditional expectation); where they cross, the feature acts differently in different rows. ");
    }
    Words::of(format!(
        "{text}Grey bars: the share of the rows near each value."
    ))
}

fn cards(facts: &DependenceFacts, output: &str) -> Vec<Card> {
    if let Some(error) = &facts.error {
        return vec![card(
            facts,
            None,
            vec![Block::Paragraph(
                Words::new()
                    .strong("Not computed. ")
                    .append(Words::prose(error)),
            )],
        )];
    }
    let mut curves: Vec<(usize, &DependenceCurve)> = facts.labels.iter().enumerate().collect();
    // Stable: equal ones keep their order.
    curves.sort_by(|a, b| range(b.1).total_cmp(&range(a.1)));
    let hidden = curves.len().saturating_sub(MOST_CURVES);
    curves.truncate(MOST_CURVES);
    // The model's order, the same for every feature.
    curves.sort_by_key(|(at, _)| *at);
    let is_alone = facts.labels.len() == 1;
    let mut cards: Vec<Card> = curves
        .into_iter()
        .map(|(_, curve)| {
            card(
                facts,
                (!is_alone).then_some(curve),
                vec![
                    Block::Paragraph(said(facts, curve, output)),
                    Block::Figure(figure(facts, curve, output)),
                ],
            )
        })
        .collect();
    if hidden > 0
        && let Some(last) = cards.last_mut()
    {
        last.blocks.push(Block::Fine(
            Words::of(format!(
                "{} that it moves less: in ",
                plural(hidden, "output")
            ))
            .name("analysis.json")
            .text("."),
        ));
    }
    cards
}

fn card(facts: &DependenceFacts, of: Option<&DependenceCurve>, blocks: Vec<Block>) -> Card {
    let mut kind = Words::of(format!(
        "{}, {}",
        facts.data_type,
        plural_of(facts.n_rows, "row")
    ));
    if let Some(curve) = of {
        kind = kind.text("; output ").data(&curve.label);
    }
    Card {
        id: None,
        title: Words::new().data(&facts.feature),
        kind,
        width: Width::Half,
        blocks,
    }
}

fn finite(curve: &DependenceCurve) -> impl Iterator<Item = (usize, f64)> + Clone {
    curve
        .means
        .iter()
        .map(|mean| mean.mean)
        .enumerate()
        .filter(|(_, mean)| mean.is_finite())
}

fn range(curve: &DependenceCurve) -> f64 {
    let means = finite(curve).map(|(_, mean)| mean);
    (means.clone().fold(f64::NEG_INFINITY, f64::max) - means.fold(f64::INFINITY, f64::min)).max(0.0)
}

fn said(facts: &DependenceFacts, curve: &DependenceCurve, output: &str) -> Words {
    let lowest = finite(curve).min_by(|a, b| a.1.total_cmp(&b.1));
    let highest = finite(curve).max_by(|a, b| a.1.total_cmp(&b.1));
    let (Some(lowest), Some(highest)) = (lowest, highest) else {
        return Words::of("The model gave no number.");
    };
    if highest.1 - lowest.1 <= 0.0 {
        return Words::of(format!(
            "The mean {output} is {} whatever the value.",
            number::short(lowest.1)
        ));
    }
    let at = |at: usize| facts.points.get(at).map_or(String::new(), place);
    Words::of(format!(
        "The mean {output} is lowest, {}, at ",
        number::short(lowest.1)
    ))
    .data(&at(lowest.0))
    .text(format!(", and highest, {}, at ", number::short(highest.1)))
    .data(&at(highest.0))
    .text(".")
}

fn place(point: &DependencePoint) -> String {
    match (point.number, &point.text) {
        (Some(number), _) => number::short(number),
        (None, Some(text)) => visible(text),
        (None, None) => "missing".to_owned(),
    }
}

fn figure(facts: &DependenceFacts, curve: &DependenceCurve, output: &str) -> Figure {
    let name = visible(&facts.feature);
    let description = format!(
        "{} values; the means lie {} apart.",
        number::count(facts.points.len() as u64),
        number::short(range(curve))
    );
    let names = PartialNames {
        feature: &name,
        output: &format!("mean {output}"),
        description: &description,
    };
    let points = facts.points.iter().zip(&curve.means).map(|(point, mean)| {
        let drawn = PartialPoint {
            x: point.number.unwrap_or(f64::NAN),
            share: point.share,
            mean: mean.mean,
            interval: ends(mean.interval.as_ref()),
        };
        (place(point), drawn)
    });
    let mut points: Vec<(String, PartialPoint)> = points.collect();
    let is_numeric = facts.data_type == "numerical"
        && facts
            .points
            .iter()
            .filter(|point| point.number.is_some())
            .count()
            > 1;
    let picture = if is_numeric {
        let points: Vec<PartialPoint> = points.into_iter().map(|(_, point)| point).collect();
        partial_chart(&points, &curve.individual, &names)
    } else {
        points.sort_by(|a, b| b.1.share.total_cmp(&a.1.share));
        points.truncate(MOST_ROWS);
        partial_rows(&points, &names)
    };
    let note = if !is_numeric && facts.points.len() > MOST_ROWS {
        format!(
            "the {MOST_ROWS} most frequent of {}",
            number::count(facts.points.len() as u64)
        )
    } else if is_numeric && !curve.individual.is_empty() {
        format!("thin: {}", plural(curve.individual.len(), "single row"))
    } else {
        String::new()
    };
    Figure {
        caption: Words::of(format!("Mean {output} by value")),
        note,
        picture,
        table: Some(table(facts, curve, output)),
        code: Some(format!(
            "part = next(part for part in analysis[\"explanations\"][\"pdp\"] if part[\"feature_name\"] == {})\npd.DataFrame(part[\"model_predictions\"], columns=part[\"feature_values\"], index=part[\"label_headers\"]).T",
            python(&facts.feature)
        )),
    }
}

fn table(facts: &DependenceFacts, curve: &DependenceCurve, output: &str) -> Table {
    let rows = facts.points.iter().zip(&curve.means).map(|(point, mean)| {
        vec![
            Words::new().data(&place(point)),
            Words::of(number::percent(point.share)),
            Words::of(number::short(mean.mean)),
            Words::of(interval_text(mean.interval.as_ref())),
        ]
    });
    Table {
        caption: format!("Partial dependence on {}", visible(&facts.feature)),
        head: vec![
            Column::text("Value"),
            Column::number("Rows"),
            Column::number(format!("Mean {output}")),
            Column::number("Interval"),
        ],
        rows: rows.collect(),
        code: None,
    }
}
