//! A bias result as an article: the same findings, tables and pictures as the page, for the
//! typeset report and the notebook.

use probity_domain::document::bias_file::{
    BiasFile, FacetFacts, MetricFacts, SegmentFacts, SubgroupFacts,
};

use super::BiasReport;
use super::content_check;
use super::finding::{BiasFinding, most_notable};
use super::metric_table::Scales;
use super::metric_text::{Ideal, description_without_name, ideal_of, shown_name, text_of};
use super::overview::{outcomes_picture, sizes_picture};
use super::report::{all_notes, failures};
use super::significance::{Correction, Standing};
use super::words::{facet_words, interval_text, metric_number, stands_out};
use crate::article::{Block, Card, Column, Figure, Look, Section, Table, Width, Words};
use crate::chart::{Estimate, ForestRow, Weight, forest_rows};
use crate::data_quality::{plural, plural_of};
use crate::number;

/// Groups with a section of their own, and rows of segments.
const MOST_SECTIONS: usize = 15;
const MOST_SEGMENTS: usize = 60;
const SEGMENT_METRICS: [&str; 4] = ["DPL", "DPPL", "RD", "AD"];

pub(crate) fn sections(report: &BiasReport<'_>) -> Vec<Section> {
    let file = report.probity;
    let correction = Correction::of(file);
    let mut sections = Vec::new();
    let mut notes: Vec<Words> = failures(report.analysis)
        .into_iter()
        .map(|(stage, error)| {
            Words::new()
                .strong(format!("Not computed, {stage}: "))
                .text(error)
        })
        .collect();
    notes.extend(all_notes(file).map(|note| Words::prose(note)));
    if !notes.is_empty() {
        sections.push(section(
            "bias-notes",
            "To know first",
            vec![Block::List(notes)],
        ));
        sections
            .iter_mut()
            .for_each(|section| section.look = Look::Notes);
    }
    if let Some(facts) = &file.check {
        sections.push(content_check::section(facts));
    }
    sections.push(stands_out_section(
        &most_notable(file, &correction),
        &correction,
    ));
    sections.push(outcomes(file));
    let cards: Vec<Card> = file
        .facets
        .iter()
        .take(MOST_SECTIONS)
        .map(|facet| group(facet, &correction))
        .collect();
    if !cards.is_empty() {
        let title = if file.facets.len() == 1 {
            "The group in detail"
        } else {
            "Group by group"
        };
        let mut blocks = vec![Block::Cards(cards)];
        if file.facets.len() > MOST_SECTIONS {
            blocks.push(Block::Fine(
                Words::of(format!("Shown are the first {MOST_SECTIONS} groups; "))
                    .name("probity.json")
                    .text(" has all."),
            ));
        }
        sections.push(section("groups", title, blocks));
    }
    sections.extend(file.subgroups.as_ref().map(subgroups));
    if !file.segments.is_empty() {
        sections.push(segments(&file.segments));
    }
    sections.push(method(file));
    sections
}

pub(crate) fn section(id: &str, heading: &str, blocks: Vec<Block>) -> Section {
    Section {
        id: id.to_owned(),
        heading: Words::of(heading),
        look: Look::Plain,
        blocks,
    }
}

