//! Datasets joined by an id.

use futures::{StreamExt, TryStreamExt};
use probity_data::location::SourceFile;
use probity_data::{ColumnChoice, Format, JoinSide, ReadOptions, join, resolve_in_table};
use proptest::prelude::proptest;

use crate::reading::{Table, lines, options, read_dataset};

/// The files of each dataset, the main one first, and its column with the ids.
type Sides<'s> = &'s [(&'s [(&'s str, &'s str)], &'s str)];

/// Reads datasets joined, of which the main one is cut into blocks of `block_size_bytes`.
fn read_joined(sides: Sides<'_>, block_size_bytes: u64) -> Result<Table, String> {
    let folder = tempfile::tempdir().unwrap();
    let prefix = format!("{}/", folder.path().display());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let told = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}"));
        format!("{error}{}", cause.unwrap_or_default()).replace(&prefix, "")
    };
    runtime.block_on(async {
        let mut opened = Vec::new();
        for (files, id) in sides {
            let mut sources = Vec::new();
            for (name, text) in *files {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                sources.push(SourceFile::local(path));
            }
            let read = ReadOptions {
                block_size_bytes: if opened.is_empty() {
                    block_size_bytes
                } else {
                    64 << 20
                },
                ..options()
            };
            opened.push(JoinSide {
                dataset: probity_data::open(sources, read).await.unwrap(),
                id: ColumnChoice::from(*id),
            });
        }
        let main = opened.remove(0);
        let dataset = join(main, opened).await.map_err(|error| told(&error))?;
        let table = read_dataset(&dataset).await.map_err(|error| told(&error))?;
        let notes = table.notes.iter().map(|note| note.replace(&prefix, ""));
        Ok(Table {
            notes: notes.collect(),
            ..table
        })
    })
}

#[track_caller]
fn check(sides: Sides<'_>, columns: &str, rows: &[&str], notes: &[&str]) {
    for block_size_bytes in [1, 20, 1 << 20] {
        let table = read_joined(sides, block_size_bytes).unwrap();
        assert_eq!(table.columns.join("|"), columns);
        assert_eq!(lines(&table), rows);
        assert_eq!(table.notes, notes);
    }
}

#[track_caller]
fn check_error(sides: Sides<'_>, expected: &str) {
    assert_eq!(read_joined(sides, 64).unwrap_err(), expected);
}

#[test]
fn rows_come_in_the_order_of_the_main_dataset() {
    check(
        &[
            (&[("a.csv", "id,x\n3,c\n1,a\n2,b\n1,d\n")], "id"),
            (&[("b.csv", "y,key\nthree,3\none,1\ntwo,2\n")], "key"),
        ],
        "id|x|y",
        &["3|c|three", "1|a|one", "2|b|two", "1|d|one"],
        &[],
    );
}

#[test]
fn what_has_no_partner_is_left_out_and_counted() {
    check(
        &[
            (&[("a.csv", "id,x\n3,c\n1,a\n,n\n2,b\n")], "id"),
            (&[("b.csv", "id,y\n1,one\n9,nine\n,none\n2,two\n")], "id"),
            (&[("c.csv", "id,z\n2,2.0\n1,1.0\n")], "id"),
        ],
        "id|x|y|z",
        &["1|a|one|1.0", "2|b|two|2.0"],
        &[
            "2 of 4 records have no record with their id in `b.csv` and are left out",
            "2 of 4 records of `b.csv` have an id that no other record has and are left out",
            "2 of 4 records have no record with their id in `c.csv` and are left out",
        ],
    );
}

#[test]
fn ids_of_whole_numbers_are_the_same_with_zeros_after_the_point() {
    check(
        &[
            (&[("a.csv", "id,x\n1.0,a\n2,b\n")], "id"),
            (&[("b.csv", "id,y\n1,one\n2.00,two\n")], "id"),
        ],
        "id|x|y",
        &["1.0|a|one", "2|b|two"],
        &[],
    );
}

#[test]
fn the_id_column_can_be_named_by_its_position() {
    check(
        &[
            (&[("a.csv", "x,id\na,1\n")], "1"),
            (&[("b.csv", "key,y\n1,one\n")], "0"),
        ],
        "x|id|y",
        &["a|1|one"],
        &[],
    );
}

#[test]
fn formats_can_be_joined_with_each_other() {
    check(
        &[
            (
                &[("a.jsonl", "{\"id\":1,\"x\":1.50}\n{\"x\":2,\"id\":2}\n")],
                "id",
            ),
            (&[("b.csv", "id,y\n2,two\n1,one\n")], "id"),
        ],
        "id|x|y",
        &["1|1.50|one", "2|2|two"],
        &[],
    );
    check(
        &[
            (&[("a.csv", "id,x\n1,a\n2,b\n")], "id"),
            (
                &[("b.jsonl", "{\"id\":2,\"y\":7}\n{\"id\":1,\"late\":true}\n")],
                "id",
            ),
        ],
        "id|x|y|late",
        &["1|a|·|true", "2|b|7|·"],
        &[],
    );
}

