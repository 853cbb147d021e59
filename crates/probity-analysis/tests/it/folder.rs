//! What every test needs: a temporary folder with data, and analyses run on it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use probity_analysis::data_quality::{
    AnalysisError, CheckOptions, CheckOutcome, Input, ResultDocuments, StoredResult, Surroundings,
    Verdict, check, load_baseline, profile,
};
use probity_data::dataset::ReadOptions;
use probity_data::location::{Environment, OutputFolder};
use probity_domain::document::constraints::CategoricalDriftMethod;
use tempfile::TempDir;

pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn location(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self.location(name)
    }
}

pub(crate) fn input(location: &str) -> Input {
    Input {
        location: location.to_owned(),
        read: ReadOptions::default(),
        redacted: BTreeSet::new(),
        threads: NonZeroUsize::new(2).unwrap(),
    }
}

/// Runs `work` on a runtime of its own, as the command does.
pub(crate) fn run<T>(work: impl AsyncFnOnce(Surroundings<'_>) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let environment = Environment::default();
    runtime.block_on(work(Surroundings {
        environment: &environment,
        progress: &|_| {},
        on_size: &|_| {},
    }))
}

pub(crate) fn profiled(input: &Input) -> Result<ResultDocuments, AnalysisError> {
    run(async |surroundings| profile(input, CategoricalDriftMethod::LInfinity, surroundings).await)
}

pub(crate) fn checked(today: &Input, baseline: &str) -> Result<CheckOutcome, AnalysisError> {
    run(async |surroundings| {
        let baseline = load_baseline(baseline, today, surroundings).await?;
        let mut today = today.clone();
        today.redacted = baseline.redacted();
        let options = CheckOptions {
            verdict: Verdict::Aws,
            false_discovery_rate: 0.05,
        };
        check(&today, &baseline, options, surroundings).await
    })
}

pub(crate) fn written(documents: &ResultDocuments, folder: &str) {
    run(async |surroundings| {
        let output = OutputFolder::create(folder, surroundings.environment)
            .await
            .unwrap();
        documents.write(output).await.unwrap();
    });
}

pub(crate) fn stored(folder: &str) -> StoredResult {
    run(async |surroundings| {
        StoredResult::open(folder, surroundings.environment)
            .await
            .unwrap()
    })
}

/// A table of `rows` people with numbers, texts, missing values and a free text.
pub(crate) fn people(rows: usize, shift: f64) -> String {
    let mut text = String::from("age,income,city,active,note\n");
    for row in 0..rows {
        let noise = (row.wrapping_mul(2_654_435_761) % 1000) as f64 / 1000.0;
        let age = 20 + (row * 7) % 50;
        let income = 1000.0 + 400.0 * noise + shift;
        let city = ["Oslo", "Bergen", "Tromsø"][(row * 5) % 3];
        let active = row % 4 != 0;
        let income = if row % 17 == 0 {
            String::new()
        } else {
            format!("{income:.2}")
        };
        writeln!(text, "{age},{income},{city},{active},row number {row}").unwrap();
    }
    text
}
