//! The two monitors of the Clarify image: bias of captured predictions against labels, and what
//! moves the predictions of a model on captured inputs.
//!
//! The configuration is a job's without what the captures tell (`ConfigUri` of the definition).
//! Without constraints, an `analysis.json` of a baseline, nothing is compared and no file of
//! violations is written. Sources: pages "Violations" of bias drift and of feature attribution
//! drift, and published results of such executions.

use std::collections::BTreeSet;

use probity_analysis::bias::{
    BiasCheckOptions, BiasDepth, BiasDocuments, BiasRequest, Extended, Source, StoredBias, analyse,
    check, read_monitor_config,
};
use probity_analysis::data_quality::{Input, Surroundings, Verdict};
use probity_analysis::explain::{
    ClarifyDocuments, ExplainDocuments, ExplainOptions, StoredAttributions, Watch, configured,
    explain,
};
use probity_analysis::measures::{of_bias, of_explanations};
use probity_analysis::records::KeepColumn;
use probity_data::dataset::{self, Nested, ReadOptions};
use probity_data::location::OutputFolder;
use probity_domain::document::analysis_config::{AnalysisConfig, ColumnReference, DatasetType};
use probity_domain::document::bias_violations::{DriftViolation, DriftViolations};

use super::changes::{Changed, Changes};
use super::clarify::config_location;
use super::dataset_format::read_options;
use super::failure::AnalysisFailed;
use super::monitor::{FALSE_DISCOVERY_RATE, required, sha256_of, show_origin};
use super::outcome::Outcome;
use super::places::{self, Place};
use super::predictor::{Asked, open};
use super::progress::Progress;
use super::segments::{self, Judged, Part};
use super::spec::JobSpec;
use super::training_table::{Attributes, PREDICTED_LABEL, Parts, label_name};
use super::{ClarifyMonitor, Tools, captured};

/// Of sampled explanations whose configuration names none.
const SEED: u64 = 0;

/// Smallest subgroup of several facets that is ranked, as on the command line.
const MINIMUM_CELL: u64 = 30;

const REPORT: &str = "report";

/// What is compared with.
enum Stored {
    Bias(Option<Box<StoredBias>>),
    Attributions(Option<Box<StoredAttributions>>),
}

/// Everything but the rows.
struct Question<'a> {
    config: AnalysisConfig,
    stored: Stored,
    /// Of explanations.
    asked: Option<Asked>,
    tools: &'a Tools,
}

pub(super) async fn run(
    spec: &JobSpec,
    monitor: ClarifyMonitor,
    tools: &Tools,
) -> Result<Outcome, AnalysisFailed> {
    let read = captured::monitoring(spec, read_options(spec)?)?;
    match analysed(spec, (monitor, read.clone()), tools).await {
        Ok(mut found) => {
            found.counts = captured::counts(&read);
            Ok(found)
        }
        Err(error) => Err(captured::counted(error, &read)),
    }
}

async fn analysed(
    spec: &JobSpec,
    (monitor, mut read): (ClarifyMonitor, ReadOptions),
    tools: &Tools,
) -> Result<Outcome, AnalysisFailed> {
    let output = places::output(spec, required(spec, "output_path")?)?;
    let location = config_location(spec)?;
    tools.log.line(format!("Analysis config path: {location}"));
    let config = read_monitor_config(&location, &tools.environment).await?;
    let source = required(spec, "dataset_source")?;
    let data = places::dataset(spec, source, tools).await?;
    tools.log.line(format!("Dataset: {}", data.shown));
    // Asks whether it can be written to before the long work.
    let folder = OutputFolder::create(&output, &tools.environment).await?;
    let attributes = Attributes::of(spec)?;
    let parts = match monitor {
        ClarifyMonitor::Bias => Parts::FeaturesAndOutcomes,
        ClarifyMonitor::Explainability => Parts::Features,
    };
    let (stored, constraints_sha256) = stored(spec, monitor, tools).await?;
    let asked = asked(&config, (monitor, &attributes), tools).await?;
    read.nested = Nested::Flatten;
    read.record_columns = attributes.expressions(&config, parts)?;
    let input = Input {
        location: data.location.clone(),
        read,
        redacted: BTreeSet::new(),
        threads: tools.threads,
    };
    let changes = Changes::of(spec, tools).await?;
    let columns = |survey: &_| attributes.columns(&config, (survey, parts)).map(Some);
    let changed = changes.made(&input, columns, tools).await?;
    let question = Question {
        config: of_table(config, monitor),
        stored,
        asked,
        tools,
    };
    let mut documents = question.answer(&changed.location(), changed.read()).await?;
    let mut found = outcome(&documents);
    let mut notes = changed.prepared.notes.clone();
    notes.append(&mut found.notes);
    found.notes = notes;
    show_origins(&mut documents, (&data, &changed), tools);
    found.constraints_sha256 = constraints_sha256;
    for violation in &found.violations {
        tools.log.line(format!("Violation: {violation}"));
    }
    documents.write(folder, REPORT).await?;
    let analysis = |part| question.segment(part, (&data, &changed));
    let place = (&changed, output.as_str(), KeepColumn::Kept);
    let all = segments::analyse_each(&changes, place, analysis, tools).await?;
    found.segments = all.outcomes;
    found.notes.extend(all.notes);
    tools.log.line(format!("Results written to {output}"));
    tools.log.line(&found.exit_message);
    Ok(found)
}

