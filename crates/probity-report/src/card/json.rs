//! A card as JSON, for other programs.
//!
//! ```json
//! {
//!   "format": "probity-model-card/1",
//!   "name": "…", "arn": "…", "version": 3, "latestVersion": 3, "status": "Approved",
//!   "sha256": "…",                       // of the content as it is kept, not as it stands here
//!   "created": {"at": "…", "by": "…"},   // also "versionCreated" and "modified"
//!   "tags": {"team": "risk"},
//!   "content": { … },                    // of SageMaker's schema
//!   "evidence": [{
//!     "evaluation": "…", "bound": true, "verification": "Verified", "report": "s3://…", "sha256": "…", "kind": "clarify-bias",
//!     "source": "arn:…", "follows": "…", "reportedAt": "…", "boundAt": "…", "boundBy": "…",
//!     "stale": true, "reasons": [{"code": "NewerReport", "source": "arn:…", "at": "…"}]
//!   }],
//!   "evidenceCounts": {"evaluations": 3, "bound": 2, "verified": 1, "refuted": 0, "stale": 1},
//!   "live": [{"monitoringType": "…", "schedule": "…", "endpoint": "…",
//!             "execution": {"arn": "…", "status": "…", "at": "…", "violations": 2}}],
//!   "reviews": [{"version": 3, "from": "PendingReview", "to": "Approved", "at": "…", "by": "…", "comment": "…"}],
//!   "versions": [{"version": 3, "status": "Approved", "createdAt": "…", "createdBy": "…", "sha256": "…", "reason": "…"}],
//!   "findings": [{"rule": "card.High.required", "path": "…", "message": "…"}],
//!   "reviewDue": "…", "expires": "…", "asOf": "…"
//! }
//! ```
//!
//! Times are RFC 3339 in UTC. What is not known is `null` or left out.

use probity_domain::document::UtcTime;
use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, LiveSection, ReviewStep, Staleness, VersionFact,
};
use serde_json::{Map, Value, json};

use super::words::Counts;

/// `content` is what the API answers for the version.
pub fn json(dossier: &CardDossier, content: &Value) -> Value {
    let happened = |ms: Option<i64>, by: &Option<String>| json!({"at": ms.map(time), "by": by});
    let tags: Map<String, Value> = dossier
        .tags
        .iter()
        .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
        .collect();
    json!({
        "format": "probity-model-card/1",
        "name": dossier.name,
        "arn": (!dossier.arn.is_empty()).then_some(&dossier.arn),
        "version": dossier.version,
        "latestVersion": dossier.latest_version,
        "status": dossier.status.as_str(),
        "sha256": dossier.sha256,
        "created": happened(dossier.created_ms, &dossier.created_by),
        "versionCreated": happened(dossier.version_created_ms, &dossier.version_created_by),
        "modified": happened(dossier.modified_ms, &dossier.modified_by),
        "tags": tags,
        "content": content,
        "evidence": dossier.evaluations.iter().map(evidence).collect::<Vec<_>>(),
        "evidenceCounts": counts(dossier),
        "live": dossier.live.iter().map(live).collect::<Vec<_>>(),
        "reviews": dossier.reviews.iter().map(review).collect::<Vec<_>>(),
        "versions": dossier.versions.iter().map(version).collect::<Vec<_>>(),
        "findings": dossier.findings.iter().map(|finding| json!({
            "rule": finding.rule, "path": finding.path, "message": finding.message,
        })).collect::<Vec<_>>(),
        "reviewDue": dossier.review_due_ms.map(time),
        "expires": dossier.expires_ms.map(time),
        "asOf": dossier.as_of_ms.map(time),
    })
}

fn time(ms: i64) -> String {
    UtcTime::from_epoch_ms(ms).to_string()
}

fn counts(dossier: &CardDossier) -> Value {
    let counts = Counts::of(dossier);
    json!({
        "evaluations": counts.all,
        "bound": counts.bound,
        "verified": counts.verified,
        "refuted": counts.refuted,
        "stale": counts.stale,
    })
}

fn evidence(standing: &EvaluationStanding) -> Value {
    let mut entry = json!({
        "evaluation": standing.evaluation,
        "bound": standing.binding.is_some(),
        "verification": standing.verification.as_str(),
        "stale": standing.is_stale(),
        "reasons": standing.stale.iter().map(reason).collect::<Vec<_>>(),
    });
    if let Some(binding) = &standing.binding {
        entry["report"] = Value::from(binding.report.as_str());
        entry["sha256"] = Value::from(binding.sha256.as_str());
        entry["kind"] = Value::from(binding.kind.as_str());
        for (name, value) in [
            ("source", &binding.source),
            ("follows", &binding.follows),
            ("reportedAt", &binding.reported_at),
            ("boundAt", &binding.bound_at),
            ("boundBy", &binding.bound_by),
        ] {
            if let Some(value) = value {
                entry[name] = Value::from(value.as_str());
            }
        }
    }
    entry
}

fn reason(reason: &Staleness) -> Value {
    match reason {
        Staleness::NewerExecution { source, at_ms } | Staleness::NewerReport { source, at_ms } => {
            json!({"code": reason.code(), "source": source, "at": time(*at_ms)})
        }
        Staleness::ReportChanged | Staleness::ReportMissing | Staleness::ValuesDiffer => {
            json!({"code": reason.code()})
        }
        Staleness::ModelChanged { what } => json!({"code": reason.code(), "what": what}),
    }
}

fn live(live: &LiveSection) -> Value {
    json!({
        "monitoringType": live.monitoring_type,
        "schedule": live.schedule,
        "endpoint": live.endpoint,
        "execution": live.execution.as_ref().map(|execution| json!({
            "arn": execution.arn,
            "status": execution.status,
            "at": time(execution.at_ms),
            "violations": execution.violations,
            "failureReason": execution.failure_reason,
        })),
    })
}

fn review(step: &ReviewStep) -> Value {
    json!({
        "version": step.version,
        "from": step.from.map(|from| from.as_str()),
        "to": step.to.as_str(),
        "at": time(step.at_ms),
        "by": step.actor,
        "comment": step.comment,
    })
}

fn version(fact: &VersionFact) -> Value {
    json!({
        "version": fact.version,
        "status": fact.status.as_str(),
        "createdAt": time(fact.created_ms),
        "createdBy": fact.created_by,
        "sha256": fact.sha256,
        "reason": fact.reason,
    })
}
