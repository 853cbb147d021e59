//! Attributions by asking a model: kernel SHAP from masked rows to a result, in chunks of
//! bounded size, several at once, with what is done kept on the way.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use probity_domain::document::explanation_file::AttributionMethod;
use probity_metrics::explain::kernel::{
    Coalition, CoalitionValues, FinishedRow, KernelDesign, MaskedBatches, MaskedChunk, Player,
    Players, ScoreCollector, TabularMasker, mean_scores,
};

use super::attributions::{Attributions, additivity_error};
use super::checkpoint::{Checkpoint, RunKey};
use super::choice::Ask;
use super::error::ExplainError;
use super::request::{ExplainRequest, ShapSettings};
use super::run_key::KeyOfRun;
use super::scores::Scorer;
use super::trees::names;
use super::watch::Watch;

/// Chunks between two times at which all that were asked are waited for.
const CHUNKS_PER_ROUND: usize = 64;

/// Everything that is the same for all rows.
struct Job {
    rows: RecordBatch,
    scorer: Scorer,
    design: KernelDesign,
    masker: TabularMasker,
    coalitions: Vec<Coalition>,
    expected_values: Vec<f64>,
    has_fixed_columns: bool,
    concurrency: usize,
    records_at_once: usize,
}

/// Values of what `ask` says, over the rows of `baseline`.
pub(super) async fn by_kernel(
    request: &ExplainRequest,
    settings: &ShapSettings,
    (baseline, ask): (&RecordBatch, Ask),
    watch: Watch<'_>,
) -> Result<Attributions, ExplainError> {
    let players = players(&request.rows, settings)?;
    let player_names: Vec<String> = players.names().map(str::to_owned).collect();
    let least = KernelDesign::least_samples(players.n_players());
    let n_samples = settings.n_samples.map(|asked| asked.max(least));
    let design = KernelDesign::new(players.n_players(), n_samples, request.seed).map_err(method)?;
    let coalitions = players.asked_coalitions(&design);
    let has_fixed_columns = players.has_fixed_columns();
    let masker = TabularMasker::new(baseline.clone(), players).map_err(method)?;
    let scorer = Scorer::new(&request.model, ask);
    let (scores, n_outputs) = scorer
        .scores(baseline, || "the baseline".to_owned())
        .await?;
    let expected_values = mean_scores(&scores, baseline.num_rows(), n_outputs).map_err(method)?;
    let method_used = match design.is_enumerated() {
        true => AttributionMethod::KernelEnumerated,
        false => AttributionMethod::KernelSampled,
    };
    let key = key(request, settings, (baseline, ask));
    let job = Arc::new(Job {
        rows: request.rows.clone(),
        scorer: scorer.expecting(n_outputs),
        coalitions,
        expected_values,
        has_fixed_columns,
        concurrency: request.model.concurrency.max(1),
        records_at_once: request.model.records_at_once.max(1),
        design,
        masker,
    });
    let done = run(&job, (request, &key), watch).await?;
    let mut found = Attributions {
        method: method_used,
        output: ask.output(),
        names: player_names,
        n_outputs,
        expected_values: job.expected_values.clone(),
        values: Vec::new(),
        standard_errors: (!job.design.is_enumerated()).then(Vec::new),
        outputs: Vec::new(),
        n_coalitions: Some(job.design.coalitions().len() as u64),
        largest_additivity_error: 0.0,
        n_resumed: done.n_resumed,
        notes: few_samples(settings, least).into_iter().collect(),
    };
    unpack(&mut found, &job, &done.records);
    Ok(found)
}

/// A run of Clarify takes any number; below the least the errors could not be told.
fn few_samples(settings: &ShapSettings, least: u64) -> Option<String> {
    let asked = settings.n_samples.filter(|asked| *asked < least)?;
    Some(format!(
        "{asked} coalitions a row were asked for, and {least} were taken: from fewer, values are \
         too rough to say how rough"
    ))
}

struct Done {
    records: Vec<f64>,
    n_resumed: u64,
}

