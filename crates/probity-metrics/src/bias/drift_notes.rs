//! What a comparison with a baseline says of what it could not compare.

use probity_domain::document::bias_file::MetricDriftFacts;

use super::reading_rate::GroupNames;

/// Names per reason; more are counted.
const NAMES_TO_TELL: usize = 3;

/// `reported` by the current analysis and by the baseline.
pub(crate) fn missing_stage(stage: &str, reported: [bool; 2]) -> Option<String> {
    let [has, lacks] = match reported {
        [false, true] => ["baseline", "current"],
        [true, false] => ["current", "baseline"],
        [true, true] | [false, false] => return None,
    };
    Some(format!(
        "the {lacks} analysis has no {stage} metrics: those of the {has} analysis are not compared"
    ))
}

/// Of a group in the first of two analyses and not in the second.
pub(crate) fn missing_group(group: GroupNames, [has, lacks]: [&str; 2]) -> String {
    format!(
        "{} is in the {has} analysis and not in the {lacks} one: its metrics are not compared",
        group.group()
    )
}

/// The metrics with a value on a side that are not tested, by reason.
pub(crate) fn untested(metrics: &[MetricDriftFacts]) -> Option<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    let mut count = 0;
    for metric in metrics {
        let has_value = metric.current.is_some() || metric.baseline.is_some();
        if metric.p_value.is_some() || !has_value {
            continue;
        }
        count += 1;
        let note = metric.note.as_deref().unwrap_or("no reason is known");
        let reason = note.strip_prefix("not tested: ").unwrap_or(note);
        let group = GroupNames {
            facet: &metric.facet,
            value: &metric.value_or_threshold,
        };
        let name = format!("{} of {}", metric.name, group.group());
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    if count == 0 {
        return None;
    }
    let told: Vec<String> = reasons
        .iter()
        .map(|(reason, names)| format!("{} ({reason})", some_of(names)))
        .collect();
    let noun = if count == 1 { "metric" } else { "metrics" };
    Some(format!(
        "{count} {noun} could not be tested: {}",
        told.join("; ")
    ))
}

fn some_of(names: &[String]) -> String {
    let told = names[..names.len().min(NAMES_TO_TELL)].join(", ");
    match names.len().saturating_sub(NAMES_TO_TELL) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}
