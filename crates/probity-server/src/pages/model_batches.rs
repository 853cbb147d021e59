//! The transform jobs of a model.

use maud::{Markup, html};
use probity_app::dashboard::batch_job::BatchJob;
use probity_app::dashboard::model::ModelPage;

use super::{badge, shell, words};

pub(super) fn section(page: &ModelPage) -> Markup {
    html! {
        section #batches {
            h2 { "Batch jobs" @if !page.batches.is_empty() { " " span.soft { "the newest first" } } }
            @if page.batches.is_empty() {
                p.soft { "No transform job has used this model. " code { "create_transform_job" } " starts one." }
            } @else {
                div.scroll tabindex="0" role="region" aria-label="Table of batch jobs" { table {
                    thead { tr {
                        th scope="col" { "Job" } th scope="col" { "Status" } th scope="col" { "Started" }
                        th scope="col" { "Took" } th scope="col" { "From and to" } th scope="col" { "Captured to" }
                    } }
                    tbody { @for job in &page.batches { (row(job, page.as_of_ms)) } }
                } }
            }
        }
    }
}

fn row(job: &BatchJob, now_ms: i64) -> Markup {
    html! {
        tr {
            th scope="row" { (job.name) }
            td { (badge::work(&job.status))
                @if let Some(failure) = &job.failure { span.fine.block { (failure) } }
            }
            td { (words::ago(job.created_ms, now_ms)) }
            td { @match job.ended_ms {
                Some(ended_ms) => (words::took(ended_ms - job.created_ms)),
                None => span.none { "–" },
            } }
            td {
                @if let Some(input) = &job.input { code.block { (input) } }
                @if let Some(output) = &job.output { code.block { (output) } }
            }
            td { @match &job.captured {
                Some(place) => code { (place) },
                None => span.chip.missing { (shell::symbol("missing")) "Nothing" },
            } }
        }
    }
}
