//! Parquet files.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray, ListArray,
    RecordBatch, StringArray, StructArray,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use futures::TryStreamExt;
use probity_data::location::SourceFile;
use probity_data::{Nested, Projection, ReadOptions};

use crate::reading::{check_error, lines, options, read, read_sources, small_blocks};

fn parquet(columns: Vec<(&str, ArrayRef)>, rows_per_group: usize) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_per_group))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn numbers(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[test]
fn typed_columns_are_read() {
    let file = parquet(
        vec![("n", numbers([1, 2])), ("t", texts(&[Some("x"), None]))],
        100,
    );
    let table = read(&[("a.parquet", &file)], options()).unwrap();
    assert_eq!(table.columns, ["n", "t"]);
    assert_eq!(lines(&table), ["1|x", "2|·"]);
}

#[test]
fn row_groups_are_runs_of_at_least_a_block() {
    let file = parquet(vec![("n", numbers(0..1000))], 100);
    let partitions = |block_size| {
        let table = read(&[("a.parquet", &file)], small_blocks(block_size)).unwrap();
        assert_eq!(
            lines(&table),
            (0..1000)
                .map(|value: i64| value.to_string())
                .collect::<Vec<_>>()
        );
        table.partitions
    };
    assert_eq!(partitions(1 << 20), 1);
    assert_eq!(partitions(1), 10);
    // A group of a hundred numbers holds 900 bytes or so.
    assert_eq!(partitions(1000), 5);
}

#[test]
fn text_with_a_dictionary_keeps_it_and_other_text_does_not() {
    let distinct: Vec<String> = (0..200_000).map(|row| format!("{row:020}")).collect();
    let repeated: Vec<&str> = (0..200_000).map(|row| ["a", "b"][row % 2]).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("d", Arc::new(StringArray::from(distinct))),
        ("r", Arc::new(LargeStringArray::from(repeated))),
    ];
    let file = parquet(columns, 1 << 20);
    let (types, _) = first_partition(&file, None);
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    assert_eq!(types, [DataType::Utf8, dictionary]);
}

/// Types and first row of the columns asked for.
fn first_partition(file: &[u8], columns: Option<Vec<usize>>) -> (Vec<DataType>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    std::fs::write(&path, file).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let dataset = probity_data::open(vec![SourceFile::local(path)], options())
            .await
            .unwrap();
        let partition = dataset.partitions().try_next().await.unwrap().unwrap();
        assert_eq!(partition.projection(), Projection::Cheap);
        let batches: Vec<RecordBatch> = partition
            .stream(columns)
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let types = batches[0]
            .schema()
            .fields()
            .iter()
            .map(|field| field.data_type().clone())
            .collect();
        let names = batches[0]
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        (types, names)
    })
}

#[test]
fn columns_are_read_in_the_order_asked_for() {
    let file = parquet(
        vec![
            ("a", numbers([1])),
            ("b", texts(&[Some("x")])),
            ("c", numbers([3])),
        ],
        10,
    );
    assert_eq!(first_partition(&file, Some(vec![2, 0])).1, ["c", "a"]);
    assert_eq!(first_partition(&file, Some(vec![1])).1, ["b"]);
}

fn nested() -> Vec<u8> {
    let members: Vec<(Arc<Field>, ArrayRef)> = vec![
        (
            Arc::new(Field::new("x", DataType::Int64, true)),
            numbers([1, 2, 3]),
        ),
        (
            Arc::new(Field::new("y", DataType::Utf8, true)),
            texts(&[Some("p"), Some("q"), None]),
        ),
    ];
    let (fields, arrays): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    let record = StructArray::new(
        fields.into(),
        arrays,
        Some(NullBuffer::from(vec![true, false, true])),
    );
    parquet(vec![("s", Arc::new(record)), ("n", numbers([7, 8, 9]))], 10)
}

#[test]
fn structs_are_refused_or_flattened() {
    check_error(
        &[("a.parquet", &nested())],
        options(),
        "`a.parquet`: column `s` holds nested members, which cannot be summarised; pass `--flatten` to make them columns",
    );
    let flatten = ReadOptions {
        nested: Nested::Flatten,
        ..options()
    };
    let table = read(&[("a.parquet", &nested())], flatten).unwrap();
    assert_eq!(table.columns, ["s.x", "s.y", "n"]);
    assert_eq!(lines(&table), ["1|p|7", "·|·|8", "3|·|9"]);
    let from_s = ["s.x", "s.y"].map(|name| (name.to_owned(), "s".to_owned()));
    assert_eq!(table.original_names, from_s.into());
}

#[test]
fn two_columns_of_one_name_are_an_error() {
    let file = parquet(vec![("a", numbers([1])), ("a", numbers([2]))], 10);
    check_error(
        &[("a.parquet", &file)],
        options(),
        "`a.parquet`: two columns are called `a`; rename one of them",
    );
}

