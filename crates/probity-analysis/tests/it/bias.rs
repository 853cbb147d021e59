//! Bias analyses on real files: one answer for every format and number of cores, joins,
//! segments, and refusals.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::Path;

use probity_analysis::bias::{
    BiasCheckOptions, BiasDepth, BiasDocuments, BiasError, BiasRequest, Extended, Source,
    StoredBias, analyse, check,
};
use probity_data::dataset::ReadOptions;
use probity_data::location::OutputFolder;
use probity_domain::document::analysis_config::AnalysisConfig;
use probity_report::Verdict;

use crate::folder::{Folder, run};
use crate::threads::contents;

/// Loans of two sexes: `sex,age,income,region,repaid,said`.
fn loans(rows: usize) -> Vec<[String; 6]> {
    (0..rows)
        .map(|row| {
            let sex = if row % 3 == 0 { "F" } else { "M" };
            let repaid = usize::from((row * 7) % 10 < if sex == "F" { 4 } else { 6 });
            let said = usize::from((row * 13 + repaid * 40) % 100 < 60);
            [
                sex.to_owned(),
                (20 + (row * 17) % 50).to_string(),
                (1000 + (row * 37) % 900).to_string(),
                ["n", "s", "w"][row % 5 % 3].to_owned(),
                repaid.to_string(),
                said.to_string(),
            ]
        })
        .collect()
}

const NAMES: [&str; 6] = ["sex", "age", "income", "region", "repaid", "said"];

fn csv(rows: &[[String; 6]]) -> String {
    let mut text = NAMES.join(",") + "\n";
    for row in rows {
        text.push_str(&(row.join(",") + "\n"));
    }
    text
}

fn json_lines(rows: &[[String; 6]]) -> String {
    let mut text = String::new();
    for [sex, age, income, region, repaid, said] in rows {
        writeln!(
            text,
            r#"{{"x":["{sex}",{age},{income},"{region}"],"y":{repaid},"p":{{"said":{said}}}}}"#
        )
        .unwrap();
    }
    text
}

fn config(dataset_type: &str, more: &str) -> AnalysisConfig {
    let text = format!(
        r#"{{"dataset_type": "{dataset_type}", "label_values_or_threshold": [1],
             "facet": [{{"name_or_index": "sex", "value_or_threshold": ["F"]}}],
             "group_variable": "region", "excluded_columns": ["region"],
             "methods": {{"pre_training_bias": {{"methods": "all"}},
                          "post_training_bias": {{"methods": "all"}}}}, {more}}}"#
    );
    AnalysisConfig::from_json(text.as_bytes()).unwrap()
}

