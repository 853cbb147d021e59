//! Single rows: from the mean output to the row's own, feature by feature.

use std::collections::BTreeSet;

use probity_domain::document::explanation_file::{
    AttributionFacts, RowAttribution, RowAttributions,
};

use super::words::{output_name, python, shows_values, signed, size, start_name, start_place};
use crate::article::{Block, Card, Column, Figure, Look, Section, Table, Width, Words, visible};
use crate::chart::{Waterfall, WaterfallStep, waterfall_chart};
use crate::data_quality::plural;
use crate::number;

/// Steps of a picture; the others are one step together.
const MOST_STEPS: usize = 12;
/// Steps of a row that shares its page with what stands above it.
const MOST_STEPS_BELOW: usize = 6;
/// Features in the table beside it, and in the folded one.
const MOST_LISTED: usize = 200;
/// Outputs of a row with a picture of their own, the highest first.
const MOST_OUTPUTS: usize = 3;
/// Rows on a page.
const MOST_ROWS: usize = 50;

pub(crate) fn section(facts: &AttributionFacts) -> Option<Section> {
    let mut numbers: Vec<u64> = Vec::new();
    for row in &facts.rows {
        if !numbers.contains(&row.row) {
            numbers.push(row.row);
        }
    }
    if numbers.is_empty() {
        return None;
    }
    let cards: Vec<Card> = numbers
        .iter()
        .take(MOST_ROWS)
        .flat_map(|number| {
            row_cards(
                facts,
                facts.rows.iter().filter(|row| row.row == *number).collect(),
            )
        })
        .collect();
    let mut blocks = vec![Block::Paragraph(introduction(facts)), Block::Cards(cards)];
    if numbers.len() > MOST_ROWS {
        let more = plural(numbers.len() - MOST_ROWS, "row");
        blocks.push(Block::Fine(
            Words::of(format!("And {more} more in "))
                .name("probity.json")
                .text("."),
        ));
    }
    Some(Section {
        id: "rows".to_owned(),
        heading: Words::of(if numbers.len() == 1 {
            "One row"
        } else {
            "Row by row"
        }),
        look: Look::Plain,
        blocks,
    })
}

fn introduction(facts: &AttributionFacts) -> Words {
    let output = output_name(facts.output);
    let from = if facts.chosen_features {
        format!(
            "From the row’s {output} while its chosen features are unknown, with its own values in every other column, to that with all its values"
        )
    } else {
        format!(
            "From the mean {output} {} to that of the row",
            start_place(facts)
        )
    };
    Words::of(format!(
        "{from}: each step is what the row’s value of one feature adds or takes away. Rows are counted from 0, in the order of the data."
    ))
}

/// A feature of a row, and what the row has there.
#[derive(Clone, Copy, Debug)]
struct Step<'a> {
    of: &'a RowAttribution,
    value: Value<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Text(&'a str),
    /// Columns with their values.
    Group(&'a str),
    Missing,
    /// Not to be shown.
    Hidden,
}

/// The largest first.
fn steps_of<'a>(facts: &AttributionFacts, row: &'a RowAttributions) -> Vec<Step<'a>> {
    let label = facts.labels.iter().find(|label| label.label == row.label);
    let hidden: BTreeSet<&str> = label
        .into_iter()
        .flat_map(|label| &label.features)
        .filter(|feature| !feature.sample.is_empty() && !shows_values(&feature.sample))
        .map(|feature| feature.feature.as_str())
        .collect();
    let mut steps: Vec<Step<'_>> = row
        .features
        .iter()
        .map(|of| Step {
            of,
            value: match (&of.value, hidden.contains(of.feature.as_str())) {
                (Some(value), true) => Value::Group(value),
                (Some(value), false) => Value::Text(value),
                (None, true) => Value::Hidden,
                (None, false) => Value::Missing,
            },
        })
        .collect();
    steps.sort_by(|a, b| size(b.of.attribution).total_cmp(&size(a.of.attribution)));
    steps
}

