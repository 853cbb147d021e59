//! A bias analysis, end to end: one pass over the rows, then metrics, intervals, segments
//! and subgroups from what was counted.

use std::sync::Arc;

use probity_domain::document::analysis::Analysis;
use probity_domain::document::bias_file::{BiasFile, FORMAT, SegmentFacts, VERSION};
use probity_domain::document::probity_file::DatasetFacts;
use probity_metrics::bias::{
    BIAS_INTERVAL_LEVEL, BiasGroups, BiasTable, Group, Outcome, Stage, SubgroupOutcome,
    SubgroupSettings, rank_subgroups, segment_names, stage_metrics,
};

use super::BiasError;
use super::collect::{Collected, Wanted, collect};
use super::documents::{BiasDocuments, one_sided};
use super::facts::facet_facts;
use super::open::OpenTable;
use super::plan::{BiasPlan, plan};
use super::problems::{notes, problems};
use super::request::{BiasRequest, Extended};
use super::rows::{FlipTests, RowMetrics};
use crate::data_quality::{Surroundings, WRITER};

/// Matches configuration and data, reads the rows, and measures nothing: whatever the analysis
/// would refuse is refused here.
pub async fn validate(
    request: &BiasRequest,
    surroundings: Surroundings<'_>,
) -> Result<BiasPlan, BiasError> {
    let table = OpenTable::open(request, surroundings.environment).await?;
    let mut plan = plan(request, &table)?;
    let counted = Wanted {
        features: Vec::new(),
        ..(*plan.wanted).clone()
    };
    let collected = read_rows(&table, Arc::new(counted), surroundings).await?;
    let counts = BiasTable::new(&collected.counts, plan.spelling);
    let groups = counts.groups(&plan.query)?;
    refuse(&plan, &counts, &groups)?;
    plan.warnings = notes(&plan, &counts, &groups);
    Ok(plan)
}

async fn read_rows(
    table: &OpenTable,
    wanted: Arc<Wanted>,
    surroundings: Surroundings<'_>,
) -> Result<Collected, BiasError> {
    (surroundings.on_size)(table.size_bytes);
    let partitions = table.dataset.partitions();
    let collected = collect(partitions, wanted, surroundings.progress).await?;
    match collected.counts.n_rows() {
        0 => Err(BiasError::NoRows {
            location: table.location.clone(),
        }),
        _ => Ok(collected),
    }
}

/// What a run would end with.
fn refuse(plan: &BiasPlan, table: &BiasTable<'_>, groups: &BiasGroups) -> Result<(), BiasError> {
    let problems = problems(plan, table, groups);
    let facets = groups.facets.iter();
    let sides = facets.flat_map(|facet| facet.groups.iter().map(move |group| (facet, group)));
    let problem = problems.into_iter().next().or_else(|| {
        sides
            .filter_map(|(facet, group)| {
                let rows = |side| group.counts.total.of(side).rows();
                one_sided(
                    (&facet.name, &group.value_or_threshold),
                    (rows(Group::Disadvantaged), rows(Group::Advantaged)),
                )
            })
            .next()
    });
    problem.map_or(Ok(()), |problem| Err(BiasError::Unmeasurable { problem }))
}

/// Measures what the configuration asks for.
pub async fn analyse(
    request: &BiasRequest,
    surroundings: Surroundings<'_>,
) -> Result<BiasDocuments, BiasError> {
    let table = OpenTable::open(request, surroundings.environment).await?;
    let plan = plan(request, &table)?;
    let collected = read_rows(&table, Arc::clone(&plan.wanted), surroundings).await?;
    let dataset = DatasetFacts {
        sources: vec![table.location.clone()],
        format: table.dataset.format().name().to_owned(),
        rows: collected.counts.n_rows(),
        files: table.dataset.files() as u64,
        partitions: collected.partitions,
        notes: table.dataset.notes(),
    };
    measure(request, &plan, &collected, dataset)
}

