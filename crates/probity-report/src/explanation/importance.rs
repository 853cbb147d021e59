//! Which features move an output, and how: bars, beeswarm, all numbers, dependence plots.

use probity_domain::document::explanation_file::{
    AttributionFacts, LabelAttributions, SampledAttribution,
};

use super::words::{
    Ranked, aggregation_name, ends, interval_kind, interval_text, output_name, python, ranked,
    shows_values, signed, start_place,
};
use crate::article::{Block, Card, Column, Figure, Look, Section, Table, Width, Words, visible};
use crate::chart::{
    ImportanceBar, PointValue, ScatterNames, ScatterPoint, SwarmBand, SwarmDot, importance_chart,
    scatter_chart, swarm_chart,
};
use crate::data_quality::plural;
use crate::number;

/// As Clarify's own report.
const MOST_BARS: usize = 10;
/// Outputs with all pictures; of the others there are bars. 20 classes stay below two megabytes.
const MOST_WHOLE: usize = 6;
/// Dependence plots of one output, when there is one and when there are several.
const MOST_DEPENDENCE: (usize, usize) = (6, 2);
/// Rows of all tables together; `probity.json` has all.
const MOST_ROWS: usize = 3000;

pub(crate) fn sections(facts: &AttributionFacts) -> Vec<Section> {
    let mut sections = Vec::new();
    if facts.labels.len() > 1 {
        sections.push(overview(facts));
    }
    for (at, label) in facts.labels.iter().enumerate().take(MOST_WHOLE) {
        sections.push(whole(facts, (at, label)));
    }
    if facts.labels.len() > MOST_WHOLE {
        sections.push(others(facts));
    }
    sections
}

fn anchor(at: usize) -> String {
    format!("output-{}", at + 1)
}

/// One line per output: its first three features.
fn overview(facts: &AttributionFacts) -> Section {
    let titles = ["First", "Second", "Third"];
    let mut head = vec![
        Column::text("Output"),
        Column::number(format!("Mean {}", start_place(facts))),
    ];
    head.extend(titles.map(Column::text));
    let row = |label: &LabelAttributions| {
        let mut cells = vec![
            Words::new().data(&label.label),
            Words::of(number::short(label.expected_value)),
        ];
        let ranked = ranked(facts, label);
        cells.extend((0..titles.len()).map(|at| {
            ranked.get(at).map_or(Words::new(), |feature| {
                Words::new()
                    .data(feature.feature)
                    .small(number::short(feature.global))
            })
        }));
        cells
    };
    Section {
        id: "outputs".to_owned(),
        heading: Words::of("What drives each output"),
        look: Look::Plain,
        blocks: vec![
            Block::Table(Table {
                caption: format!(
                    "The first three features of each output, by {}",
                    aggregation_name(facts)
                ),
                head,
                rows: facts.labels.iter().map(row).collect(),
                code: None,
            }),
            Block::Fine(Words::of(format!(
                "Ranked by {}, which is the number below each name.",
                aggregation_name(facts)
            ))),
        ],
    }
}

fn whole(facts: &AttributionFacts, (at, label): (usize, &LabelAttributions)) -> Section {
    let ranked = ranked(facts, label);
    let is_alone = facts.labels.len() == 1;
    let mut blocks = vec![Block::Paragraph(said(facts, label, &ranked))];
    let mut cards = vec![bars(facts, label, &ranked)];
    cards.extend(swarm(facts, label, &ranked));
    blocks.push(Block::Cards(cards));
    blocks.push(table(facts, label, &ranked));
    let most = if is_alone {
        MOST_DEPENDENCE.0
    } else {
        MOST_DEPENDENCE.1
    };
    let plots: Vec<Card> = ranked
        .iter()
        .filter_map(|feature| dependence(facts, label, feature))
        .take(most)
        .collect();
    if !plots.is_empty() {
        blocks.push(Block::Sub(Words::of(if is_alone {
            format!(
                "How the value of a feature moves the {}",
                output_name(facts.output)
            )
        } else {
            format!("How the value of a feature moves {}", visible(&label.label))
        })));
        blocks.push(Block::Cards(plots));
    }
    let heading = if is_alone {
        Words::of(format!("What drives the {}", output_name(facts.output)))
    } else {
        Words::of("What drives ").data(&label.label)
    };
    Section {
        id: anchor(at),
        heading,
        look: Look::Plain,
        blocks,
    }
}

