//! Whether the ranking of the features moved since the baseline.

use probity_domain::document::explanation_file::{AttributionDriftFacts, RankFacts};

use super::words::interval_text;
use crate::article::{Block, Card, Column, Figure, Look, Section, Table, Width, Words, visible};
use crate::chart::{SlopeLine, slope_chart};
use crate::data_quality::plural;
use crate::number;

/// Ranks of the picture.
const LAST_RANK: u64 = 10;
/// Outputs with a card of their own.
const MOST_CARDS: usize = 20;
/// Rows of a table.
const MOST_LISTED: usize = 200;

pub(crate) fn section(drift: &[AttributionDriftFacts]) -> Option<Section> {
    if drift.is_empty() {
        return None;
    }
    let cards = drift.iter().take(MOST_CARDS).map(card).collect();
    let mut blocks = vec![Block::Cards(cards)];
    if drift.len() > MOST_CARDS {
        let more = plural(drift.len() - MOST_CARDS, "output");
        blocks.push(Block::Fine(
            Words::of(format!("And {more} more in "))
                .name("probity.json")
                .text("."),
        ));
    }
    Some(Section {
        id: "drift".to_owned(),
        heading: Words::of("Did the ranking move?"),
        look: Look::Plain,
        blocks,
    })
}

fn card(facts: &AttributionDriftFacts) -> Card {
    let kind = format!(
        "nDCG {}, threshold {}",
        number::short(facts.ndcg),
        number::short(facts.threshold)
    );
    let mut blocks = vec![
        Block::Figure(figure(facts)),
        Block::Paragraph(verdict(facts)),
        Block::Paragraph(moved(facts)),
    ];
    blocks.push(Block::Fold {
        summary: format!(
            "All {} with both ranks",
            plural(facts.ranks.len(), "feature")
        ),
        blocks: vec![Block::Table(table(facts))],
    });
    Card {
        id: None,
        title: Words::new().data(&facts.label),
        kind: Words::of(kind),
        width: Width::Full,
        blocks,
    }
}

pub(super) fn verdict(facts: &AttributionDriftFacts) -> Words {
    let (ndcg, threshold) = (number::short(facts.ndcg), number::short(facts.threshold));
    let words = if facts.violates {
        Words::new().strong("Violation").text(format!(
            " by SageMaker’s rule: nDCG {ndcg} is below {threshold}. "
        ))
    } else {
        Words::new().strong("No violation").text(format!(
            " by SageMaker’s rule: nDCG {ndcg} is not below {threshold}. "
        ))
    };
    let Some(interval) = &facts.interval else {
        return words
            .text("How sure that is cannot be said: the values of single rows are not at hand.");
    };
    let range = interval_text(Some(interval));
    let how = format!(
        "The {} interval is {range} ({}): ",
        number::percent(interval.level),
        interval.method
    );
    let meaning = match (facts.violates, facts.significant) {
        (_, Some(true)) => {
            "all of it is below the threshold, so chance in the choice of rows does not explain it."
        }
        (true, Some(false)) => {
            "part of it reaches the threshold, so another sample of rows might not violate."
        }
        (false, Some(false)) if interval.low < facts.threshold => {
            "part of it is below the threshold, so another sample of rows might violate."
        }
        (false, Some(false)) => "all of it reaches the threshold.",
        (_, None) => "not compared with the threshold.",
    };
    words.text(format!("{how}{meaning}"))
}

pub(super) fn moved(facts: &AttributionDriftFacts) -> Words {
    let mut moved: Vec<&RankFacts> = facts
        .ranks
        .iter()
        .filter(|rank| rank.baseline_rank != rank.current_rank)
        .collect();
    if moved.is_empty() {
        return Words::of("Every feature has the rank that it had.");
    }
    // Near the top a rank weighs most; nDCG discounts by its logarithm.
    moved.sort_by_key(|rank| {
        let best = rank.baseline_rank.min(rank.current_rank);
        (
            best,
            std::cmp::Reverse(rank.baseline_rank.abs_diff(rank.current_rank)),
        )
    });
    let count = format!(
        "{} of {} changed rank",
        number::count(moved.len() as u64),
        plural(facts.ranks.len(), "feature")
    );
    let mut words = Words::of(count);
    for (at, rank) in moved.iter().take(3).enumerate() {
        words = words
            .text(if at == 0 { ", among them " } else { ", " })
            .data(&rank.feature)
            .text(format!(
                " from {} to {}",
                number::count(rank.baseline_rank),
                number::count(rank.current_rank)
            ));
    }
    words.text(".")
}

pub(super) fn figure(facts: &AttributionDriftFacts) -> Figure {
    let last = LAST_RANK.min(facts.ranks.len() as u64);
    let lines: Vec<SlopeLine> = facts
        .ranks
        .iter()
        .filter(|rank| rank.baseline_rank <= last || rank.current_rank <= last)
        .map(|rank| SlopeLine {
            label: visible(&rank.feature),
            from: rank.baseline_rank,
            to: rank.current_rank,
        })
        .collect();
    let described: Vec<String> = lines
        .iter()
        .filter(|line| line.from != line.to)
        .map(|line| format!("{} from {} to {}", line.label, line.from, line.to))
        .collect();
    let description = if described.is_empty() {
        "No rank changed.".to_owned()
    } else {
        format!("{}.", described.join("; "))
    };
    Figure {
        caption: Words::of("Rank then and now"),
        note: "dashed: fell".to_owned(),
        picture: slope_chart(
            &lines,
            last,
            (
                &format!("Ranks of features for {}", visible(&facts.label)),
                &description,
            ),
        ),
        table: None,
        code: None,
    }
}

fn table(facts: &AttributionDriftFacts) -> Table {
    let rows = facts.ranks.iter().take(MOST_LISTED).map(|rank| {
        vec![
            Words::new().data(&rank.feature),
            Words::of(number::count(rank.baseline_rank)),
            Words::of(number::count(rank.current_rank)),
            Words::of(number::short(rank.baseline)),
            Words::of(number::short(rank.current)),
        ]
    });
    let head = ["Rank then", "Rank now", "Then", "Now"].map(Column::number);
    Table {
        caption: format!(
            "Ranks and global attributions for {}",
            visible(&facts.label)
        ),
        head: std::iter::once(Column::text("Feature"))
            .chain(head)
            .collect(),
        rows: rows.collect(),
        code: None,
    }
}