/// Explains the rows that are not done, round by round.
async fn run(
    job: &Arc<Job>,
    (request, key): (&ExplainRequest, &RunKey),
    watch: Watch<'_>,
) -> Result<Done, ExplainError> {
    let width = job.record_width();
    let n_rows = job.rows.num_rows();
    let (mut checkpoint, mut records) = match &request.checkpoint {
        Some(path) => {
            let (checkpoint, done) = Checkpoint::open(path, key, width)?;
            (Some(checkpoint), done)
        }
        None => (None, Vec::new()),
    };
    records.truncate(n_rows * width);
    let n_resumed = records.len() / width;
    let mut next = n_resumed;
    let n_kept = AtomicUsize::new(n_resumed);
    watch.rows(next as u64, n_rows as u64);
    while next < n_rows {
        let round = next..(next + job.rows_per_round()).min(n_rows);
        next = round.end;
        let mut kept = |finished: &[f64], n_done: usize| {
            if let Some(checkpoint) = &mut checkpoint {
                checkpoint.append(finished)?;
                n_kept.store(n_done, Ordering::Relaxed);
            }
            watch.rows(n_done as u64, n_rows as u64);
            Ok(())
        };
        match job.round(round, &mut kept).await {
            Ok(done) => records.extend(done),
            Err(error) => {
                return Err(stopped(
                    error,
                    (request, n_kept.load(Ordering::Relaxed)),
                    n_rows,
                ));
            }
        }
    }
    Ok(Done {
        records,
        n_resumed: n_resumed as u64,
    })
}

/// An error, and what is kept of the run that it ended.
fn stopped(
    error: ExplainError,
    (request, n_kept): (&ExplainRequest, usize),
    n_rows: usize,
) -> ExplainError {
    match &request.checkpoint {
        Some(path) if n_kept > 0 => ExplainError::Stopped {
            n_kept,
            n_rows,
            path: path.display().to_string(),
            source: Box::new(error),
        },
        _ => error,
    }
}

impl Job {
    fn n_outputs(&self) -> usize {
        self.expected_values.len()
    }

    fn n_players(&self) -> usize {
        self.design.n_players()
    }

    /// Of one row: per output what is divided, the value of nobody, the attributions, and
    /// their standard errors where they are sampled.
    fn record_width(&self) -> usize {
        let per_player = if self.design.is_enumerated() { 1 } else { 2 };
        self.n_outputs() * (2 + per_player * self.n_players())
    }

    fn rows_per_round(&self) -> usize {
        let records_per_row = self.coalitions.len() * self.masker.inputs_per_coalition();
        (CHUNKS_PER_ROUND * self.records_at_once / records_per_row.max(1)).clamp(1, 8192)
    }

    /// Records of the rows, in their order.
    async fn round(
        self: &Arc<Self>,
        rows: Range<usize>,
        kept: &mut impl FnMut(&[f64], usize) -> Result<(), ExplainError>,
    ) -> Result<Vec<f64>, ExplainError> {
        let own = self.rows.slice(rows.start, rows.len());
        let (full, _) = self.scorer.scores(&own, || told(&rows)).await?;
        let n_outputs = self.n_outputs();
        let mut collector = ScoreCollector::new(rows.clone(), self.coalitions.len(), n_outputs);
        let chunks = MaskedBatches::new(
            rows.clone(),
            self.coalitions.len(),
            self.masker.inputs_per_coalition(),
            self.records_at_once,
        );
        let mut asked = futures::stream::iter(chunks)
            .map(|chunk| {
                let job = Arc::clone(self);
                async move { tokio::spawn(job.ask(chunk)).await? }
            })
            .buffer_unordered(self.concurrency);
        let mut records = Vec::new();
        let mut n_done = rows.start;
        let mut take = |collector: &mut ScoreCollector| {
            let finished: Vec<FinishedRow> =
                std::iter::from_fn(|| collector.next_finished()).collect();
            if finished.is_empty() {
                return Ok(());
            }
            n_done += finished.len();
            let solved = self.solve(&finished, (&full, rows.start))?;
            kept(&solved, n_done)?;
            records.extend(solved);
            Ok::<(), ExplainError>(())
        };
        take(&mut collector)?;
        while let Some((chunk, means)) = asked.try_next().await? {
            collector.add(&chunk, &means).map_err(method)?;
            take(&mut collector)?;
        }
        Ok(records)
    }

