//! Days merge into one without the rows.

use probity_analysis::data_quality::merge;

use crate::folder::{Folder, input, people, profiled, run, written};

#[test]
fn merged_days_count_what_the_whole_counts() {
    let folder = Folder::new();
    let (first, second) = (people(1000, 0.0), people(700, 50.0));
    let header_end = second.find('\n').unwrap() + 1;
    folder.write("1.csv", &first);
    folder.write("2.csv", &second);
    let whole = folder.write("whole.csv", &format!("{first}{}", &second[header_end..]));
    for day in ["1", "2"] {
        let documents = profiled(&input(&folder.location(&format!("{day}.csv")))).unwrap();
        written(&documents, &folder.location(day));
    }
    let merged = run(async |surroundings| {
        merge(
            &[folder.location("1"), folder.location("2")],
            surroundings.environment,
        )
        .await
        .unwrap()
    });
    let whole = profiled(&input(&whole)).unwrap();
    assert_eq!(merged.statistics.dataset, whole.statistics.dataset);
    for (merged, whole) in merged.probity.features.iter().zip(&whole.probity.features) {
        assert_eq!(merged.type_counts, whole.type_counts, "{}", whole.name);
        assert_eq!(merged.distinct, whole.distinct, "{}", whole.name);
        assert_eq!(merged.frequent, whole.frequent, "{}", whole.name);
    }
    for (merged, whole) in merged
        .statistics
        .features
        .iter()
        .zip(&whole.statistics.features)
    {
        let (Some(merged), Some(whole)) =
            (&merged.numerical_statistics, &whole.numerical_statistics)
        else {
            continue;
        };
        assert_eq!((merged.min, merged.max), (whole.min, whole.max));
        // 1,700 additions of numbers near 1,200: relative rounding below 1700 × 2⁻⁵².
        assert!((merged.mean / whole.mean - 1.0).abs() < 4e-13);
        assert!((merged.std_dev / whole.std_dev - 1.0).abs() < 4e-11);
    }
}

#[test]
fn a_folder_of_sagemaker_alone_merges_too() {
    let folder = Folder::new();
    let location = folder.write("1.csv", &people(500, 0.0));
    let documents = profiled(&input(&location)).unwrap();
    written(&documents, &folder.location("1"));
    std::fs::create_dir(folder.path("aws")).unwrap();
    std::fs::copy(
        folder.path("1/statistics.json"),
        folder.path("aws/statistics.json"),
    )
    .unwrap();
    let merged = run(async |surroundings| {
        merge(
            &[folder.location("1"), folder.location("aws")],
            surroundings.environment,
        )
        .await
        .unwrap()
    });
    assert_eq!(merged.statistics.dataset.item_count, 1000);
    let (mean, once) = (
        &merged.statistics.features[0],
        &documents.statistics.features[0],
    );
    let mean = mean.numerical_statistics.as_ref().unwrap().mean;
    let once = once.numerical_statistics.as_ref().unwrap().mean;
    assert!((mean / once - 1.0).abs() < 1e-12);
}