fn row_cards(facts: &AttributionFacts, mut outputs: Vec<&RowAttributions>) -> Vec<Card> {
    // Stable: equal ones keep their order.
    outputs.sort_by(|a, b| b.output.total_cmp(&a.output));
    let n_outputs = outputs.len();
    let mut cards: Vec<Card> = outputs
        .iter()
        .take(MOST_OUTPUTS)
        .map(|row| card(facts, row, n_outputs))
        .collect();
    let n_steps = outputs.first().map_or(0, |row| row.features.len());
    if let Some(first) = cards.first_mut()
        && n_steps > MOST_STEPS_BELOW
    {
        first.width = Width::Page;
    }
    if let Some(last) = cards.last_mut()
        && outputs.len() > MOST_OUTPUTS
    {
        last.blocks.push(Block::Table(rest(facts, &outputs)));
    }
    cards
}

fn card(facts: &AttributionFacts, row: &RowAttributions, n_outputs: usize) -> Card {
    let sorted = steps_of(facts, row);
    let mut kind = Words::of(format!(
        "{} {}",
        output_name(facts.output),
        number::short(row.output)
    ));
    if n_outputs > 1 {
        kind = Words::of("output ")
            .data(&row.label)
            .text(": ")
            .append(kind);
    }
    let mut blocks = vec![
        Block::Figure(figure(facts, row, &sorted)),
        Block::Paragraph(said(facts, row, &sorted)),
    ];
    blocks.extend(tables(row, &sorted));
    Card {
        id: None,
        title: Words::of(format!("Row {}", number::count(row.row))),
        kind,
        width: Width::Full,
        blocks,
    }
}

fn label_of(step: &Step<'_>) -> String {
    let name = visible(&step.of.feature);
    match step.value {
        Value::Text(value) => format!("{name} = {}", visible(value)),
        Value::Group(value) => format!("{name}: {}", visible(value)),
        Value::Missing => format!("{name} missing"),
        Value::Hidden => name,
    }
}

/// The same within the room of a picture: of a long name its start, so that the value stays.
fn short_label_of(step: &Step<'_>) -> String {
    const ROOM: usize = 25;
    const SHORTEST_NAME: usize = 9;
    let name = visible(&step.of.feature);
    let Value::Text(value) = step.value else {
        return label_of(step);
    };
    let value = visible(value);
    let room = ROOM
        .saturating_sub(value.chars().count() + 3)
        .max(SHORTEST_NAME);
    if name.chars().count() <= room {
        return format!("{name} = {value}");
    }
    let start: String = name.chars().take(room - 1).collect();
    format!("{start}… = {value}")
}

