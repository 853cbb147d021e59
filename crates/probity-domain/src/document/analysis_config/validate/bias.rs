//! What bias metrics need.

use super::super::{AnalysisConfig, ConfigProblem, SegmentConfig};

pub(super) fn check(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    if config.measures_bias() {
        problems.extend(label(config));
        problems.extend(positive_labels(config));
        problems.extend(facets(config));
        problems.extend(predictions(config));
        problems.extend(group_variable(config));
    }
    problems.extend(probability_threshold(config));
    problems.extend(segments(config));
    problems
}

fn label(config: &AnalysisConfig) -> Option<ConfigProblem> {
    if config.label.is_some() {
        return None;
    }
    let problem = "the key is missing: bias is measured by the labels of each group";
    Some(
        ConfigProblem::error("label", problem)
            .with_remedy("name the column of labels, for example `\"income\"`"),
    )
}

fn positive_labels(config: &AnalysisConfig) -> Option<ConfigProblem> {
    let problem = match &config.label_values_or_threshold {
        None => "the key is missing: bias is measured by who has the positive outcome",
        Some(values) if values.is_empty() => "the list is empty: no outcome is positive",
        Some(_) => return None,
    };
    Some(
        ConfigProblem::error("label_values_or_threshold", problem)
            .with_remedy("list the positive labels, for example `[1]`, or one threshold"),
    )
}

fn facets(config: &AnalysisConfig) -> Option<ConfigProblem> {
    let problem = match &config.facet {
        None => "the key is missing: bias is measured between the groups of a facet",
        Some(facets) if facets.is_empty() => "the list is empty: there are no groups to compare",
        Some(_) => return None,
    };
    Some(ConfigProblem::error("facet", problem).with_remedy(
        "name a column and the values of the sensitive group, for example \
         `[{\"name_or_index\": \"sex\", \"value_or_threshold\": [0]}]`",
    ))
}

fn predictions(config: &AnalysisConfig) -> Option<ConfigProblem> {
    let methods = config.methods.as_ref()?;
    methods.post_training_bias.as_ref()?;
    if config.has_predictions() || config.predictor.is_some() {
        return None;
    }
    let problem = "bias of predictions needs predictions, and there is no `predicted_label`, \
                   no `predicted_label_dataset_uri` and no `predictor`";
    Some(
        ConfigProblem::error("methods.post_training_bias", problem)
            .with_remedy("name the column of predictions by `predicted_label`"),
    )
}

fn group_variable(config: &AnalysisConfig) -> Option<ConfigProblem> {
    if config.group_variable.is_some() {
        return None;
    }
    // A monitor computes what it can.
    config.methods.as_ref()?;
    let mut without = Vec::new();
    if config.pre_training_metrics().contains(&"CDDL") {
        without.push("`CDDL`");
    }
    if config.post_training_metrics().contains(&"CDDPL") {
        without.push("`CDDPL`");
    }
    if without.is_empty() {
        return None;
    }
    let problem = format!(
        "the key is missing: without subgroups there is no {}",
        without.join(" and no ")
    );
    Some(
        ConfigProblem::warning("group_variable", problem)
            .with_remedy("name the column of subgroups, or leave these metrics out"),
    )
}

fn probability_threshold(config: &AnalysisConfig) -> Option<ConfigProblem> {
    let threshold = config.probability_threshold?;
    if (0.0..=1.0).contains(&threshold) {
        return None;
    }
    let problem = format!("`{threshold:?}` is no probability: every score lies on one side of it");
    Some(
        ConfigProblem::warning("probability_threshold", problem)
            .with_remedy("a probability lies between 0 and 1"),
    )
}

fn segments(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    for (index, segment) in config.segment_config.iter().flatten().enumerate() {
        let path = format!("segment_config[{index}]");
        problems.extend(parts(&path, segment));
        problems.extend(aliases(&path, segment));
    }
    problems
}

fn parts(path: &str, segment: &SegmentConfig) -> Vec<ConfigProblem> {
    if segment.segments.is_empty() {
        let problem = ConfigProblem::error(format!("{path}.segments"), "there is no segment");
        return vec![problem.with_remedy("list the values or intervals of at least one")];
    }
    let parts = segment.segments.iter().enumerate();
    let empty = parts.filter(|(_, values)| values.is_empty());
    let problem = |(index, _)| {
        ConfigProblem::error(
            format!("{path}.segments[{index}]"),
            "the segment has no values",
        )
        .with_remedy("the rest of the data is a segment without being listed")
    };
    empty.map(problem).collect()
}

fn aliases(path: &str, segment: &SegmentConfig) -> Option<ConfigProblem> {
    let aliases = segment.display_aliases.as_ref()?.len();
    let segments = segment.segments.len();
    if aliases == segments || aliases == segments + 1 {
        return None;
    }
    let problem = format!("the number of names is {aliases}, that of segments {segments}");
    let remedy = format!(
        "write {segments}, or {} with one for the rest of the data",
        segments + 1
    );
    Some(ConfigProblem::error(format!("{path}.display_aliases"), problem).with_remedy(remedy))
}
