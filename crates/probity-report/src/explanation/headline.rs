//! The finding of explanations in one line, and what it is about.

use probity_domain::document::explanation_file::{
    AttributionDriftFacts, AttributionFacts, ExplanationFile, LabelAttributions,
};

use super::words::{ends, method_name, output_name, ranked, size};
use crate::article::{Words, visible};
use crate::data_quality::{plural, plural_of};
use crate::masthead::Mark;
use crate::number;

pub(crate) fn headline(file: &ExplanationFile) -> (Mark, String) {
    if !file.drift.is_empty() {
        return of_drift(&file.drift);
    }
    match &file.attributions {
        Some(facts) => of_attributions(facts),
        None if file
            .partial_dependence
            .iter()
            .all(|facts| facts.error.is_some()) =>
        {
            (Mark::Warning, "Nothing could be explained".to_owned())
        }
        None => (
            Mark::Neutral,
            format!(
                "How the model depends on {}",
                plural(file.partial_dependence.len(), "feature")
            ),
        ),
    }
}

fn of_drift(drift: &[AttributionDriftFacts]) -> (Mark, String) {
    let lowest = drift.iter().min_by(|a, b| a.ndcg.total_cmp(&b.ndcg));
    let Some(lowest) = lowest else {
        return (Mark::Warning, "No ranking could be compared".to_owned());
    };
    let (ndcg, threshold) = (number::short(lowest.ndcg), number::short(lowest.threshold));
    if lowest.violates {
        let sure = match lowest.significant {
            Some(false) => ", but chance may explain it",
            Some(true) | None => "",
        };
        return (
            Mark::Bad,
            format!(
                "Other features drive the model than at the baseline: nDCG {ndcg} is below {threshold}{sure}"
            ),
        );
    }
    (
        Mark::Good,
        format!(
            "The same features drive the model as at the baseline: nDCG {ndcg}, at least {threshold}"
        ),
    )
}

fn of_attributions(facts: &AttributionFacts) -> (Mark, String) {
    let text = match facts.labels.as_slice() {
        [] => return (Mark::Warning, "Nothing could be explained".to_owned()),
        [label] => of_label(facts, label),
        labels => of_labels(facts, labels),
    };
    text.map_or(
        (Mark::Warning, "No feature could be explained".to_owned()),
        |text| (Mark::Neutral, text),
    )
}

fn of_label(facts: &AttributionFacts, label: &LabelAttributions) -> Option<String> {
    let ranked = ranked(facts, label);
    let first = ranked.first()?;
    let output = output_name(facts.output);
    if size(first.global) <= 0.0 {
        return Some(format!("No feature moves the {output}"));
    }
    let name = visible(first.feature);
    if let Some(second) = ranked.get(1) {
        // Neither can be called the first while their intervals overlap.
        let overlap = ends(first.interval.as_ref()).zip(ends(second.interval.as_ref()));
        if overlap.is_some_and(|(first, second)| second.1 >= first.0 && first.1 >= second.0) {
            return Some(format!(
                "{name} and {} move the {output} most, about equally",
                visible(second.feature)
            ));
        }
    }
    Some(match facts.aggregation.as_str() {
        "mean_abs" => format!(
            "{name} moves the {output} most, by {} on average",
            number::short(first.global)
        ),
        _ => format!("{name} moves the {output} most"),
    })
}

/// Over all outputs: the sum of a feature's sizes.
fn of_labels(facts: &AttributionFacts, labels: &[LabelAttributions]) -> Option<String> {
    let features = &labels.first()?.features;
    let total = |at: usize| -> f64 {
        labels
            .iter()
            .filter_map(|label| label.features.get(at))
            .map(|feature| feature.global.abs())
            .sum()
    };
    let best = (0..features.len()).max_by(|a, b| total(*a).total_cmp(&total(*b)).then(b.cmp(a)))?;
    let name = visible(&features.get(best)?.feature);
    let firsts = labels
        .iter()
        .filter(|label| {
            ranked(facts, label)
                .first()
                .is_some_and(|first| visible(first.feature) == name)
        })
        .count();
    Some(format!(
        "{name} moves the model most: it is first for {} of {}",
        number::count(firsts as u64),
        plural(labels.len(), "output")
    ))
}

/// What was explained, of how many rows, by which method, in which unit, against what.
pub(crate) fn lead(file: &ExplanationFile) -> Words {
    let mut words = Words::new();
    let sources = &file.dataset.sources;
    match &file.attributions {
        Some(facts) if facts.n_rows == file.dataset.rows => {
            words = words.text(format!("{} of ", plural_of(facts.n_rows, "row")));
        }
        Some(facts) => {
            words = words.text(format!(
                "{} of the {} of ",
                number::count(facts.n_rows),
                plural_of(file.dataset.rows, "row")
            ));
        }
        None => words = words.text(format!("{} of ", plural_of(file.dataset.rows, "row"))),
    }
    words = match sources.as_slice() {
        [] => words.text("unnamed data"),
        [one] => words.name(one),
        [first, rest @ ..] => words
            .name(first)
            .text(format!(" and {}", plural(rest.len(), "other source"))),
    };
    words = words
        .text("; model ")
        .name(&file.model.location)
        .text(format!(" ({}", file.model.kind));
    if !file.model.summary.is_empty() {
        words = words.text(format!(": {}", file.model.summary));
    }
    words = words.text(")");
    match &file.attributions {
        Some(facts) => words.append(how(facts)),
        None => words.text("."),
    }
}

fn how(facts: &AttributionFacts) -> Words {
    let mut text = format!(
        ". The {} is divided among the features by {}",
        match facts.output {
            probity_domain::document::explanation_file::ExplainedOutput::Reported =>
                "model’s output",
            other => output_name(other),
        },
        method_name(facts.method)
    );
    if let Some(n) = facts.n_coalitions {
        text.push_str(&format!(" ({} a row)", plural_of(n, "coalition")));
    }
    if let Some(n) = facts.n_baseline_rows {
        text.push_str(&format!(", against a baseline of {}", plural_of(n, "row")));
        if !facts.baseline.is_empty() {
            text.push_str(&format!(" ({})", facts.baseline));
        }
    }
    text.push_str(&format!(
        ". What the parts leave of the whole is at most {} in any row.",
        number::short(facts.largest_additivity_error)
    ));
    Words::of(text)
}
