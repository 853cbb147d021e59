//! States as badges: a sign, a word and a colour, so that none of them is needed alone.

use maud::{Markup, html};
use probity_app::dashboard::monitor_state::{Acknowledged, MonitorState};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::model_card::RiskRating;
use probity_domain::resource::CardStatus;
use probity_store::fleet::LastRun;

use super::shell::symbol;
use super::words;

pub(super) fn kind(kind: MonitoringType) -> &'static str {
    match kind {
        MonitoringType::DataQuality => "Data quality",
        MonitoringType::ModelQuality => "Model quality",
        MonitoringType::ModelBias => "Bias",
        MonitoringType::ModelExplainability => "Attribution",
    }
}

/// A monitor in a cell of the fleet.
pub(super) fn monitor(state: MonitorState, now_ms: i64) -> Markup {
    match state {
        MonitorState::Idle => html! { span.none title="The model runs nowhere" { "–" } },
        MonitorState::Ok { found: 0 } => html! { span.chip.ok { (symbol("ok")) "OK" } },
        MonitorState::Ok { found } => html! {
            span.chip.ok title="Its last run found violations; that alone does not raise its alert" {
                (symbol("ok")) "OK " span.found { (words::count(found)) " found" }
            }
        },
        MonitorState::Waiting => {
            html! { span.chip.waiting title="Has not run yet" { (symbol("waiting")) "Waiting" } }
        }
        MonitorState::Inactive => {
            html! { span.chip.inactive title="Stopped by somebody" { (symbol("inactive")) "Inactive" } }
        }
        MonitorState::Missing => {
            html! { span.chip.missing title="Nobody watches this" { (symbol("missing")) "Missing" } }
        }
        MonitorState::Failed { at_ms } => html! {
            span.chip.failed { (symbol("failed")) "Failed " (words::for_so_long(at_ms, now_ms)) }
        },
        MonitorState::InAlert {
            since_ms,
            acknowledged,
        } => {
            let (class, word) = match acknowledged {
                Acknowledged::Yes => ("chip alert seen", "Seen "),
                Acknowledged::No => ("chip alert", "Alert "),
            };
            html! { span class=(class) { (symbol("alert")) (word) (words::for_so_long(since_ms, now_ms)) } }
        }
    }
}

pub(super) fn risk(rating: RiskRating) -> Markup {
    let (class, bars) = match rating {
        RiskRating::High => ("risk high", 3),
        RiskRating::Medium => ("risk medium", 2),
        RiskRating::Low => ("risk low", 1),
        RiskRating::Unknown => ("risk unknown", 0),
    };
    html! {
        span class=(class) {
            svg viewBox="0 0 12 10" aria-hidden="true" {
                @for bar in 0..3 {
                    rect.on[bar < bars] x=(bar * 4) y=(6 - bar * 3) width="3" height=(4 + bar * 3) rx=".5" {}
                }
            }
            (rating.as_str())
        }
    }
}

pub(super) fn card_status(status: CardStatus) -> Markup {
    let (class, text) = match status {
        CardStatus::Approved => ("tag good", "Approved"),
        CardStatus::PendingReview => ("tag sure", "Pending review"),
        CardStatus::Draft => ("tag", "Draft"),
        CardStatus::Archived => ("tag soft", "Archived"),
    };
    html! { span class=(class) { (text) } }
}

/// The state of an endpoint or a job.
pub(super) fn work(status: &str) -> Markup {
    let class = match status {
        "InService" | "Completed" => "tag good",
        "Failed" | "OutOfService" | "UpdateRollbackFailed" => "tag bad",
        "Stopped" | "Stopping" | "Deleting" => "tag soft",
        _ => "tag warn",
    };
    html! { span class=(class) { (status) } }
}

pub(super) fn approval(approval: &str) -> Markup {
    let (class, text) = match approval {
        "Approved" => ("tag good", "Approved"),
        "Rejected" => ("tag bad", "Rejected"),
        "PendingManualApproval" => ("tag sure", "Pending"),
        other => ("tag", other),
    };
    html! { span class=(class) { (text) } }
}

/// `InAlert` or `OK`.
pub(super) fn alert_status(status: &str) -> Markup {
    match status {
        "InAlert" => html! { span.chip.alert { (symbol("alert")) "In alert" } },
        other => html! { span.chip.ok { (symbol("ok")) (other) } },
    }
}

/// How a run ended, with what it found.
pub(super) fn run(status: &str, violations: Option<i64>) -> Markup {
    match status {
        "Completed" => html! { span.chip.ok { (symbol("ok")) "Completed" } },
        "CompletedWithViolations" => {
            let count = usize::try_from(violations.unwrap_or(0)).unwrap_or(0);
            html! { span.chip.alert.seen { (symbol("alert")) (words::number_of(count, "violation")) } }
        }
        "Failed" => html! { span.chip.failed { (symbol("failed")) "Failed" } },
        other => html! { span.chip.waiting { (symbol("waiting")) (other) } },
    }
}

/// How a run ended, in words.
pub(super) fn run_result(run: &LastRun) -> String {
    match run.status.as_str() {
        "Completed" if run.violations < 0 => "nothing to compare with".to_owned(),
        "Completed" => "no violations".to_owned(),
        "CompletedWithViolations" => {
            words::number_of(usize::try_from(run.violations).unwrap_or(0), "violation")
        }
        "Failed" => "failed".to_owned(),
        "InProgress" | "Pending" => "under way".to_owned(),
        other => other.to_lowercase(),
    }
}