/// Everything that follows from the counts.
fn measure(
    request: &BiasRequest,
    plan: &BiasPlan,
    collected: &Collected,
    dataset: DatasetFacts,
) -> Result<BiasDocuments, BiasError> {
    let counts = BiasTable::new(&collected.counts, plan.spelling);
    let groups = counts.groups(&plan.query)?;
    let rows = RowMetrics::new(collected, plan, &groups);
    let flip_tests = rows.flip_tests(&groups, None);
    let analysis = analysis_of(plan, &groups, &flip_tests);
    let extended = match request.depth.extended {
        Extended::Included => rows.consistency(),
        Extended::LeftOut => None,
    };
    let facets = facet_facts(&groups, &analysis, (&flip_tests, request.depth.extended));
    let facets = match extended {
        Some(consistency) => facets.with_consistency(consistency),
        None => facets,
    };
    let probity = BiasFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        writer: WRITER.to_owned(),
        dataset,
        label: groups.label.facts(),
        predicted_label: groups.predicted_label.as_ref().map(Outcome::facts),
        group_variable: plan.query.group_variable.clone(),
        facets: facets.into_list(),
        subgroups: (request.depth.extended == Extended::Included)
            .then(|| subgroups(&counts, &groups, request.depth.minimum_cell)),
        segments: segments(request, plan, (&counts, &groups), &rows)?,
        check: None,
        explanations: None,
        notes: [notes(plan, &counts, &groups), overlaps(plan, &counts)?].concat(),
    };
    Ok(BiasDocuments {
        analysis,
        probity,
        violations: None,
        config: request.config.clone(),
        config_is_open: request.redacted.is_empty(),
        problems: problems(plan, &counts, &groups),
    })
}

fn analysis_of(plan: &BiasPlan, groups: &BiasGroups, flip_tests: &FlipTests) -> Analysis {
    let stage = |stage, metrics: &[_]| match metrics.is_empty() {
        true => None,
        false => stage_metrics(stage, metrics, groups, |facet, group| {
            flip_tests.value(&facet.name, &group.value_or_threshold)
        }),
    };
    Analysis {
        version: "1.0".to_owned(),
        post_training_bias_metrics: stage(Stage::PostTraining, &plan.post_training),
        pre_training_bias_metrics: stage(Stage::PreTraining, &plan.pre_training),
        ..Analysis::default()
    }
}

/// Every combination of the facets' values, worst first.
fn subgroups(
    table: &BiasTable<'_>,
    groups: &BiasGroups,
    minimum_rows: u64,
) -> probity_domain::document::bias_file::SubgroupFacts {
    let outcome = match (&groups.predicted_label, &groups.post_training_error) {
        (Some(_), None) => SubgroupOutcome::Predictions,
        _ => SubgroupOutcome::Labels,
    };
    let settings = SubgroupSettings {
        minimum_rows,
        level: BIAS_INTERVAL_LEVEL,
        outcome,
    };
    rank_subgroups(&table.subgroups(groups), settings)
}

/// Rows that a part has.
fn rows_within(part: &BiasGroups) -> u64 {
    let first = part.facets.first().and_then(|facet| facet.groups.first());
    first.map_or(0, |group| group.counts.total.rows())
}

/// Tells of rows that are in several segments of one list, so that parts sum to more than the
/// whole.
fn overlaps(plan: &BiasPlan, table: &BiasTable<'_>) -> Result<Vec<String>, BiasError> {
    let mut notes = Vec::new();
    for config in &plan.segments {
        let parts = table.segments(&config.column, &config.segments)?;
        let n = table.rows_in_several(&parts);
        if n > 0 {
            notes.push(format!(
                "segments of `{}` overlap: {n} rows are in more than one of them, and count in each",
                config.column
            ));
        }
    }
    Ok(notes)
}

/// The same metrics over parts of the rows.
fn segments(
    request: &BiasRequest,
    plan: &BiasPlan,
    (table, groups): (&BiasTable<'_>, &BiasGroups),
    rows: &RowMetrics<'_>,
) -> Result<Vec<SegmentFacts>, BiasError> {
    let mut found = Vec::new();
    for config in &plan.segments {
        let parts = table.segments(&config.column, &config.segments)?;
        let names = segment_names(&config.segments, &config.aliases);
        for (segment, is_kept) in names.into_iter().zip(parts) {
            let part = table.groups_within(groups, &is_kept);
            let flip_tests = rows.flip_tests(&part, Some(&is_kept));
            let analysis = analysis_of(plan, &part, &flip_tests);
            let n = rows_within(&part);
            let error = match n {
                0 => Some("no row is in the segment".to_owned()),
                _ => part
                    .post_training_error
                    .as_ref()
                    .filter(|_| !plan.post_training.is_empty())
                    .map(ToString::to_string),
            };
            let facets = match n {
                0 => Vec::new(),
                _ => {
                    facet_facts(&part, &analysis, (&flip_tests, request.depth.extended)).into_list()
                }
            };
            found.push(SegmentFacts {
                config_name: config.config_name.clone(),
                column: config.column.clone(),
                segment,
                n,
                facets,
                error,
            });
        }
    }
    Ok(found)
}