    /// The mean scores of a chunk's coalitions.
    async fn ask(
        self: Arc<Self>,
        chunk: MaskedChunk,
    ) -> Result<(MaskedChunk, Vec<f64>), ExplainError> {
        let masked = self
            .masker
            .masked_chunk(&self.rows, &self.coalitions, &chunk);
        let masked = masked.map_err(method)?;
        let what = || {
            format!(
                "{} with features taken from the baseline",
                told(&chunk.rows)
            )
        };
        let (scores, n_outputs) = self.scorer.scores(&masked, what).await?;
        let means = mean_scores(&scores, self.masker.inputs_per_coalition(), n_outputs);
        Ok((chunk, means.map_err(method)?))
    }

    fn solve(
        &self,
        finished: &[FinishedRow],
        (full, first): (&[f64], usize),
    ) -> Result<Vec<f64>, ExplainError> {
        let n_outputs = self.n_outputs();
        let games = finished.iter().flat_map(|row| {
            (0..n_outputs).map(move |output| {
                let values = row.output(output);
                let full = full[(row.row_idx - first) * n_outputs + output];
                // Nobody's coalition was asked first where columns are fixed.
                match self.has_fixed_columns {
                    true => CoalitionValues {
                        empty: values[0],
                        full,
                        values: &values[1..],
                    },
                    false => CoalitionValues {
                        empty: self.expected_values[output],
                        full,
                        values,
                    },
                }
            })
        });
        let games: Vec<CoalitionValues<'_>> = games.collect();
        let solutions = self.design.solve_many(&games).map_err(method)?;
        let mut records = Vec::with_capacity(finished.len() * self.record_width());
        for (game, solution) in games.iter().zip(solutions) {
            records.extend([game.full, game.empty]);
            records.extend(solution.values);
            records.extend(solution.standard_errors.into_iter().flatten());
        }
        Ok(records)
    }
}

fn unpack(found: &mut Attributions, job: &Job, records: &[f64]) {
    let n_players = job.n_players();
    for game in records.chunks_exact(job.record_width() / job.n_outputs()) {
        let (full, empty) = (game[0], game[1]);
        let (values, errors) = game[2..].split_at(n_players);
        let error = additivity_error(empty, values, full);
        found.largest_additivity_error = found.largest_additivity_error.max(error);
        found.outputs.push(full);
        found.values.extend_from_slice(values);
        if let Some(all) = &mut found.standard_errors {
            all.extend_from_slice(errors);
        }
    }
}

/// Each chosen column, or group of columns, in the order of the dataset.
fn players(rows: &RecordBatch, settings: &ShapSettings) -> Result<Players, ExplainError> {
    let names = names(rows);
    let is_chosen = |column: &usize| {
        let chosen = settings.features.as_ref();
        chosen.is_none_or(|features| features.contains(column))
    };
    let group_of = |column: usize| {
        let mut groups = settings.groups.iter();
        groups.find(|(_, columns)| columns.contains(&column))
    };
    let mut players: Vec<Player> = Vec::new();
    for column in (0..names.len()).filter(is_chosen) {
        match group_of(column) {
            None => players.push(Player {
                name: names[column].clone(),
                columns: vec![column],
            }),
            Some((name, columns)) if !players.iter().any(|player| player.name == *name) => {
                players.push(Player {
                    name: name.clone(),
                    columns: columns.clone(),
                });
            }
            Some(_) => {}
        }
    }
    Players::new(players, names.len()).map_err(method)
}

fn key(
    request: &ExplainRequest,
    settings: &ShapSettings,
    (baseline, ask): (&RecordBatch, Ask),
) -> RunKey {
    let model = &request.model.facts;
    let groups = settings.groups.iter();
    let chosen = settings
        .features
        .iter()
        .flatten()
        .map(|column| *column as u64);
    KeyOfRun::new(concat!("kernel ", env!("CARGO_PKG_VERSION")))
        .text(&model.location)
        .text(model.sha256.as_deref().unwrap_or_default())
        .text(&format!("{ask:?} {:?}", settings.n_samples))
        .text(&format!("{:?}", groups.collect::<Vec<_>>()))
        .numbers(chosen)
        .numbers([request.seed])
        .table(baseline)
        .table(&request.rows)
        .finish()
}

fn method(error: impl std::fmt::Display) -> ExplainError {
    ExplainError::Method {
        reason: error.to_string(),
    }
}

fn told(rows: &Range<usize>) -> String {
    match rows.len() {
        1 => format!("row {}", rows.start),
        _ => format!("rows {} to {}", rows.start, rows.end.saturating_sub(1)),
    }
}
