//! The documents that a monitor's run left in a bucket, read for a page: with one deadline for all
//! of them, so that a bucket that never answers does not keep the page from being shown, and with
//! a limit of size.

use std::time::Duration;

use maud::{Markup, html};
use probity_analysis::bias::{BiasError, StoredBias};
use probity_analysis::data_quality::{AnalysisError, ComparedResult};
use probity_analysis::model_quality::StoredQuality;
use probity_app::dashboard::result::{MonitorResult, ResultRun};
use probity_data::location::{
    Environment, ReadLocation, StoredObject, list_folder, read_document, read_object,
};
use probity_domain::document::explanation_file::ExplanationFile;
use probity_domain::document::model_quality_file::ModelQualityFile;
use probity_domain::document::model_quality_statistics::ModelQualityStatistics;
use probity_domain::document::statistics::Statistics;

use super::visit::Visit;
use super::{shell, words};
use crate::report::Chain;

/// For all documents of a page.
const PATIENCE: Duration = Duration::from_secs(5);
/// Of all documents that a page is made from.
const LARGEST_BYTES: u64 = 32 << 20;

/// What was found of a run's results.
#[derive(Debug)]
pub(super) enum Found<T> {
    /// No run ended with a verdict yet.
    NotYet,
    /// It is not known where they are.
    Nowhere,
    Gone {
        uri: String,
    },
    TooLarge {
        uri: String,
        bytes: u64,
    },
    Silent {
        uri: String,
    },
    Unreadable {
        uri: String,
        why: String,
    },
    Read(T),
}

/// What a run was compared with, as it lies there now.
#[derive(Debug)]
pub(super) enum Baseline<T> {
    /// The run's definition names none.
    Unnamed,
    Unread {
        uri: String,
        why: String,
    },
    Read(T),
}

impl<T> Baseline<T> {
    pub(super) fn read(&self) -> Option<&T> {
        match self {
            Baseline::Read(found) => Some(found),
            Baseline::Unnamed | Baseline::Unread { .. } => None,
        }
    }

    /// Why the page lacks what only the baseline knows; nothing where it does not.
    pub(super) fn why_not(&self) -> Markup {
        html! {
            @if let Baseline::Unread { uri, why } = self {
                div.notes { p { "The baseline that this run was compared with cannot be read now, so that its intervals and pictures are not shown: " (words::prose(why)) ". It is named as " code { (uri) } "." } }
            }
        }
    }
}

/// Why a document cannot be read.
#[derive(Debug)]
pub(super) enum Problem {
    Gone,
    Unreadable(String),
}

impl From<ReadLocation> for Problem {
    fn from(error: ReadLocation) -> Problem {
        match error {
            ReadLocation::Missing { .. }
            | ReadLocation::MissingBucket { .. }
            | ReadLocation::Nothing { .. }
            | ReadLocation::NoMatch { .. } => Problem::Gone,
            other => Problem::Unreadable(Chain(&other).to_string()),
        }
    }
}

impl From<AnalysisError> for Problem {
    fn from(error: AnalysisError) -> Problem {
        match error {
            AnalysisError::Locate(error) => error.into(),
            AnalysisError::NoBaseline { .. } => Problem::Gone,
            other => Problem::Unreadable(Chain(&other).to_string()),
        }
    }
}

impl From<BiasError> for Problem {
    fn from(error: BiasError) -> Problem {
        match error {
            BiasError::NoDocument { .. } => Problem::Gone,
            other => Problem::Unreadable(Chain(&other).to_string()),
        }
    }
}

/// Bytes that a page may still read.
struct Budget(u64);

impl Budget {
    /// # Errors
    ///
    /// So many bytes, where they are too many.
    fn take(&mut self, bytes: u64) -> Result<(), u64> {
        self.0 = self.0.checked_sub(bytes).ok_or(bytes)?;
        Ok(())
    }
}

/// Reads the results of the run by `read`, whose argument is their folder.
async fn look<T>(
    result: &MonitorResult,
    environment: &Environment,
    read: impl AsyncFnOnce(&ResultRun, &str, &mut Budget) -> Result<T, Problem>,
) -> Found<T> {
    let Some(run) = &result.run else {
        return Found::NotYet;
    };
    let Some(uri) = &run.output_uri else {
        return Found::Nowhere;
    };
    let folder = uri.trim_end_matches('/');
    let looking = async {
        let is_document = |name: &str| name.ends_with(".json") || name.ends_with(".bin");
        let bytes = size((folder, is_document), environment).await?;
        let mut budget = Budget(LARGEST_BYTES);
        if let Err(bytes) = budget.take(bytes) {
            let uri = uri.clone();
            return Ok(Found::TooLarge { uri, bytes });
        }
        Ok(Found::Read(read(run, folder, &mut budget).await?))
    };
    within(PATIENCE, uri, looking).await
}

