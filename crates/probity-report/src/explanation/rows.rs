//! Single rows: from the mean output to the row's own, feature by feature.

use probity_domain::document::explanation_file::{
    AttributionFacts, RowAttribution, RowAttributions,
};

use super::words::{output_name, python, signed, size};
use crate::article::{Block, Card, Column, Figure, Look, Section, Table, Width, Words, visible};
use crate::chart::{Waterfall, WaterfallStep, waterfall_chart};
use crate::data_quality::plural;
use crate::number;

/// Steps of a picture; the others are one step together.
const MOST_STEPS: usize = 12;
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
    let mut blocks = vec![
        Block::Paragraph(Words::of(format!(
            "From the mean {} on the baseline to that of the row: each step is what the row’s value of one feature adds or takes away. Rows are counted from 0, in the order of the data.",
            output_name(facts.output)
        ))),
        Block::Cards(cards),
    ];
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

fn row_cards(facts: &AttributionFacts, mut outputs: Vec<&RowAttributions>) -> Vec<Card> {
    // Stable: equal ones keep their order.
    outputs.sort_by(|a, b| b.output.total_cmp(&a.output));
    let n_outputs = outputs.len();
    let mut cards: Vec<Card> = outputs
        .iter()
        .take(MOST_OUTPUTS)
        .map(|row| card(facts, row, n_outputs))
        .collect();
    if let Some(first) = cards.first_mut() {
        first.width = Width::Page;
    }
    if let Some(last) = cards.last_mut()
        && outputs.len() > MOST_OUTPUTS
    {
        last.blocks.push(Block::Table(rest(&outputs)));
    }
    cards
}

fn card(facts: &AttributionFacts, row: &RowAttributions, n_outputs: usize) -> Card {
    let mut sorted: Vec<&RowAttribution> = row.features.iter().collect();
    sorted.sort_by(|a, b| size(b.attribution).total_cmp(&size(a.attribution)));
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

fn label_of(feature: &RowAttribution) -> String {
    match &feature.value {
        Some(value) => format!("{} = {}", visible(&feature.feature), visible(value)),
        None => format!("{} missing", visible(&feature.feature)),
    }
}

/// The same within the room of a picture: of a long name its start, so that the value stays.
fn short_label_of(feature: &RowAttribution) -> String {
    const ROOM: usize = 25;
    const SHORTEST_NAME: usize = 9;
    let name = visible(&feature.feature);
    let Some(value) = feature.value.as_ref().map(|value| visible(value)) else {
        return format!("{name} missing");
    };
    let room = ROOM
        .saturating_sub(value.chars().count() + 3)
        .max(SHORTEST_NAME);
    if name.chars().count() <= room {
        return format!("{name} = {value}");
    }
    let start: String = name.chars().take(room - 1).collect();
    format!("{start}… = {value}")
}

fn figure(facts: &AttributionFacts, row: &RowAttributions, sorted: &[&RowAttribution]) -> Figure {
    // One that would be alone in the rest has its own step.
    let shown = if sorted.len() == MOST_STEPS + 1 {
        sorted.len()
    } else {
        sorted.len().min(MOST_STEPS)
    };
    let mut steps: Vec<WaterfallStep> = sorted
        .iter()
        .take(shown)
        .map(|feature| WaterfallStep {
            label: short_label_of(feature),
            change: feature.attribution,
            standard_error: feature.standard_error,
        })
        .collect();
    if sorted.len() > shown {
        steps.push(WaterfallStep {
            label: plural(sorted.len() - shown, "other feature"),
            change: sorted
                .iter()
                .skip(shown)
                .map(|feature| feature.attribution)
                .sum(),
            standard_error: None,
        });
    }
    let described: Vec<String> = steps
        .iter()
        .map(|step| format!("{}: {}", step.label, signed(step.change)))
        .collect();
    let fall = Waterfall {
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
        caption: Words::of(format!(
            "From the mean {} to this row’s",
            output_name(facts.output)
        )),
        note: if sorted
            .iter()
            .any(|feature| feature.standard_error.is_some())
        {
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

fn said(facts: &AttributionFacts, row: &RowAttributions, sorted: &[&RowAttribution]) -> Words {
    let output = output_name(facts.output);
    let change = row.output - row.expected_value;
    let direction = if change > 0.0 { "above" } else { "below" };
    let mut words = Words::of(format!("The {output} is "))
        .strong(number::short(row.output))
        .text(format!(
            ", {} {direction} the mean of {}. ",
            number::short(change.abs()),
            number::short(row.expected_value)
        ));
    let of_sign = |is_up: bool| {
        sorted.iter().find(|feature| {
            if is_up {
                feature.attribution > 0.0
            } else {
                feature.attribution < 0.0
            }
        })
    };
    if let Some(up) = of_sign(true) {
        words = words
            .text("Most upwards: ")
            .data(&label_of(up))
            .text(format!(" ({}). ", signed(up.attribution)));
    }
    if let Some(down) = of_sign(false) {
        words = words
            .text("Most downwards: ")
            .data(&label_of(down))
            .text(format!(" ({}).", signed(down.attribution)));
    }
    words
}

fn tables(row: &RowAttributions, sorted: &[&RowAttribution]) -> Vec<Block> {
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

fn table(row: &RowAttributions, features: &[&RowAttribution]) -> Table {
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
    let cells = features.iter().map(|feature| {
        let value = feature
            .value
            .as_ref()
            .map_or(Words::of("missing"), |value| Words::new().data(value));
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
fn rest(outputs: &[&RowAttributions]) -> Table {
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
            Column::number("Mean on the baseline"),
        ],
        rows: rows.collect(),
        code: None,
    }
}
