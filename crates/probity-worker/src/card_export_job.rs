//! A model card's export job: the version as a PDF in the bucket of who asked for it.
//!
//! The dossier is made anew whenever the job runs, and is dated by the job, so that a second run
//! puts the same bytes in the same place unless something happened to the card meanwhile.

use std::error::Error;

use probity_analysis::card_document::{
    CardContent, CardDocument, CardFormat, CardLayout, CardMatter, MakeCardDocument, Template,
    card_document,
};
use probity_app::model_card::export_job::{self, ExportEnd, ExportJob, JOB_KIND};
use probity_app::model_card::{
    DossierRequest, ReportStates, bound_reports_of_server, dossier_of_server,
};
use probity_app::{App, Fault};
use probity_data::location::{Patience, ReadLocation, WriteOutput, report_states, write_object};
use probity_domain::document::card_dossier::CardDossier;
use probity_store::job::Job;
use serde_json::Value;
use tracing::{error, info, warn};

use crate::chain::Chain;
use crate::processing_job::or_again;
use crate::stop::Stop;
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = JOB_KIND;

/// What the audit log and faults call the reading of the card.
const ACTION: &str = "probity:ExportModelCard";

pub(crate) async fn run(parts: &Parts, job: &Job, stop: &Stop) -> JobRun {
    let ran = match stop.unless(exported(parts, job)).await {
        Ok(ran) => ran,
        // The lease is another's, or the process ends.
        Err(_) => Ok(JobRun::Again),
    };
    or_again(ran, job)
}

/// Gives a job that nobody runs any more its final status.
pub(crate) async fn fail(
    app: &App,
    (region, subject): (&str, &str),
    reason: &str,
) -> Result<(), Fault> {
    let reason = reason.to_owned();
    export_job::finish(app, region, (subject, &ExportEnd::Failed { reason })).await
}

async fn exported(parts: &Parts, job: &Job) -> Result<JobRun, Fault> {
    let (region, subject) = (job.region.as_str(), job.subject.as_str());
    let Some(export) = export_job::start(&parts.app, region, subject).await? else {
        return Ok(JobRun::Done);
    };
    let end = end_of(parts, region, &export).await?;
    export_job::finish(&parts.app, region, (subject, &end)).await?;
    match &end {
        ExportEnd::Completed { uri } => {
            info!(
                card = export.card,
                version = export.version,
                "exported model card to `{uri}`"
            );
        }
        ExportEnd::Failed { reason } => warn!(
            card = export.card,
            version = export.version,
            "failed to export model card `{}`: {reason}",
            export.card
        ),
    }
    Ok(JobRun::Done)
}

async fn end_of(parts: &Parts, region: &str, export: &ExportJob) -> Result<ExportEnd, Fault> {
    let mut dossier = match dossier(parts, region, export).await {
        Ok(dossier) => dossier,
        // Deleted, or deleted and made anew, since the job was asked for.
        Err(Fault::NotFound { .. } | Fault::Missing { .. }) => {
            return Ok(failed(format!(
                "ClientError: model card {} has no version {} any more",
                export.card, export.version
            )));
        }
        Err(fault) => return Err(fault),
    };
    dossier.as_of_ms = Some(export.created_ms);
    let layout = CardLayout {
        format: CardFormat::Pdf,
        template: Template::Card,
    };
    let matter = CardMatter {
        dossier,
        content: Value::Null,
        fonts: parts.fonts.clone(),
    };
    let made = match card_document(matter, layout).await {
        Ok(made) => made,
        Err(problem) => return Ok(not_made(export, &problem)),
    };
    Ok(put(parts, export, made).await)
}

async fn dossier(parts: &Parts, region: &str, export: &ExportJob) -> Result<CardDossier, Fault> {
    let nothing = ReportStates::new();
    let request = DossierRequest {
        action: ACTION,
        card: &export.card,
        version: Some(export.version),
        reports: &nothing,
    };
    let reports = bound_reports_of_server(&parts.app, region, request).await?;
    let reports = report_states(&reports, &parts.environment, Patience::OfARecord).await;
    let request = DossierRequest {
        reports: &reports,
        ..request
    };
    dossier_of_server(&parts.app, region, request).await
}

fn not_made(export: &ExportJob, problem: &MakeCardDocument) -> ExportEnd {
    error!(
        card = export.card,
        error = problem as &dyn Error,
        "failed to make the PDF of model card `{}`",
        export.card
    );
    failed(format!("InternalServerError: {}", Chain(problem)))
}

async fn put(parts: &Parts, export: &ExportJob, made: CardDocument) -> ExportEnd {
    let uri = export.uri();
    let bytes = match made.content {
        CardContent::Pdf(bytes) => bytes,
        CardContent::Text(text) => text.into_bytes(),
    };
    match write_object(&uri, bytes.into(), &parts.environment).await {
        Ok(()) => ExportEnd::Completed { uri },
        Err(problem) => failed(format!(
            "ClientError: {}. {}",
            Chain(&problem),
            advice(&problem)
        )),
    }
}

/// What to do about a place that cannot be written to.
fn advice(problem: &WriteOutput) -> &'static str {
    match problem {
        WriteOutput::Remote {
            source: ReadLocation::MissingBucket { .. },
            ..
        } => "Create the bucket, or give another S3OutputPath, and start a new export job.",
        WriteOutput::Remote { .. }
        | WriteOutput::Local { .. }
        | WriteOutput::NotAFolder { .. }
        | WriteOutput::Name { .. } => {
            "Give an S3OutputPath that can be written to, and start a new export job."
        }
    }
}

fn failed(reason: String) -> ExportEnd {
    ExportEnd::Failed { reason }
}