/// What lies beside a result may be gone, too large or damaged; the page is shown without it, and
/// says so.
async fn beside<T, E: std::error::Error + 'static>(
    (uri, names): (&str, &[&str]),
    (budget, environment): (&mut Budget, &Environment),
    read: impl Future<Output = Result<T, E>>,
) -> Baseline<T> {
    let (folder, own) = match uri.rsplit_once('/') {
        Some((folder, name)) if name.ends_with(".json") => (folder, Some(name)),
        _ => (uri.trim_end_matches('/'), None),
    };
    let is_read = |name: &str| names.contains(&name) || own == Some(name);
    let unread = |why: String| Baseline::Unread {
        uri: uri.to_owned(),
        why,
    };
    match size((folder, is_read), environment).await {
        Ok(bytes) => {
            if budget.take(bytes).is_err() {
                return unread(format!("it has {}, too many for a page", megabytes(bytes)));
            }
        }
        Err(error) => return unread(Chain(&error).to_string()),
    }
    match read.await {
        Ok(found) => Baseline::Read(found),
        Err(error) => unread(Chain(&error).to_string()),
    }
}

/// Bytes of the documents right in `folder` whose names are taken.
async fn size(
    (folder, takes): (&str, impl Fn(&str) -> bool),
    environment: &Environment,
) -> Result<u64, ReadLocation> {
    let objects = list_folder(folder, environment).await?;
    let taken = objects.iter().filter(|object| takes(object.relative()));
    Ok(taken.map(StoredObject::size_bytes).sum())
}

/// A bucket may never answer.
async fn within<T>(
    patience: Duration,
    uri: &str,
    looking: impl Future<Output = Result<Found<T>, Problem>>,
) -> Found<T> {
    let uri = uri.to_owned();
    match tokio::time::timeout(patience, looking).await {
        Ok(Ok(found)) => found,
        Ok(Err(Problem::Gone)) => Found::Gone { uri },
        Ok(Err(Problem::Unreadable(why))) => Found::Unreadable { uri, why },
        Err(_) => Found::Silent { uri },
    }
}

/// A result of a data-quality monitor, and why it is not compared, where that is known.
#[derive(Debug)]
pub(super) struct QualityOfData {
    pub(super) compared: ComparedResult,
    /// Where the result keeps nothing of its baseline.
    pub(super) baseline: Baseline<()>,
}

/// Of a data-quality monitor.
pub(super) async fn data_quality(
    result: &MonitorResult,
    environment: &Environment,
) -> Found<QualityOfData> {
    look(result, environment, async |run, folder, budget| {
        let compared = ComparedResult::open(folder, environment).await?;
        let named = run.statistics_uri.as_deref();
        let Some(uri) = named.filter(|_| compared.lacks_baseline()) else {
            let baseline = Baseline::Unnamed;
            return Ok(QualityOfData { compared, baseline });
        };
        let read = async {
            let bytes = read_object(uri, environment).await?;
            Ok::<_, ReadLocation>(Statistics::from_json(&bytes))
        };
        Ok(
            match beside((uri, &[]), (budget, environment), read).await {
                Baseline::Read(Ok(statistics)) => QualityOfData {
                    compared: compared.with_baseline(statistics),
                    baseline: Baseline::Read(()),
                },
                Baseline::Read(Err(error)) => QualityOfData {
                    compared,
                    baseline: Baseline::Unread {
                        uri: uri.to_owned(),
                        why: Chain(&error).to_string(),
                    },
                },
                Baseline::Unread { uri, why } => QualityOfData {
                    compared,
                    baseline: Baseline::Unread { uri, why },
                },
                Baseline::Unnamed => QualityOfData {
                    compared,
                    baseline: Baseline::Unnamed,
                },
            },
        )
    })
    .await
}

/// Of a bias monitor, with what it was compared with where that can still be read.
#[derive(Debug)]
pub(super) struct BiasResult {
    pub(super) now: StoredBias,
    pub(super) then: Baseline<StoredBias>,
}

pub(super) async fn bias(result: &MonitorResult, environment: &Environment) -> Found<BiasResult> {
    look(result, environment, async |run, folder, budget| {
        let now = StoredBias::open(folder, environment).await?;
        let names = ["analysis.json", "probity.json"];
        let then = match &run.constraints_uri {
            Some(uri) => {
                let read = StoredBias::open(uri, environment);
                beside((uri, &names), (budget, environment), read).await
            }
            None => Baseline::Unnamed,
        };
        Ok(BiasResult { now, then })
    })
    .await
}

/// Of an explainability monitor: our own file, where the attributions were compared.
pub(super) async fn explanations(
    result: &MonitorResult,
    environment: &Environment,
) -> Found<ExplanationFile> {
    look(result, environment, async |_, folder, _| {
        let bytes = read_document(folder, "probity.json", environment).await?;
        let bytes = bytes.ok_or(Problem::Gone)?;
        // Where the same run measured bias, its file holds both.
        if let Ok(file) = ExplanationFile::from_json(&bytes) {
            return Ok(file);
        }
        let both = probity_domain::document::bias_file::BiasFile::from_json(&bytes)
            .map_err(|error| Problem::Unreadable(Chain(&error).to_string()))?;
        both.explanations.map(|file| *file).ok_or(Problem::Gone)
    })
    .await
}