#[test]
fn lists_are_refused_with_their_column() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]);
    let file = parquet(vec![("l", Arc::new(list))], 10);
    let flatten = ReadOptions {
        nested: Nested::Flatten,
        ..options()
    };
    check_error(
        &[("a.parquet", &file)],
        flatten,
        "`a.parquet`: column `l` holds lists, which cannot be summarised; leave it out, or make columns of its elements beforehand",
    );
}

#[test]
fn binary_data_are_refused_with_their_column() {
    let bytes = BinaryArray::from_vec(vec![b"x"]);
    let file = parquet(vec![("n", numbers([1])), ("b", Arc::new(bytes))], 10);
    check_error(
        &[("a.parquet", &file)],
        options(),
        "`a.parquet`: column `b` holds binary data, which cannot be summarised; leave it out",
    );
}

#[test]
fn parquet_under_a_name_for_text_is_an_error() {
    let file = parquet(vec![("n", numbers([1]))], 10);
    for (name, read_as) in [("y.csv", "csv"), ("y.tsv", "csv")] {
        check_error(
            &[(name, &file)],
            options(),
            &format!(
                "`{name}` was to be read as {read_as}, but holds parquet; give `--format parquet`"
            ),
        );
    }
    assert_eq!(
        read(&[("y.json", &file)], options()).unwrap().columns,
        ["n"]
    );
}

#[test]
fn files_may_differ_in_width_of_numbers_and_order_of_columns() {
    let first = parquet(
        vec![
            ("a", numbers([1])),
            ("b", Arc::new(Int32Array::from(vec![2]))),
        ],
        10,
    );
    let second = parquet(
        vec![
            ("b", Arc::new(Float64Array::from(vec![0.5]))),
            ("a", Arc::new(Int32Array::from(vec![3]))),
        ],
        10,
    );
    let table = read(&[("a.parquet", &first), ("b.parquet", &second)], options()).unwrap();
    assert_eq!(table.columns, ["a", "b"]);
    assert_eq!(lines(&table), ["1|2", "3|0.5"]);
}

#[test]
fn files_that_differ_in_kind_or_names_are_errors_that_name_both() {
    let number = parquet(vec![("a", numbers([1]))], 10);
    let text = parquet(vec![("a", Arc::new(LargeStringArray::from(vec!["x"])))], 10);
    let other = parquet(vec![("b", numbers([1]))], 10);
    check_error(
        &[("a.parquet", &number), ("b.parquet", &text)],
        options(),
        "column `a` holds integers in `a.parquet` but strings in `b.parquet`",
    );
    check_error(
        &[("a.parquet", &number), ("b.parquet", &other)],
        options(),
        "the columns of `b.parquet` are not those of `a.parquet`: missing `a`; extra `b`",
    );
}

#[test]
fn truncated_files_are_errors() {
    let file = parquet(vec![("n", numbers(0..1000))], 100);
    let message = "`a.parquet` is not a readable Parquet file; it may be truncated or damaged";
    for size in [1, 4, 8, 100, file.len() / 2, file.len() - 1] {
        check_error(&[("a.parquet", &file[..size])], options(), message);
    }
}

#[test]
fn a_page_that_claims_to_be_huge_is_an_error_before_there_is_room_for_it() {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .build();
    let batch = RecordBatch::try_from_iter([("n", numbers([7; 100]))]).unwrap();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    // After the magic number the page's type, then its uncompressed size in two bytes. Five take their place;
    // the footer is read from the end and finds the page where it was.
    assert_eq!(file[4..7], [0x15, 0x00, 0x15]);
    file.splice(7..9, [0xfe, 0xff, 0xff, 0xff, 0x0f]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    std::fs::write(&path, file).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let error = runtime
        .block_on(read_sources(vec![SourceFile::local(path)], options()))
        .unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        cause,
        "a page claims to hold 2147483647 bytes, more than the 268435456 that can be read"
    );
}

#[test]
fn damaged_bytes_never_panic() {
    let file = parquet(
        vec![("n", numbers(0..50)), ("t", texts(&[Some("x"); 50]))],
        20,
    );
    let mut errors = 0;
    for at in (0..file.len()).step_by(3) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x5a;
        errors += usize::from(read(&[("a.parquet", &damaged)], options()).is_err());
    }
    assert!(
        errors > file.len() / 30,
        "{errors} of {} damages were noticed",
        file.len()
    );
}

#[test]
fn a_file_without_rows_has_its_columns() {
    let file = parquet(vec![("n", numbers([]))], 10);
    let table = read(&[("a.parquet", &file)], options()).unwrap();
    assert_eq!(
        (table.columns.as_slice(), table.rows.len()),
        (["n".to_owned()].as_slice(), 0)
    );
}
