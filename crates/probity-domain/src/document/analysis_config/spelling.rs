//! What somebody may have meant by a name that is not known: the nearest known one by edit
//! distance, and the names that arguments of the SageMaker Python SDK have.

/// The known name that `name` was probably meant to be.
pub(super) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let wanted = name.to_lowercase();
    let ranked = known.into_iter().filter_map(|known| {
        let candidate = known.to_lowercase();
        let distance = distance(&wanted, &candidate);
        // A name that was cut short or made longer is near, however much is missing.
        let contained =
            wanted.len() >= 4 && (candidate.starts_with(&wanted) || wanted.starts_with(&candidate));
        let largest = (wanted.chars().count() / 3).max(1);
        let near = distance <= largest || (contained && candidate.len() >= 4);
        near.then_some((distance, known))
    });
    // The first of equally near ones.
    ranked
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// The key that an argument of the SDK's configuration classes is written as.
pub(super) fn key_of_sdk_argument(name: &str) -> Option<&'static str> {
    SDK_ARGUMENTS
        .iter()
        .find(|(argument, _)| *argument == name)
        .map(|(_, key)| *key)
}

const SDK_ARGUMENTS: [(&str, &str); 14] = [
    ("facet_name", "facet"),
    ("facets", "facet"),
    ("facet_values_or_threshold", "value_or_threshold"),
    ("values_or_threshold", "value_or_threshold"),
    ("name", "name_or_index"),
    ("group_name", "group_variable"),
    ("joinsource", "joinsource_name_or_index"),
    ("segmentation_config", "segment_config"),
    ("instance_count", "initial_instance_count"),
    ("model_config", "predictor"),
    ("time_series_model_config", "time_series_predictor_config"),
    ("s3_data_input_path", "dataset_uri"),
    ("pre_training_methods", "pre_training_bias"),
    ("post_training_methods", "post_training_bias"),
];

/// Edits that make one text of the other: letters put in, left out, replaced, or swapped
/// with their neighbour (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let mut best = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && *letter == right[column - 1] && left[row - 1] == *other;
            if swapped {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = last;
        last = current;
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        let known = [
            "facet",
            "label",
            "label_values_or_threshold",
            "headers",
            "CI",
            "DPL",
        ];
        assert_eq!(nearest(name, known), expected);
    }

    #[test]
    fn a_slip_finds_the_name() {
        check("facte", Some("facet"));
        check("header", Some("headers"));
        check("Label", Some("label"));
        check("dpl", Some("DPL"));
    }

    #[test]
    fn a_name_cut_short_finds_the_long_one() {
        check("label_values", Some("label_values_or_threshold"));
    }

    #[test]
    fn a_name_unlike_all_finds_none() {
        check("colour", None);
        check("XY", None);
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
