//! What somebody may have meant by a name that is not known: the nearest known one by edit
//! distance, and the names that arguments of the SageMaker Python SDK have.

/// The known name that `name` was probably meant to be: a slip of it, or a shorter or longer
/// form.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    slip_of(name, known).or_else(|| other_length_of(name, known))
}

/// The known name that a few edits make of `name`.
pub(super) fn slip_of<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let wanted = name.to_lowercase();
    let largest = (wanted.chars().count() / 3).max(1);
    let distances = known
        .iter()
        .map(|known| (distance(&wanted, &known.to_lowercase()), *known));
    let near = distances.filter(|(distance, _)| *distance <= largest);
    // The first of equally near ones.
    let nearest = near.min_by_key(|(distance, _)| *distance);
    nearest.map(|(_, known)| known)
}

/// Beginnings shorter than this say nothing.
const SHORTEST_BEGINNING: usize = 4;

/// The known name that begins with `name`, or else the longest with which `name` begins.
pub(super) fn other_length_of<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let wanted = name.to_lowercase();
    let begins = |text: &str, beginning: &str| {
        beginning.len() >= SHORTEST_BEGINNING && text.starts_with(beginning)
    };
    let mut longer = known.iter().copied();
    let longer = longer.find(|known| begins(&known.to_lowercase(), &wanted));
    let shorter = known.iter().copied();
    longer.or_else(|| {
        let shorter = shorter.filter(|known| begins(&wanted, &known.to_lowercase()));
        shorter.max_by_key(|known| known.len())
    })
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
        assert_eq!(nearest(name, &known), expected);
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
    fn a_name_made_longer_finds_the_longest_beginning() {
        check(
            "label_values_or_thresholds_of_income",
            Some("label_values_or_threshold"),
        );
        check("labelled_data", Some("label"));
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
