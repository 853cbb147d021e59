//! Dictionary-encoded columns, and other layouts of text, say the same as plain text.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, DictionaryArray, LargeStringArray, StringArray, StringViewArray,
};
use arrow::datatypes::Int8Type;
use probity_metrics::summary::Summary;

use crate::summary_column::summary;

#[test]
fn all_kinds_of_text_arrays_agree() {
    let cells = vec![Some("a"), None, Some("b"), Some("a")];
    let expected = summary(&[&StringArray::from(cells.clone())]).to_bytes();
    let dictionary: DictionaryArray<Int8Type> = cells.iter().copied().collect();
    let arrays: [&dyn Array; 3] = [
        &LargeStringArray::from(cells.clone()),
        &StringViewArray::from(cells.clone()),
        &dictionary,
    ];
    for array in arrays {
        assert_eq!(
            summary(&[array]).to_bytes(),
            expected,
            "{}",
            array.data_type()
        );
    }
}

#[test]
fn a_dictionary_beyond_the_table_counts_as_its_rows() {
    let cells: Vec<String> = (0..5_000).map(|i| format!("v{}", i * i % 997)).collect();
    let plain: StringArray = cells.iter().map(Some).collect();
    let words: DictionaryArray<arrow::datatypes::Int32Type> =
        cells.iter().map(|cell| Some(cell.as_str())).collect();
    let expected = summary(&[&plain]).to_bytes();
    assert_eq!(summary(&[&words]).to_bytes(), expected);
    let batches: Vec<ArrayRef> = (0..5)
        .map(|i| words.slice(i * 1_000, 1_000))
        .map(|b| Arc::new(b) as ArrayRef)
        .collect();
    let batches: Vec<&dyn Array> = batches.iter().map(|batch| batch.as_ref()).collect();
    assert_eq!(summary(&batches).to_bytes(), expected);
}

#[test]
fn a_dictionary_of_numbers_keeps_the_order_of_rows() {
    let cells: Vec<String> = (0..5_000).map(|i| (i * i % 101).to_string()).collect();
    let plain: StringArray = cells.iter().map(Some).collect();
    let words: DictionaryArray<arrow::datatypes::Int32Type> =
        cells.iter().map(|cell| Some(cell.as_str())).collect();
    assert_eq!(summary(&[&words]).to_bytes(), summary(&[&plain]).to_bytes());
}

#[test]
fn words_of_another_dictionary_are_read_anew() {
    let dictionary = |words: [&'static str; 3]| -> DictionaryArray<Int8Type> {
        words.into_iter().map(Some).collect()
    };
    let (first, second) = (dictionary(["a", "b", "a"]), dictionary(["c", "d", "d"]));
    let plain = StringArray::from(vec!["a", "b", "a", "c", "d", "d"]);
    assert_eq!(
        summary(&[&first, &second]).to_bytes(),
        summary(&[&plain]).to_bytes()
    );
}

#[test]
fn the_words_of_a_dictionary_count_as_memory() {
    let cells: Vec<String> = (0..200).map(|i| format!("{i:0>1000}")).collect();
    let words: DictionaryArray<arrow::datatypes::Int32Type> =
        cells.iter().map(|cell| Some(cell.as_str())).collect();
    let plain: StringArray = cells.iter().map(Some).collect();
    let more = summary(&[&words]).heap_size_bytes() - summary(&[&plain]).heap_size_bytes();
    assert!(more >= 200 * 1000, "{more}");
}