#[test]
fn a_dataset_can_be_in_several_files() {
    check(
        &[
            (&[("a.csv", "id,x\n1,a\n"), ("b.csv", "x,id\nb,2\n")], "id"),
            (
                &[("c.csv", "id,y\n2,two\n"), ("d.csv", "y,id\none,1\n")],
                "id",
            ),
        ],
        "id|x|y",
        &["1|a|one", "2|b|two"],
        &[],
    );
}

#[test]
fn an_id_that_stands_twice_is_an_error_with_both_places() {
    check_error(
        &[
            (&[("a.csv", "id\n1\n")], "id"),
            (&[("b.csv", "id\n1\n2\n"), ("c.csv", "id\n3\n2.0\n")], "id"),
        ],
        "the id `2` stands twice in data that are to be joined: in record 2 of `b.csv` and record 2 of `c.csv`; each id may stand there once",
    );
}

#[test]
fn an_id_column_that_is_not_there_is_an_error() {
    let message = "no column named `idd`; the columns are `id`, `x`";
    check_error(
        &[
            (&[("a.csv", "id,x\n1,2\n")], "idd"),
            (&[("b.csv", "id\n1\n")], "id"),
        ],
        &format!("`a.csv` cannot be joined: {message}"),
    );
    check_error(
        &[
            (&[("a.csv", "id\n1\n")], "id"),
            (&[("b.csv", "id,x\n1,2\n")], "idd"),
        ],
        &format!("`b.csv` cannot be joined: {message}"),
    );
}

#[test]
fn a_name_of_both_datasets_is_found_in_each() {
    let sides: Sides<'_> = &[
        (&[("a.csv", "id,age,x\n1,39,a\n")], "id"),
        (&[("b.csv", "id,age,sex\n1,40,F\n")], "id"),
    ];
    check(sides, "id|age|x|age.1|sex", &["1|39|a|40|F"], &[]);
    let table = read_joined(sides, 64).unwrap();
    let schema = &table.schemas[0];
    let position = |choice: &str, table| resolve_in_table(&choice.into(), schema, table);
    assert_eq!(position("age", 0), Ok(1));
    assert_eq!(position("age", 1), Ok(3));
    assert_eq!(position("1", 1), Ok(4));
    assert!(position("x", 1).is_err());
}

#[test]
fn a_name_of_both_is_an_error_where_columns_appear_as_they_may() {
    check_error(
        &[
            (&[("a.jsonl", "{\"id\":1,\"x\":1}\n")], "id"),
            (&[("b.csv", "id,x\n1,2\n")], "id"),
        ],
        "`a.jsonl`: two columns are called `x`; rename one of them",
    );
}

#[test]
fn some_columns_can_be_read_of_a_joined_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        SourceFile::local(path)
    };
    let sources = [
        file("a.csv", "id,x,z\n1,a,q\n2,b,r\n"),
        file("b.csv", "id,y,v\n2,two,0\n1,one,1\n"),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut sides = Vec::new();
        for source in sources {
            let read = ReadOptions {
                format: Some(Format::Csv),
                ..options()
            };
            sides.push(JoinSide {
                dataset: probity_data::open(vec![source], read).await.unwrap(),
                id: "id".into(),
            });
        }
        let main = sides.remove(0);
        let dataset = join(main, sides).await.unwrap();
        let partition = dataset.partitions().try_next().await.unwrap().unwrap();
        for (columns, names) in [
            (vec![3, 1], "y x"),
            (vec![4], "v"),
            (vec![2], "z"),
            (vec![], ""),
        ] {
            let mut batches = partition.stream(Some(columns)).unwrap();
            let batch = batches.next().await.unwrap().unwrap();
            let schema = batch.schema();
            let found: Vec<&str> = schema
                .fields()
                .iter()
                .map(|field| field.name().as_str())
                .collect();
            assert_eq!(found.join(" "), names);
            assert_eq!(batch.num_rows(), 2);
        }
        assert!(partition.stream(Some(vec![5])).is_err());
    });
}

proptest! {
    #[test]
    fn a_join_is_that_of_each_row_by_hand(
        main in proptest::collection::vec(0_u8..12, 0..30),
        other in proptest::collection::hash_set(0_u8..12, 0..12),
    ) {
        let mut text = "id,row\n".to_owned();
        for (row, id) in main.iter().enumerate() {
            text.push_str(&format!("{id},{row}\n"));
        }
        let others: String = other.iter().map(|id| format!("{id},v{id}\n")).collect();
        let table = read_joined(
            &[
                (&[("a.csv", &text)], "id"),
                (&[("b.csv", &format!("id,value\n{others}"))], "id"),
            ],
            16,
        )
        .unwrap();
        let expected: Vec<String> = main
            .iter()
            .enumerate()
            .filter(|(_, id)| other.contains(id))
            .map(|(row, id)| format!("{id}|{row}|v{id}"))
            .collect();
        assert_eq!(lines(&table), expected);
        let unmatched = main.iter().filter(|id| !other.contains(id)).count();
        let note = format!("{unmatched} of {} records have no record", main.len());
        let is_noted = table.notes.iter().any(|found| found.starts_with(&note));
        assert_eq!(is_noted, unmatched > 0);
    }
}
