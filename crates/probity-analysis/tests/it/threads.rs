//! The number of cores never shows in a document.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use probity_analysis::data_quality::Input;

use crate::folder::{Folder, checked, input, people, profiled, written};

/// Names and bytes of every file in a folder.
pub(crate) fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn with_threads(location: &str, threads: usize) -> Input {
    let mut input = input(location);
    input.threads = NonZeroUsize::new(threads).unwrap();
    // Small blocks, so that a small file has many partitions.
    input.read.block_size_bytes = 4096;
    input
}

#[test]
fn every_document_has_the_same_bytes_at_1_2_and_8_threads() {
    let folder = Folder::new();
    for part in 0..5 {
        folder.write(&format!("data/part-{part}.csv"), &people(900 + part, 0.0));
    }
    folder.write("today.csv", &people(2000, 80.0));
    let mut all = Vec::new();
    for threads in [1, 2, 8] {
        let baseline = folder.location(&format!("baseline-{threads}"));
        written(
            &profiled(&with_threads(&folder.location("data"), threads)).unwrap(),
            &baseline,
        );
        let result = folder.location(&format!("check-{threads}"));
        let today = with_threads(&folder.location("today.csv"), threads);
        // One baseline for all: its address is part of the result.
        let outcome = checked(&today, &folder.location("baseline-1")).unwrap();
        written(&outcome.documents, &result);
        all.push((contents(Path::new(&baseline)), contents(Path::new(&result))));
    }
    assert!(all[0].0.len() >= 5 && all[0].1.len() >= 7);
    assert!(all[0] == all[1], "documents differ between 1 and 2 threads");
    assert!(all[0] == all[2], "documents differ between 1 and 8 threads");
}

#[test]
fn a_wide_table_has_the_same_bytes_at_1_2_and_8_threads() {
    let folder = Folder::new();
    let names: Vec<String> = (0..700).map(|column| format!("c{column}")).collect();
    let mut text = names.join(",") + "\n";
    for row in 0..60 {
        let values = (0..700).map(|column| ((row * 31 + column * 7) % 97).to_string());
        text.push_str(&(values.collect::<Vec<_>>().join(",") + "\n"));
    }
    let location = folder.write("wide.csv", &text);
    let mut all = Vec::new();
    for threads in [1, 2, 8] {
        let result = folder.location(&format!("wide-{threads}"));
        written(
            &profiled(&with_threads(&location, threads)).unwrap(),
            &result,
        );
        all.push(contents(Path::new(&result)));
    }
    assert!(
        all[0] == all[1] && all[0] == all[2],
        "documents differ between threads"
    );
}