async fn stored(
    spec: &JobSpec,
    monitor: ClarifyMonitor,
    tools: &Tools,
) -> Result<(Stored, Option<String>), AnalysisFailed> {
    let uri = spec.variable("baseline_constraints");
    let uri = uri.map(|path| places::file(spec, path)).transpose()?;
    let environment = &tools.environment;
    if let Some(uri) = &uri {
        tools.log.line(format!("Baseline: {uri}"));
    }
    let sha256 = match &uri {
        Some(uri) => Some(sha256_of(uri, tools).await?),
        None => None,
    };
    let stored = match (monitor, &uri) {
        (ClarifyMonitor::Bias, None) => Stored::Bias(None),
        (ClarifyMonitor::Bias, Some(uri)) => {
            Stored::Bias(Some(Box::new(StoredBias::open(uri, environment).await?)))
        }
        (ClarifyMonitor::Explainability, None) => Stored::Attributions(None),
        (ClarifyMonitor::Explainability, Some(uri)) => {
            let found = StoredAttributions::open(uri, environment).await?;
            Stored::Attributions(Some(Box::new(found)))
        }
    };
    Ok((stored, sha256))
}

/// The model of an explainability monitor. What the definition takes of its answers is said of
/// the captured ones and holds for these.
async fn asked(
    config: &AnalysisConfig,
    (monitor, attributes): (ClarifyMonitor, &Attributes),
    tools: &Tools,
) -> Result<Option<Asked>, AnalysisFailed> {
    if monitor == ClarifyMonitor::Bias {
        return Ok(None);
    }
    let Some(mut predictor) = config.predictor.clone() else {
        return Err(AnalysisFailed::NoPredictor);
    };
    let named = attributes.probability.as_ref();
    let named = named.or(attributes.inference.as_ref());
    if predictor.probability.is_none() && predictor.label.is_none() {
        predictor.probability = named.map(|text| match text.trim().parse() {
            Ok(index) => ColumnReference::Index(index),
            Err(_) => ColumnReference::Name(text.clone()),
        });
    }
    let opened = open(&predictor, dataset::DatasetType::Csv, tools).await?;
    Ok(Some(opened))
}

/// The configuration of the table that the captures were made into.
fn of_table(config: AnalysisConfig, monitor: ClarifyMonitor) -> AnalysisConfig {
    let name = label_name(&config);
    let table = AnalysisConfig {
        dataset_type: Some(DatasetType::Csv),
        dataset_uri: None,
        headers: None,
        features: None,
        ..config
    };
    match monitor {
        ClarifyMonitor::Bias => AnalysisConfig {
            label: Some(ColumnReference::Name(name)),
            predicted_label: Some(ColumnReference::Name(PREDICTED_LABEL.to_owned())),
            predictor: None,
            ..table
        },
        ClarifyMonitor::Explainability => AnalysisConfig {
            label: None,
            predicted_label: None,
            ..table
        },
    }
}