fn csv_config(more: &str) -> AnalysisConfig {
    config(
        "text/csv",
        &format!(r#""label": "repaid", "predicted_label": "said" {more}"#),
    )
}

fn request(config: AnalysisConfig, location: &str, threads: usize) -> BiasRequest {
    BiasRequest {
        config,
        source: Source::Configured {
            data: Some(location.to_owned()),
            read: Box::default(),
            files: None,
        },
        redacted: Default::default(),
        threads: NonZeroUsize::new(threads).unwrap(),
        depth: BiasDepth {
            extended: Extended::Included,
            minimum_cell: 30,
        },
        model: None,
    }
}

fn analysed(request: &BiasRequest) -> Result<BiasDocuments, BiasError> {
    run(async |surroundings| analyse(request, surroundings).await)
}

fn text(documents: &BiasDocuments) -> String {
    let mut bytes = Vec::new();
    documents.analysis.write_json(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn csv_and_json_lines_and_json_give_one_answer() {
    let folder = Folder::new();
    let rows = loans(900);
    let of_csv = analysed(&request(
        csv_config(""),
        &folder.write("loans.csv", &csv(&rows)),
        2,
    ))
    .unwrap();
    let headers = r#""headers": ["sex", "age", "income", "region", "repaid", "said"]"#;
    let lines = json_lines(&rows);
    let of_lines = analysed(&request(
        config(
            "application/jsonlines",
            &format!(r#"{headers}, "features": "x", "label": "y", "predicted_label": "p.said""#),
        ),
        &folder.write("loans.jsonl", &lines),
        2,
    ))
    .unwrap();
    let whole = format!("[{}]", lines.trim_end().replace('\n', ","));
    let of_json = analysed(&request(
        config(
            "application/json",
            &format!(
                r#"{headers}, "features": "[*].x", "label": "[*].y", "predicted_label": "[*].p.said""#
            ),
        ),
        &folder.write("loans.json", &whole),
        2,
    ))
    .unwrap();
    assert!(text(&of_csv).contains("\"FT\""));
    assert!(!text(&of_csv).contains("\"error\""), "{}", text(&of_csv));
    assert_eq!(text(&of_csv), text(&of_lines));
    assert_eq!(text(&of_csv), text(&of_json));
}

#[test]
fn every_document_has_the_same_bytes_at_1_2_and_8_threads() {
    let folder = Folder::new();
    let rows = loans(2500);
    for (part, rows) in rows.chunks(300).enumerate() {
        folder.write(&format!("data/part-{part}.csv"), &csv(rows));
    }
    let mut all = Vec::new();
    for threads in [1, 2, 8] {
        let request = BiasRequest {
            source: Source::Given {
                location: folder.location("data"),
                read: Box::new(ReadOptions {
                    block_size_bytes: 2048,
                    ..ReadOptions::default()
                }),
                files: None,
            },
            ..request(csv_config(""), "", threads)
        };
        let documents = analysed(&request).unwrap();
        let result = folder.location(&format!("result-{threads}"));
        run(async |surroundings| {
            let output = OutputFolder::create(&result, surroundings.environment)
                .await
                .unwrap();
            documents.write(output).await.unwrap();
        });
        all.push(contents(Path::new(&result)));
    }
    assert!(all[0].len() >= 4);
    assert!(
        all[0] == all[1] && all[0] == all[2],
        "documents differ between threads"
    );
}

/// The flip test needs each row's own group and prediction, wherever its part was read.
#[test]
fn parts_of_a_dataset_give_what_the_whole_gives() {
    let folder = Folder::new();
    // Sorted, so that values first appear in another order in every part.
    let mut rows = loans(900);
    rows.sort_by(|a, b| (&a[0], &a[5], &a[3]).cmp(&(&b[0], &b[5], &b[3])));
    for (part, rows) in rows.chunks(90).enumerate() {
        folder.write(&format!("data/part-{part}.csv"), &csv(rows));
    }
    let location = folder.write("whole.csv", &csv(&rows));
    let whole = analysed(&request(csv_config(""), &location, 2)).unwrap();
    let parts = analysed(&request(csv_config(""), &folder.location("data"), 2)).unwrap();
    assert_eq!(whole.probity.dataset.partitions, 1);
    assert_eq!(parts.probity.dataset.partitions, 10);
    assert!(whole.analysis.post_training_bias_metrics.is_some());
    assert_eq!(text(&whole), text(&parts));
}

#[test]
fn tables_are_joined_by_their_ids() {
    let folder = Folder::new();
    let rows = loans(600);
    let whole = analysed(&request(
        csv_config(""),
        &folder.write("loans.csv", &csv(&rows)),
        2,
    ))
    .unwrap();
    let mut main = String::from("id,age,income,region,repaid\n");
    let mut facets = String::from("id,sex\n");
    let mut predictions = String::new();
    for (id, [sex, age, income, region, repaid, said]) in rows.iter().enumerate() {
        writeln!(main, "{id},{age},{income},{region},{repaid}").unwrap();
        writeln!(facets, "{id},{sex}").unwrap();
        // Another order, and no header.
        predictions.insert_str(0, &format!("{id},{said}\n"));
    }
    let facets = folder.write("facets.csv", &facets);
    let predictions = folder.write("predictions.csv", &predictions);
    let config = config(
        "text/csv",
        &format!(
            r#""label": "repaid", "predicted_label": "said", "joinsource_name_or_index": "id",
               "facet_dataset_uri": "{facets}", "predicted_label_dataset_uri": "{predictions}",
               "predicted_label_headers": ["id", "said"]"#
        ),
    );
    let joined = analysed(&request(config, &folder.write("main.csv", &main), 2)).unwrap();
    assert_eq!(text(&whole), text(&joined));
}

#[test]
fn segments_cover_the_rows_and_are_measured_apart() {
    let folder = Folder::new();
    let location = folder.write("loans.csv", &csv(&loans(900)));
    let segments = r#", "segment_config": [{"config_name": "where", "name_or_index": "region",
        "segments": [["n"], ["s"]], "display_aliases": ["north", "south", "elsewhere"]}]"#;
    let documents = analysed(&request(csv_config(segments), &location, 2)).unwrap();
    let found = &documents.probity.segments;
    let names: Vec<&str> = found.iter().map(|part| part.segment.as_str()).collect();
    assert_eq!(names, ["north", "south", "elsewhere"]);
    assert_eq!(found.iter().map(|part| part.n).sum::<u64>(), 900);
    for part in found {
        assert_eq!(part.facets[0].metrics.len(), 21, "{}", part.segment);
    }
}

#[track_caller]
fn check_refusal(config: AnalysisConfig, rows: &[[String; 6]], expected: &str) {
    let folder = Folder::new();
    let location = folder.write("loans.csv", &csv(rows));
    let found = analysed(&request(config, &location, 2));
    let error = found
        .and_then(|documents| documents.refuse_unmeasurable())
        .unwrap_err();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    assert!(text.contains(expected), "{text}");
    assert!(error.is_bad_input());
}

#[test]
fn what_cannot_be_measured_is_told_by_its_name() {
    let rows = loans(200);
    let label = config(
        "text/csv",
        r#""label": "repayed", "predicted_label": "said""#,
    );
    check_refusal(label, &rows, "no column named `repayed`");
    let with_facet = |facet: &str| {
        let mut config = csv_config("");
        config.facet = AnalysisConfig::from_json(
            format!(r#"{{"dataset_type": "text/csv", "methods": {{}}, "facet": [{facet}]}}"#)
                .as_bytes(),
        )
        .unwrap()
        .facet;
        config
    };
    let absent = with_facet(r#"{"name_or_index": "gender", "value_or_threshold": ["F"]}"#);
    check_refusal(absent, &rows, "facet[0].name_or_index");
    let empty = with_facet(r#"{"name_or_index": "sex", "value_or_threshold": ["X"]}"#);
    check_refusal(empty, &rows, "no row is in the group `sex` = X");
    let all = with_facet(r#"{"name_or_index": "sex", "value_or_threshold": ["F", "M"]}"#);
    check_refusal(all, &rows, "every row is in the group");
    let headers = csv_config(r#", "headers": ["repaid", "said", "sex", "region"]"#);
    check_refusal(
        headers,
        &rows,
        "Headers in config do not match with the number of columns in the dataset",
    );
    let mut denied = rows.clone();
    for row in &mut denied {
        row[5] = "0".to_owned();
    }
    check_refusal(
        csv_config(""),
        &denied,
        "no prediction in `said` (`predicted_label`) is positive",
    );
}

#[test]
fn a_check_tells_chance_from_change() {
    let folder = Folder::new();
    let rows = loans(3000);
    let baseline = analysed(&request(
        csv_config(""),
        &folder.write("then.csv", &csv(&rows)),
        2,
    ))
    .unwrap();
    let stored = StoredBias {
        location: "baseline".to_owned(),
        analysis: baseline.analysis.clone(),
        probity: Some(baseline.probity.clone()),
    };
    let options = BiasCheckOptions {
        verdict: Verdict::Corrected,
        false_discovery_rate: 0.05,
    };
    let checked = |rows: &[[String; 6]], name: &str| {
        let request = request(csv_config(""), &folder.write(name, &csv(rows)), 2);
        run(async |surroundings| check(&request, &stored, options, surroundings).await).unwrap()
    };
    let same = checked(&rows, "same.csv");
    assert!(!same.is_violated(Verdict::Aws) && !same.is_violated(Verdict::Corrected));
    let mut worse = rows.clone();
    for (at, row) in worse.iter_mut().enumerate() {
        if row[0] == "F" && at % 2 == 0 {
            row[5] = "0".to_owned();
        }
    }
    let worse = checked(&worse, "worse.csv");
    assert!(worse.is_violated(Verdict::Aws) && worse.is_violated(Verdict::Corrected));
    let metrics = &worse.probity.check.as_ref().unwrap().metrics;
    let dppl = metrics.iter().find(|metric| metric.name == "DPPL").unwrap();
    assert!(dppl.violates_corrected && dppl.interval.as_ref().unwrap().low > 0.0);
    let labels = metrics.iter().find(|metric| metric.name == "DPL").unwrap();
    assert!(!labels.violates_aws && !labels.violates_corrected);
}