/// Of a model-quality monitor.
#[derive(Debug)]
pub(super) struct QualityResult {
    pub(super) statistics: ModelQualityStatistics,
    pub(super) probity: ModelQualityFile,
    pub(super) then: Baseline<StoredQuality>,
}

pub(super) async fn model_quality(
    result: &MonitorResult,
    environment: &Environment,
) -> Found<QualityResult> {
    look(result, environment, async |run, folder, budget| {
        let unreadable =
            |error: &dyn std::error::Error| Problem::Unreadable(Chain(error).to_string());
        let statistics = read_document(folder, "statistics.json", environment).await?;
        let probity = read_document(folder, "probity.json", environment).await?;
        let (Some(statistics), Some(probity)) = (statistics, probity) else {
            return Err(Problem::Gone);
        };
        let then = match &run.constraints_uri {
            Some(uri) => {
                let names = ["constraints.json", "statistics.json", "probity.json"];
                let read = StoredQuality::open(uri, environment);
                beside((uri, &names), (budget, environment), read).await
            }
            None => Baseline::Unnamed,
        };
        Ok(QualityResult {
            statistics: ModelQualityStatistics::from_json(&statistics)
                .map_err(|error| unreadable(&error))?,
            probity: ModelQualityFile::from_json(&probity).map_err(|error| unreadable(&error))?,
            then,
        })
    })
    .await
}

impl<T> Found<T> {
    /// What there is to show, or what to show instead and what to do next.
    pub(super) fn or_why_not(&self) -> Result<&T, Markup> {
        let tell = |title: &str, text: Markup| Err(html! { div.empty { h3 { (title) } (text) } });
        match self {
            Found::Read(found) => Ok(found),
            Found::NotYet => tell(
                "No result yet",
                html! { p { "The first run that ends with a verdict shows here what it found. It runs by its schedule, or when somebody presses " strong { "Run now" } "." } },
            ),
            Found::Nowhere => tell(
                "It is not known where the results are",
                html! { p { "The run was recorded without the place of its results; the next run will have one." } },
            ),
            Found::Gone { uri } => tell(
                "The results of this run are gone",
                html! { p { "Nothing can be read at " code { (uri) } ": somebody deleted it, or the retention of results did. Its numbers are still among the metrics; a new run leaves new documents." } },
            ),
            Found::TooLarge { uri, bytes } => tell(
                "The results are too large for a page",
                html! { p { "The documents at " code { (uri) } " have " (megabytes(*bytes)) "; a page shows " (megabytes(LARGEST_BYTES)) " at most. " code { "probity why FILE FEATURE" } " reads them on a machine of your own." } },
            ),
            Found::Silent { uri } => tell(
                "The bucket does not answer",
                html! { p { "Reading " code { (uri) } " took longer than " (PATIENCE.as_secs()) " seconds. Load the page again; where that does not help, look at the bucket's endpoint with " code { "probity doctor" } "." } },
            ),
            Found::Unreadable { uri, why } => tell(
                "The results cannot be read",
                html! { p { (words::prose(why)) "." } p.soft { "They lie at " code { (uri) } "." } },
            ),
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{}\u{a0}MB", bytes.div_ceil(1 << 20))
}

/// What the pictures of reports are filled with: hatching for the current data, so that colour is
/// not the only signal.
pub(super) fn patterns() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" {
            pattern #hatch width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" { path.hatch d="M0 0V5" {} }
        }
    }
}

/// What a reader should know; of many the first ones, and how many there are more.
pub(super) fn notes<'a>(notes: impl Iterator<Item = &'a str>) -> Markup {
    const MOST: usize = 8;
    let notes: Vec<&str> = notes.collect();
    html! {
        @if !notes.is_empty() {
            div.notes { ul {
                @for note in notes.iter().take(MOST) { li { (words::prose(note)) } }
                @if notes.len() > MOST { li { "and " (notes.len() - MOST) " more in " code { "probity.json" } } }
            } }
        }
    }
}

/// Which run is shown, and of which rows.
pub(super) fn origin(visit: &Visit, result: &MonitorResult) -> Markup {
    let Some(run) = &result.run else {
        return html! {};
    };
    html! {
        p.soft.origin {
            @if run.is_old { span.tag.warn { "An older run" } " " }
            "Of the " a href=(visit.href(&shell::run_path(&result.monitor, &run.id))) { "run due " (words::moment(run.scheduled_ms)) }
            ", which looked at the data from " (words::moment(run.window.start_ms)) " to " (words::moment(run.window.end_ms)) "."
            @if run.is_old { " " a href=(visit.href(&shell::monitor_path(&result.monitor))) { "The newest results" } "." }
        }
    }
}

/// A document of a run.
pub(super) fn file_path(monitor: &str, run: &str, file: &str) -> String {
    shell::file_path(&shell::run_path(monitor, run), file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bucket_that_never_answers_does_not_keep_the_page() {
        let never = std::future::pending::<Result<Found<()>, Problem>>();
        let found = within(Duration::from_millis(5), "s3://b/results", never).await;
        let told = found.or_why_not().unwrap_err().into_string();
        assert!(told.contains("does not answer"), "{told}");
        assert!(told.contains("s3://b/results"), "{told}");
    }
}
