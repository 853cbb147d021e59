//! Every text of a sample that somebody else than Probity wrote, to be made hostile.

use probity_domain::document::card_dossier::{CardDossier, Staleness};
use probity_domain::document::model_card::{MetricGroup, MetricValue, ModelCard, TrainingDetails};

pub(super) fn visit(dossier: &mut CardDossier, change: &mut dyn FnMut(&mut String)) {
    change(&mut dossier.name);
    for text in [
        &mut dossier.created_by,
        &mut dossier.version_created_by,
        &mut dossier.modified_by,
    ] {
        text.iter_mut().for_each(&mut *change);
    }
    for (key, value) in &mut dossier.tags {
        change(key);
        change(value);
    }
    for step in &mut dossier.reviews {
        change(&mut step.actor);
        step.comment.iter_mut().for_each(&mut *change);
    }
    for fact in &mut dossier.versions {
        change(&mut fact.created_by);
        fact.reason.iter_mut().for_each(&mut *change);
    }
    for finding in &mut dossier.findings {
        change(&mut finding.path);
        change(&mut finding.message);
    }
    for standing in &mut dossier.evaluations {
        for reason in &mut standing.stale {
            match reason {
                Staleness::NewerExecution { source, .. }
                | Staleness::NewerReport { source, .. } => change(source),
                Staleness::ModelChanged { what } => change(what),
                Staleness::ReportChanged | Staleness::ReportMissing | Staleness::ValuesDiffer => {}
            }
        }
    }
    for live in &mut dossier.live {
        change(&mut live.schedule);
        live.endpoint.iter_mut().for_each(&mut *change);
        if let Some(execution) = &mut live.execution {
            change(&mut execution.status);
            execution
                .groups
                .iter_mut()
                .for_each(|group| visit_group(group, change));
        }
    }
    visit_card(&mut dossier.card, change);
}

fn visit_card(card: &mut ModelCard, change: &mut dyn FnMut(&mut String)) {
    let overview = &mut card.overview;
    let uses = &mut card.intended_uses;
    let business = &mut card.business;
    let more = &mut card.additional;
    for text in [
        &mut overview.model_id,
        &mut overview.model_name,
        &mut overview.description,
        &mut overview.problem_type,
        &mut overview.algorithm_type,
        &mut overview.creator,
        &mut overview.owner,
        &mut uses.purpose,
        &mut uses.intended_uses,
        &mut uses.factors_affecting_efficiency,
        &mut uses.risk_explanation,
        &mut business.problem,
        &mut business.stakeholders,
        &mut business.line_of_business,
        &mut more.ethical_considerations,
        &mut more.caveats,
    ] {
        text.iter_mut().for_each(&mut *change);
    }
    overview.artifacts.iter_mut().for_each(&mut *change);
    overview.container_images.iter_mut().for_each(&mut *change);
    for (key, value) in &mut more.custom {
        change(key);
        change(value);
    }
    if let Some(package) = &mut card.package {
        for text in [
            &mut package.arn,
            &mut package.group,
            &mut package.description,
            &mut package.status,
            &mut package.created_by,
        ] {
            text.iter_mut().for_each(&mut *change);
        }
    }
    visit_training(&mut card.training, change);
    for evaluation in &mut card.evaluations {
        change(&mut evaluation.name);
        evaluation.observation.iter_mut().for_each(&mut *change);
        evaluation.job_arn.iter_mut().for_each(&mut *change);
        evaluation.datasets.iter_mut().for_each(&mut *change);
        evaluation.metadata.values_mut().for_each(&mut *change);
        evaluation
            .groups
            .iter_mut()
            .for_each(|group| visit_group(group, change));
    }
}

fn visit_training(training: &mut TrainingDetails, change: &mut dyn FnMut(&mut String)) {
    if let Some(objective) = &mut training.objective {
        for text in [
            &mut objective.function,
            &mut objective.facet,
            &mut objective.condition,
            &mut objective.notes,
        ] {
            text.iter_mut().for_each(&mut *change);
        }
    }
    training.observations.iter_mut().for_each(&mut *change);
    training.job_arn.iter_mut().for_each(&mut *change);
    training.datasets.iter_mut().for_each(&mut *change);
    training.container_images.iter_mut().for_each(&mut *change);
    for metric in training
        .metrics
        .iter_mut()
        .chain(&mut training.user_metrics)
    {
        change(&mut metric.name);
        metric.notes.iter_mut().for_each(&mut *change);
    }
    for parameter in training
        .hyper_parameters
        .iter_mut()
        .chain(&mut training.user_hyper_parameters)
    {
        change(&mut parameter.name);
        parameter.value.iter_mut().for_each(&mut *change);
    }
}

fn visit_group(group: &mut MetricGroup, change: &mut dyn FnMut(&mut String)) {
    change(&mut group.name);
    for metric in &mut group.metrics {
        change(&mut metric.name);
        metric.notes.iter_mut().for_each(&mut *change);
        match &mut metric.value {
            MetricValue::Text(text) => change(text),
            MetricValue::LinearGraph { x_axis, y_axis, .. } => {
                x_axis.iter_mut().for_each(&mut *change);
                y_axis.iter_mut().for_each(&mut *change);
            }
            MetricValue::BarChart { labels, y_axis, .. } => {
                labels.iter_mut().for_each(&mut *change);
                y_axis.iter_mut().for_each(&mut *change);
            }
            MetricValue::Matrix {
                row_names,
                column_names,
                ..
            } => {
                row_names.iter_mut().for_each(&mut *change);
                column_names.iter_mut().for_each(&mut *change);
            }
            MetricValue::Number(_) | MetricValue::Boolean(_) => {}
        }
    }
}