fn figure(facts: &AttributionFacts, row: &RowAttributions, sorted: &[Step<'_>]) -> Figure {
    // One that would be alone in the rest has its own step.
    let shown = if sorted.len() == MOST_STEPS + 1 {
        sorted.len()
    } else {
        sorted.len().min(MOST_STEPS)
    };
    let mut steps: Vec<WaterfallStep> = sorted
        .iter()
        .take(shown)
        .map(|step| WaterfallStep {
            label: short_label_of(step),
            change: step.of.attribution,
            standard_error: step.of.standard_error,
        })
        .collect();
    if sorted.len() > shown {
        steps.push(WaterfallStep {
            label: plural(sorted.len() - shown, "other feature"),
            change: sorted
                .iter()
                .skip(shown)
                .map(|step| step.of.attribution)
                .sum(),
            standard_error: None,
        });
    }
    let described: Vec<String> = steps
        .iter()
        .map(|step| format!("{}: {}", step.label, signed(step.change)))
        .collect();
    let output = output_name(facts.output);
    let start_name = start_name(facts);
    let end_name = format!("{output} of this row");
    let fall = Waterfall {
        start_name: &start_name,
        end_name: &end_name,
        start: row.expected_value,
        steps,
        end: row.output,
    };
    let title = format!("Waterfall of row {}", number::count(row.row));
    let description = format!(
        "From {} to {}. {}.",
        number::short(row.expected_value),
        number::short(row.output),
        described.join("; ")
    );
    Figure {
        caption: Words::of(format!("From {start_name} to this row’s {output}")),
        note: if sorted.iter().any(|step| step.of.standard_error.is_some()) {
            "whiskers: ± 1 standard error".to_owned()
        } else {
            String::new()
        },
        picture: waterfall_chart(&fall, &title, &description),
        table: None,
        code: Some(format!(
            "label = {}\nlocal.iloc[{}].filter(regex=\"_\" + re.escape(label) + \"$\").sort_values(key=abs, ascending=False) if local is not None else None",
            python(&row.label),
            row.row
        )),
    }
}

fn said(facts: &AttributionFacts, row: &RowAttributions, sorted: &[Step<'_>]) -> Words {
    let output = output_name(facts.output);
    let change = row.output - row.expected_value;
    let direction = if change > 0.0 { "above" } else { "below" };
    let mut words = Words::of(format!("The {output} is "))
        .strong(number::short(row.output))
        .text(format!(
            ", {} {direction} {} {}. ",
            number::short(change.abs()),
            if facts.chosen_features {
                "what it is while the chosen features are unknown,"
            } else {
                "the mean of"
            },
            number::short(row.expected_value)
        ));
    let of_sign = |is_up: bool| {
        sorted.iter().find(|feature| {
            if is_up {
                feature.of.attribution > 0.0
            } else {
                feature.of.attribution < 0.0
            }
        })
    };
    if let Some(up) = of_sign(true) {
        words = words
            .text("Most upwards: ")
            .data(&label_of(up))
            .text(format!(" ({}). ", signed(up.of.attribution)));
    }
    if let Some(down) = of_sign(false) {
        words = words
            .text("Most downwards: ")
            .data(&label_of(down))
            .text(format!(" ({}).", signed(down.of.attribution)));
    }
    words
}

fn tables(row: &RowAttributions, sorted: &[Step<'_>]) -> Vec<Block> {
    let listed = &sorted[..sorted.len().min(MOST_LISTED)];
    let (first, rest) = listed.split_at(listed.len().min(MOST_STEPS));
    let mut blocks = vec![Block::Table(table(row, first))];
    if !rest.is_empty() {
        let mut folded = vec![Block::Table(table(row, rest))];
        if sorted.len() > MOST_LISTED {
            let more = plural(sorted.len() - MOST_LISTED, "feature");
            folded.push(Block::Fine(
                Words::of(format!("And {more} more in "))
                    .name("explanations_shap/out.csv")
                    .text("."),
            ));
        }
        blocks.push(Block::Fold {
            summary: format!("{} more", plural(rest.len(), "feature")),
            blocks: folded,
        });
    }
    blocks
}

fn table(row: &RowAttributions, features: &[Step<'_>]) -> Table {
    let has_errors = row
        .features
        .iter()
        .any(|feature| feature.standard_error.is_some());
    let mut head = vec![
        Column::text("Feature"),
        Column::text("Value in the row"),
        Column::number("SHAP value"),
    ];
    if has_errors {
        head.push(Column::number("Standard error"));
    }
    let cells = features.iter().map(|step| {
        let feature = step.of;
        let value = match step.value {
            Value::Text(value) | Value::Group(value) => Words::new().data(value),
            Value::Missing => Words::of("missing"),
            Value::Hidden => Words::of("not shown"),
        };
        let mut cells = vec![
            Words::new().data(&feature.feature),
            value,
            Words::of(signed(feature.attribution)),
        ];
        if has_errors {
            cells.push(Words::of(
                feature
                    .standard_error
                    .map_or("exact".to_owned(), number::short),
            ));
        }
        cells
    });
    Table {
        caption: format!(
            "Attributions of row {} for {}",
            number::count(row.row),
            visible(&row.label)
        ),
        head,
        rows: cells.collect(),
        code: None,
    }
}

/// The outputs without a picture.
fn rest(facts: &AttributionFacts, outputs: &[&RowAttributions]) -> Table {
    let rows = outputs.iter().skip(MOST_OUTPUTS).map(|row| {
        vec![
            Words::new().data(&row.label),
            Words::of(number::short(row.output)),
            Words::of(number::short(row.expected_value)),
        ]
    });
    Table {
        caption: "Other outputs of the row".to_owned(),
        head: vec![
            Column::text("Other output"),
            Column::number("Of this row"),
            Column::number(if facts.chosen_features {
                "Chosen features unknown".to_owned()
            } else {
                format!("Mean {}", start_place(facts))
            }),
        ],
        rows: rows.collect(),
        code: None,
    }
}