impl Question<'_> {
    async fn answer(
        &self,
        location: &str,
        read: ReadOptions,
    ) -> Result<ClarifyDocuments, AnalysisFailed> {
        let request = BiasRequest {
            config: self.config.clone(),
            source: Source::Configured {
                data: Some(location.to_owned()),
                read: Box::new(read),
                files: None,
            },
            redacted: BTreeSet::new(),
            threads: self.tools.threads,
            depth: BiasDepth {
                extended: Extended::LeftOut,
                minimum_cell: MINIMUM_CELL,
            },
            model: None,
        };
        let progress = Progress::new(&self.tools.log);
        let surroundings = Surroundings {
            environment: &self.tools.environment,
            progress: &|partition| progress.partition(partition),
            on_size: &|size| progress.size(size),
        };
        match &self.stored {
            Stored::Bias(stored) => {
                let bias = bias(&request, stored.as_deref(), surroundings).await?;
                Ok(ClarifyDocuments {
                    bias: Some(bias),
                    explained: None,
                })
            }
            Stored::Attributions(stored) => {
                let stored = stored.as_deref();
                let explained = self.explanations((&request, stored), surroundings);
                Ok(ClarifyDocuments {
                    bias: None,
                    explained: Some(explained.await?),
                })
            }
        }
    }

    async fn explanations(
        &self,
        (request, stored): (&BiasRequest, Option<&StoredAttributions>),
        surroundings: Surroundings<'_>,
    ) -> Result<ExplainDocuments, AnalysisFailed> {
        let Some(asked) = &self.asked else {
            return Err(AnalysisFailed::NoPredictor);
        };
        let options = ExplainOptions {
            model: asked.model.clone(),
            seed: SEED,
            shown_rows: Vec::new(),
            checkpoint: None,
        };
        let explained = configured(request, options, surroundings).await?;
        let progress = Progress::new(&self.tools.log);
        let watch = |step| progress.step(step);
        let mut documents = explain(&explained, Watch::new(&watch)).await?;
        if let Some(stored) = stored {
            documents.compare(stored, &explained)?;
        }
        documents.add_notes(asked.notes());
        Ok(documents)
    }

    async fn segment(
        &self,
        part: Part,
        (data, changed): (&Place, &Changed),
    ) -> Result<Judged, AnalysisFailed> {
        let mut documents = self.answer(&part.location, changed.read()).await?;
        show_origins(&mut documents, (data, changed), self.tools);
        let violations = violations(&documents);
        let judged = Judged {
            n_violations: violations.map(|found| found.violations.len()),
            violations: told(violations),
        };
        documents.write(part.folder, REPORT).await?;
        Ok(judged)
    }
}

async fn bias(
    request: &BiasRequest,
    stored: Option<&StoredBias>,
    surroundings: Surroundings<'_>,
) -> Result<BiasDocuments, AnalysisFailed> {
    let mut documents = match stored {
        None => analyse(request, surroundings).await?,
        Some(stored) => {
            let options = BiasCheckOptions {
                verdict: Verdict::Aws,
                false_discovery_rate: FALSE_DISCOVERY_RATE,
            };
            check(request, stored, options, surroundings).await?
        }
    };
    // The configuration of the table is nobody's.
    documents.config_is_open = false;
    Ok(documents)
}

fn violations(documents: &ClarifyDocuments) -> Option<&DriftViolations> {
    let bias = documents.bias.as_ref();
    let explained = documents.explained.as_ref();
    bias.and_then(|bias| bias.violations.as_ref())
        .or(explained.and_then(|explained| explained.violations.as_ref()))
}

fn told(violations: Option<&DriftViolations>) -> Vec<String> {
    let violations = violations.into_iter().flat_map(|found| &found.violations);
    let told = violations.map(|violation| match violation {
        DriftViolation::Bias(violation) => format!(
            "{} of {}={}: {}",
            violation.metric_name, violation.facet, violation.facet_value, violation.description
        ),
        DriftViolation::Attribution(violation) => {
            format!("{}: {}", violation.label, violation.description)
        }
    });
    told.collect()
}

fn outcome(documents: &ClarifyDocuments) -> Outcome {
    let violations = violations(documents);
    let mut found = Outcome::of_monitor(violations.map(|found| found.violations.len()));
    found.violations = told(violations);
    if let Some(bias) = &documents.bias {
        found.rows = Some(bias.probity.dataset.rows);
        found.notes.extend(bias.probity.dataset.notes.clone());
        found.notes.extend(bias.problems.clone());
        let facets = Some(bias.probity.facets.as_slice());
        found.measures.extend(of_bias(&bias.analysis, facets));
    }
    if let Some(explained) = &documents.explained {
        found.rows = Some(explained.probity.dataset.rows);
        found.notes.extend(explained.probity.dataset.notes.clone());
        let attributions = explained.probity.attributions.as_ref();
        let labels = attributions.map(|of| of.labels.as_slice());
        let measures = of_explanations(&explained.explanations, labels);
        found.measures.extend(measures);
    }
    found
}

/// Results name the captures, not the table that was made of them.
fn show_origins(
    documents: &mut ClarifyDocuments,
    (data, changed): (&Place, &Changed),
    tools: &Tools,
) {
    let bias = documents.bias.as_mut();
    let explained = documents.explained.as_mut();
    let facts = bias
        .map(|bias| &mut bias.probity.dataset)
        .into_iter()
        .chain(explained.map(|explained| &mut explained.probity.dataset));
    for facts in facts {
        show_origin(facts, (data, Some(changed)), tools);
    }
}