fn said(facts: &AttributionFacts, label: &LabelAttributions, ranked: &[Ranked<'_>]) -> Words {
    let mut words = start(facts, label);
    let still = ranked
        .iter()
        .filter(|feature| feature.global == 0.0)
        .count();
    if facts.aggregation == "mean_abs" {
        let total: f64 = ranked.iter().map(|feature| feature.global).sum();
        let (mut sum, mut n) = (0.0, 0);
        for feature in ranked {
            if sum >= 0.8 * total {
                break;
            }
            sum += feature.global;
            n += 1;
        }
        if total > 0.0 && sum.is_finite() && ranked.len() > 2 {
            words = words
                .strong(format!(
                    "{} of {}",
                    number::count(n),
                    plural(ranked.len(), "feature")
                ))
                .text(format!(
                    " {} {} of all movement.",
                    if n == 1 { "makes" } else { "make" },
                    number::percent(sum / total)
                ));
        }
    }
    if still > 0 {
        let verb = if still == 1 { "does" } else { "do" };
        words = words.text(format!(
            " {} {verb} not move it at all.",
            plural(still, "feature")
        ));
    }
    words
}

/// From where the features move a row's output.
fn start(facts: &AttributionFacts, label: &LabelAttributions) -> Words {
    let output = output_name(facts.output);
    if facts.chosen_features {
        return Words::of(format!(
            "Only the features below were chosen to be explained; every other column keeps the row’s own value. Each row starts from a value of its own: its {output} while the chosen features are unknown. "
        ));
    }
    let place = start_place(facts);
    let mut words = Words::of(format!(
        "{} the mean {output} is {}",
        capitalised(place),
        number::short(label.expected_value)
    ));
    if facts.labels.len() == 1 {
        words = words.text(" (").data(&label.label).text(")");
    }
    words.text("; each feature’s value moves a row’s away from it. ")
}

fn bars(facts: &AttributionFacts, label: &LabelAttributions, ranked: &[Ranked<'_>]) -> Card {
    let shown = &ranked[..ranked.len().min(MOST_BARS)];
    let bars: Vec<ImportanceBar> = shown
        .iter()
        .map(|feature| ImportanceBar {
            label: visible(feature.feature),
            value: feature.global,
            interval: ends(feature.interval.as_ref()),
        })
        .collect();
    let described: Vec<String> = shown
        .iter()
        .map(|feature| {
            format!(
                "{} {}",
                visible(feature.feature),
                number::short(feature.global)
            )
        })
        .collect();
    let picture = importance_chart(
        &bars,
        &format!("Importance of features for {}", visible(&label.label)),
        &format!(
            "{}, largest first: {}.",
            aggregation_name(facts),
            described.join(", ")
        ),
    );
    let code = format!(
        "values = pd.Series(explained[{}][\"global_shap_values\"])\nvalues.sort_values(key=abs, ascending=False).head(10)",
        python(&label.label)
    );
    let mut blocks = vec![Block::Figure(Figure {
        caption: Words::of("Importance"),
        note: format!("{}, {}", aggregation_name(facts), unit(facts)),
        picture,
        table: None,
        code: Some(code),
    })];
    if let Some(kind) = interval_kind(shown.iter().map(|feature| feature.interval.as_ref())) {
        blocks.push(Block::Fine(Words::of(format!("Whiskers: {kind}."))));
    }
    half(
        Words::of(if ranked.len() > MOST_BARS {
            "The ten features that move it most"
        } else {
            "How much each feature moves it"
        }),
        blocks,
    )
}

fn unit(facts: &AttributionFacts) -> String {
    format!("in the unit of the {}", output_name(facts.output))
}

fn half(title: Words, blocks: Vec<Block>) -> Card {
    Card {
        id: None,
        title,
        kind: Words::new(),
        width: Width::Half,
        blocks,
    }
}

fn swarm(
    facts: &AttributionFacts,
    label: &LabelAttributions,
    ranked: &[Ranked<'_>],
) -> Option<Card> {
    let bands: Vec<SwarmBand> = ranked
        .iter()
        .take(MOST_BARS)
        .filter(|feature| !feature.sample.is_empty())
        .map(|feature| SwarmBand {
            label: visible(feature.feature),
            dots: feature.sample.iter().map(dot).collect(),
            shows_values: shows_values(feature.sample),
        })
        .collect();
    let rows = bands.iter().map(|band| band.dots.len()).max()?;
    let name = visible(&label.label);
    let picture = swarm_chart(
        &bands,
        &format!("SHAP value: change of the {}", output_name(facts.output)),
        (
            &format!("Attributions of single rows for {name}"),
            &format!(
                "{} rows, one dot each per feature. Values from low to high are told apart by colour here, and by position in the plots of single features below.",
                number::count(rows as u64)
            ),
        ),
    );
    Some(half(
        Words::of("How it moves single rows"),
        vec![Block::Figure(Figure {
            caption: Words::of("Rows by attribution"),
            note: format!("{}, a dot each", plural(rows, "row")),
            picture,
            table: Some(spread(&ranked[..ranked.len().min(MOST_BARS)])),
            code: Some(format!(
                "label = {}\nlocal.filter(regex=\"_\" + re.escape(label) + \"$\").describe().T if local is not None else None",
                python(&label.label)
            )),
        })],
    ))
}

fn dot(sample: &SampledAttribution) -> SwarmDot {
    SwarmDot {
        attribution: sample.attribution,
        value: sample.number,
    }
}

/// The beeswarm in numbers: quartiles of each feature's attributions.
fn spread(features: &[Ranked<'_>]) -> Table {
    let row = |feature: &Ranked<'_>| {
        let mut values: Vec<f64> = feature
            .sample
            .iter()
            .map(|point| point.attribution)
            .filter(|value| value.is_finite())
            .collect();
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| {
            let last = values.len().checked_sub(1)?;
            values.get(last * quarter / 4).copied()
        };
        let mut cells = vec![Words::new().data(feature.feature)];
        cells.extend(
            [0, 1, 2, 3, 4]
                .map(|quarter| Words::of(at(quarter).map_or("none".to_owned(), number::short))),
        );
        cells
    };
    let mut head = vec![Column::text("Feature")];
    head.extend(
        [
            "Smallest",
            "Lower quarter",
            "Middle",
            "Upper quarter",
            "Largest",
        ]
        .map(Column::number),
    );
    Table {
        caption: "Spread of the attributions of single rows".to_owned(),
        head,
        rows: features.iter().map(row).collect(),
        code: None,
    }
}

/// Open when it is short.
fn table(facts: &AttributionFacts, label: &LabelAttributions, ranked: &[Ranked<'_>]) -> Block {
    let most = (MOST_ROWS / facts.labels.len().max(1)).max(MOST_BARS);
    let has_errors = ranked
        .iter()
        .any(|feature| feature.standard_error.is_some());
    let mut head = vec![
        Column::text("Feature"),
        Column::number("Rank"),
        Column::number(capitalised(aggregation_name(facts))),
    ];
    head.extend([Column::number("Interval"), Column::number("Mean, signed")]);
    if has_errors {
        head.push(Column::number("Standard error of a row’s value"));
    }
    let row = |(at, feature): (usize, &Ranked<'_>)| {
        let mut cells = vec![
            Words::new().data(feature.feature),
            Words::of(number::count(at as u64 + 1)),
            Words::of(number::short(feature.global)),
            Words::of(interval_text(feature.interval.as_ref())),
            Words::of(signed(feature.mean)),
        ];
        if has_errors {
            cells.push(Words::of(
                feature
                    .standard_error
                    .map_or("exact".to_owned(), number::short),
            ));
        }
        cells
    };
    let table = Table {
        caption: format!("All features for {}", visible(&label.label)),
        head,
        rows: ranked.iter().enumerate().take(most).map(row).collect(),
        code: Some(format!(
            "values = pd.Series(explained[{}][\"global_shap_values\"])\nvalues.sort_values(key=abs, ascending=False)",
            python(&label.label)
        )),
    };
    let mut blocks = vec![Block::Table(table)];
    if ranked.len() > most {
        let more = number::count((ranked.len() - most) as u64);
        blocks.push(Block::Fine(
            Words::of(format!("And {more} more in "))
                .name("probity.json")
                .text("."),
        ));
    }
    Block::Fold {
        summary: format!("All {} in numbers", plural(ranked.len(), "feature")),
        blocks,
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn dependence(
    facts: &AttributionFacts,
    label: &LabelAttributions,
    feature: &Ranked<'_>,
) -> Option<Card> {
    if !shows_values(feature.sample) {
        return None;
    }
    let points: Vec<ScatterPoint> = feature.sample.iter().map(point).collect();
    let name = visible(feature.feature);
    let description = format!(
        "{} rows; {} of them are moved up by this feature, the others down or not at all.",
        number::count(points.len() as u64),
        number::count(
            points
                .iter()
                .filter(|point| point.attribution > 0.0)
                .count() as u64
        )
    );
    let names = ScatterNames {
        feature: &name,
        unit: &format!("SHAP value ({})", output_name(facts.output)),
        description: &description,
    };
    let column = format!("{}_{}", feature.feature, label.label);
    Some(half(
        Words::new().data(feature.feature),
        vec![Block::Figure(Figure {
            caption: Words::of("Attribution by value"),
            note: plural(points.len(), "row"),
            picture: scatter_chart(&points, &names),
            table: None,
            code: Some(format!(
                "local[{}].describe() if local is not None else None",
                python(&column)
            )),
        })],
    ))
}

fn point(sample: &SampledAttribution) -> ScatterPoint {
    let value = match (sample.number, &sample.text) {
        (Some(number), _) => PointValue::Number(number),
        (None, Some(text)) => PointValue::Text(text.clone()),
        (None, None) => PointValue::Missing,
    };
    ScatterPoint {
        value,
        attribution: sample.attribution,
    }
}

fn others(facts: &AttributionFacts) -> Section {
    let cards = facts.labels.iter().skip(MOST_WHOLE).map(|label| {
        let mut card = bars(facts, label, &ranked(facts, label));
        card.title = Words::new().data(&label.label);
        card.kind = Words::of(format!(
            "mean {} {}",
            start_place(facts),
            number::short(label.expected_value)
        ));
        card
    });
    Section {
        id: "other-outputs".to_owned(),
        heading: Words::of(format!(
            "The other {}",
            plural(facts.labels.len() - MOST_WHOLE, "output")
        )),
        look: Look::Plain,
        blocks: vec![
            Block::Cards(cards.collect()),
            Block::Fine(
                Words::of("Their values by row are in ")
                    .name("explanations_shap/out.csv")
                    .text("."),
            ),
        ],
    }
}