fn stands_out_section(findings: &[BiasFinding<'_>], correction: &Correction) -> Section {
    let mut blocks = if findings.is_empty() {
        vec![Block::Paragraph(Words::of(
            "No difference of outcomes or errors between the groups is beyond sampling error.",
        ))]
    } else {
        let items = findings.iter().map(|finding| {
            Words::new()
                .strong(format!(
                    "{} · {}: ",
                    group_name(finding.facet),
                    finding.metric.name
                ))
                .append(Words::prose(&finding.metric.reading))
        });
        vec![Block::List(items.collect())]
    };
    blocks.push(Block::Fine(Words::of(format!(
        "{} of {} with a direction and an interval leave out their ideal value; {} remain after correction for all of them (Benjamini–Hochberg at 5%, p-values approximated from the intervals). Beyond sampling error does not mean unfair, nor within it fair.",
        number::count(correction.n_leaving_out as u64),
        plural(correction.n_metrics, "metric"),
        number::count(correction.n_sure as u64)
    ))));
    section("stands-out", "What stands out", blocks)
}

fn group_name(facet: &FacetFacts) -> String {
    facet_words(&facet.facet, &facet.value_or_threshold)
}

fn outcomes(file: &BiasFile) -> Section {
    let figure = |caption: &str, picture| {
        Block::Figure(Figure {
            caption: Words::of(caption),
            note: "share of all rows".to_owned(),
            picture,
            table: None,
            code: None,
        })
    };
    let half = |title: &str, block| Card {
        id: None,
        title: Words::of(title),
        kind: Words::new(),
        width: Width::Half,
        blocks: vec![block],
    };
    let mut key = "Grey: labels. ".to_owned();
    if file.predicted_label.is_some() {
        key.push_str("Hatched: predictions.");
    }
    section(
        "outcomes",
        "Outcomes and groups",
        vec![
            Block::Cards(vec![
                half(
                    "Outcomes",
                    figure("Labels and predictions", outcomes_picture(file)),
                ),
                half("Groups", figure("Sizes of the groups", sizes_picture(file))),
            ]),
            Block::Fine(Words::of(key)),
        ],
    )
}

fn group(facet: &FacetFacts, correction: &Correction) -> Card {
    let scales = Scales::of(facet.metrics.iter());
    let mut blocks = vec![Block::Figure(Figure {
        caption: Words::of("Differences between the groups, with intervals"),
        note: "filled: leaves out 0".to_owned(),
        picture: forest(facet, &scales),
        table: None,
        code: None,
    })];
    for (stage, title) in [
        ("pre_training", "Before training: labels"),
        ("post_training", "After training: predictions"),
    ] {
        let metrics: Vec<&MetricFacts> = facet
            .metrics
            .iter()
            .filter(|metric| metric.stage == stage)
            .collect();
        if !metrics.is_empty() {
            blocks.push(Block::Fold {
                summary: title.to_owned(),
                blocks: vec![Block::Table(metric_table(&metrics, correction))],
            });
        }
    }
    if !facet.extended.is_empty() {
        let extended: Vec<&MetricFacts> = facet.extended.iter().collect();
        blocks.push(Block::Fold {
            summary: "Metrics that Clarify lacks".to_owned(),
            blocks: vec![Block::Table(metric_table(&extended, correction))],
        });
    }
    Card {
        id: None,
        title: Words::of(group_name(facet)),
        kind: Words::of(format!(
            "{} against {} of all others",
            plural_of(facet.disadvantaged.n, "row"),
            number::count(facet.advantaged.n)
        )),
        width: Width::Full,
        blocks,
    }
}

/// All metrics on the scale of differences; ratios are in the table.
fn forest(facet: &FacetFacts, scales: &Scales) -> maud::Markup {
    let rows: Vec<ForestRow> = facet
        .metrics
        .iter()
        .filter(|metric| ideal_of(&metric.name) == Ideal::Zero)
        .filter_map(|metric| {
            let estimate = Estimate {
                value: metric.value?,
                interval: metric
                    .interval
                    .as_ref()
                    .map(|interval| (interval.low, interval.high)),
                weight: if stands_out(metric) {
                    Weight::Sure
                } else {
                    Weight::Unsure
                },
            };
            let range = metric
                .interval
                .as_ref()
                .map_or(metric_number(estimate.value), interval_text);
            Some(ForestRow {
                label: shown_name(&metric.name),
                estimate,
                range,
            })
        })
        .collect();
    let title = format!("Metrics of {}", group_name(facet));
    forest_rows(
        &scales.differences,
        &rows,
        (
            &title,
            "Each metric with its interval around 0; the numbers are in the tables.",
        ),
    )
}

fn metric_table(metrics: &[&MetricFacts], correction: &Correction) -> Table {
    let row = |metric: &&MetricFacts| {
        let value = metric.value.map_or("no value".to_owned(), metric_number);
        let interval = match &metric.interval {
            Some(interval) => Words::of(interval_text(interval)).small(format!(
                "{}, {}",
                number::percent(interval.level),
                interval.method
            )),
            None => Words::of("none"),
        };
        let rows = Words::of(number::count(metric.n_disadvantaged))
            .small(number::count(metric.n_advantaged));
        vec![
            Words::new()
                .strong(shown_name(&metric.name))
                .small(description_without_name(&metric.description, &metric.name)),
            Words::of(value),
            interval,
            rows,
            says(metric, correction),
        ]
    };
    Table {
        caption: "Metrics with their intervals".to_owned(),
        head: vec![
            Column::text("Metric"),
            Column::number("Value"),
            Column::number("Interval"),
            Column::number("Rows d, others"),
            Column::text("What it says"),
        ],
        rows: metrics.iter().map(row).collect(),
        code: None,
    }
}

fn says(metric: &MetricFacts, correction: &Correction) -> Words {
    let words = match (&metric.error, correction.standing(metric)) {
        (Some(error), _) => Words::new().strong("Not computed. ").text(error.clone()),
        (None, Standing::Sure) => Words::new()
            .strong("Beyond sampling error. ")
            .append(Words::prose(&metric.reading)),
        (None, Standing::MayBeChance) => Words::new()
            .strong("May be chance. ")
            .append(Words::prose(&metric.reading)),
        (None, Standing::NeighboursFixed | Standing::Within) => Words::prose(&metric.reading),
    };
    match &metric.note {
        Some(note) => words.small(note.clone()),
        None => words,
    }
}

fn subgroups(facts: &SubgroupFacts) -> Section {
    let rows = facts.groups.iter().map(|row| {
        let name: Vec<String> = row
            .values
            .iter()
            .map(|(facet, value)| facet_words(facet, value))
            .collect();
        let difference = row
            .difference
            .value
            .map_or("no value".to_owned(), metric_number);
        vec![
            Words::new().data(&name.join(", ")),
            Words::of(number::count(row.counts.n)),
            Words::of(difference),
            Words::of(
                row.difference
                    .interval
                    .as_ref()
                    .map_or("none".to_owned(), interval_text),
            ),
            Words::prose(&row.difference.reading),
        ]
    });
    let table = Table {
        caption: "Each intersection of facets against all other rows".to_owned(),
        head: vec![
            Column::text("Subgroup"),
            Column::number("Rows"),
            Column::number("Others − this"),
            Column::number("Interval"),
            Column::text("What it says"),
        ],
        rows: rows.collect(),
        code: None,
    };
    let small = format!(
        "Worst first. {} with fewer than {} rows are counted, but not ranked.",
        plural_of(facts.n_too_small, "subgroup"),
        number::count(facts.minimum_rows)
    );
    section(
        "subgroups",
        "Subgroups",
        vec![Block::Table(table), Block::Fine(Words::of(small))],
    )
}

fn segments(segments: &[SegmentFacts]) -> Section {
    let mut head = vec![Column::text("Segment"), Column::number("Rows")];
    head.extend(SEGMENT_METRICS.map(Column::number));
    let mut rows: Vec<Vec<Words>> = Vec::new();
    for segment in segments.iter().take(MOST_SEGMENTS) {
        let name = if segment.segment == "__default__" {
            "all others"
        } else {
            &segment.segment
        };
        if segment.facets.is_empty() {
            let why = segment.error.clone().unwrap_or("no metrics".to_owned());
            let mut cells = vec![
                Words::new().data(name).small(why),
                Words::of(number::count(segment.n)),
            ];
            cells.extend(SEGMENT_METRICS.map(|_| Words::of("no value")));
            rows.push(cells);
        }
        for facet in &segment.facets {
            let mut cells = vec![
                Words::new()
                    .data(name)
                    .small(format!("{}; {}", segment.column, group_name(facet))),
                Words::of(number::count(segment.n)),
            ];
            cells.extend(SEGMENT_METRICS.map(|wanted| segment_cell(facet, wanted)));
            rows.push(cells);
        }
    }
    let table = Table {
        caption: "The same metrics in parts of the data".to_owned(),
        head,
        rows,
        code: None,
    };
    section("segments", "Segments", vec![Block::Table(table)])
}

fn segment_cell(facet: &FacetFacts, wanted: &str) -> Words {
    let metric = facet.metrics.iter().find(|metric| metric.name == wanted);
    match metric.and_then(|metric| metric.value.map(|value| (metric, value))) {
        Some((metric, value)) => match &metric.interval {
            Some(interval) => Words::of(metric_number(value)).small(interval_text(interval)),
            None => Words::of(metric_number(value)),
        },
        None => Words::of("no value"),
    }
}

fn method(file: &BiasFile) -> Section {
    let terms = super::method::TERMS
        .iter()
        .map(|(term, meaning)| ((*term).to_owned(), Words::of(*meaning)));
    let mut names: Vec<&str> = Vec::new();
    for metric in file
        .facets
        .iter()
        .flat_map(|facet| facet.metrics.iter().chain(&facet.extended))
    {
        if !names.contains(&metric.name.as_str()) {
            names.push(&metric.name);
        }
    }
    let rows = names.iter().filter_map(|name| {
        let text = text_of(name)?;
        Some(vec![
            Words::new().strong(shown_name(name)),
            Words::of(text.formula.replace('_', "")),
            Words::of(ideal_of(name).shown()),
            Words::of(text.meaning).small(text.source),
        ])
    });
    let table = Table {
        caption: "Formulas of the metrics".to_owned(),
        head: vec![
            Column::text("Metric"),
            Column::text("Formula"),
            Column::number("Ideal"),
            Column::text("What it asks, and what its sign means"),
        ],
        rows: rows.collect(),
        code: None,
    };
    let mut section = section(
        "bias-method",
        "How to read the metrics of bias",
        vec![Block::Terms(terms.collect()), Block::Table(table)],
    );
    section.look = Look::Method;
    section
}

/// What was measured, on how many rows, between whom.
pub(crate) fn lead(file: &BiasFile) -> Words {
    let words = Words::of(format!("{} of ", plural_of(file.dataset.rows, "row")));
    let words = match file.dataset.sources.first() {
        Some(source) => words.name(source),
        None => words.text("unnamed data"),
    };
    let words = words
        .text("; label ")
        .name(&file.label.column)
        .text(", positive ")
        .strong(super::words::shown_value(&file.label.positive));
    let words = match &file.predicted_label {
        Some(predicted) => words.text("; prediction ").name(&predicted.column),
        None => words.text("; no predictions"),
    };
    match &file.check {
        Some(check) => words
            .text("; compared with ")
            .name(&check.baseline)
            .text("."),
        None => words.text("."),
    }
}
