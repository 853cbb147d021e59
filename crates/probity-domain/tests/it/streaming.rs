//! Statistics whose features are made one at a time.

use probity_domain::document::statistics::{Statistics, write_statistics};

use crate::{golden, written};

#[test]
fn features_made_one_at_a_time_give_the_same_bytes() {
    let whole = Statistics::from_json(&golden("statistics/numeric.json")).unwrap();
    let at_once = written(|out| whole.write_json(out));
    let dataset = whole.dataset.clone();
    let streamed = written(|out| write_statistics(out, dataset, whole.features));
    assert_eq!(streamed, at_once);
}

#[test]
fn statistics_of_no_columns_have_an_empty_list() {
    let mut whole = Statistics::from_json(&golden("statistics/numeric.json")).unwrap();
    whole.features.clear();
    let dataset = whole.dataset.clone();
    let streamed = written(|out| write_statistics(out, dataset, whole.features));
    assert!(streamed.ends_with("\"features\" : [ ]\n}"), "{streamed}");
}
