//! A card of a server, with what the server knows around it.

use anyhow::{Context, Result};
use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, LiveExecution, LiveSection, ReviewStep, Staleness,
    Verification,
};
use probity_domain::document::governance_policy::Finding;
use probity_domain::document::model_card::{Content, Variant};
use probity_domain::resource::CardStatus;
use serde_json::{Value, json};

use super::{member, sha256};
use crate::client::{CallError, Client};
use crate::moment::of_seconds;

/// A version of a card as it is described.
#[derive(Debug)]
pub(super) struct RemoteCard {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) version: i64,
    pub(super) status: CardStatus,
    /// The content as it is kept.
    pub(super) text: String,
    pub(super) content: Value,
    /// The whole answer.
    answer: Value,
}

/// `None` where the server has no card of that name.
pub(super) async fn find(client: &Client, name: &str) -> Result<Option<RemoteCard>> {
    match describe(client, name, None).await {
        Ok(card) => Ok(Some(card)),
        Err(error) => match error.downcast_ref::<CallError>() {
            Some(CallError::Refused { code, .. }) if code == "ResourceNotFound" => Ok(None),
            Some(_) | None => Err(error),
        },
    }
}

pub(super) async fn describe(
    client: &Client,
    name: &str,
    version: Option<i64>,
) -> Result<RemoteCard> {
    let mut input = json!({ "ModelCardName": name });
    if let Some(version) = version {
        input["ModelCardVersion"] = Value::from(version);
    }
    let answer = client.call("SageMaker.DescribeModelCard", input).await?;
    let text = member(&answer, "Content").to_owned();
    Ok(RemoteCard {
        name: member(&answer, "ModelCardName").to_owned(),
        arn: member(&answer, "ModelCardArn").to_owned(),
        version: answer["ModelCardVersion"].as_i64().unwrap_or_default(),
        status: status(&answer, "ModelCardStatus").context("the card has no known status")?,
        content: serde_json::from_str(&text).context("the card's content is no JSON")?,
        text,
        answer,
    })
}

impl RemoteCard {
    pub(super) async fn tags(&self, client: &Client) -> Result<Vec<(String, String)>> {
        let input = json!({ "ResourceArn": self.arn });
        let tags = client.pages("SageMaker.ListTags", input, "Tags").await?;
        Ok(tags
            .iter()
            .map(|tag| {
                (
                    member(tag, "Key").to_owned(),
                    member(tag, "Value").to_owned(),
                )
            })
            .collect())
    }

    /// Everything that the server says about the card.
    pub(super) async fn dossier(&self, client: &Client) -> Result<CardDossier> {
        let of_version = || json!({"ModelCardName": self.name, "ModelCardVersion": self.version});
        let of_card = || json!({ "ModelCardName": self.name });
        let evidence = client
            .call("Probity.DescribeModelCardEvidence", of_version())
            .await?;
        let compliance = client
            .call("Probity.DescribeModelCardCompliance", of_version())
            .await?;
        let reviews = client
            .pages(
                "Probity.ListModelCardReviews",
                of_card(),
                "ModelCardReviews",
            )
            .await?;
        let latest = client
            .call("SageMaker.DescribeModelCard", of_card())
            .await?;
        let content = Content::parse(&self.text, Variant::Card)?;
        let card = content.card().clone();
        let mut reviews: Vec<ReviewStep> = reviews.iter().filter_map(review).collect();
        reviews.sort_by_key(|step| step.at_ms);
        let written = first_step(&reviews, self.version);
        Ok(CardDossier {
            name: self.name.clone(),
            arn: self.arn.clone(),
            version: self.version,
            latest_version: latest["ModelCardVersion"].as_i64().unwrap_or(self.version),
            status: self.status,
            sha256: sha256(self.text.as_bytes()),
            created_ms: moment(&latest["CreationTime"]),
            created_by: user(&latest["CreatedBy"]),
            version_created_ms: written.map(|step| step.at_ms),
            version_created_by: written.map(|step| step.actor.clone()),
            modified_ms: moment(&self.answer["LastModifiedTime"]),
            modified_by: user(&self.answer["LastModifiedBy"]),
            tags: self.tags(client).await?,
            evaluations: card
                .evaluations
                .iter()
                .enumerate()
                .map(|(at, evaluation)| (evaluation, told_of(&evidence, (at, &evaluation.name))))
                .map(|(evaluation, told)| EvaluationStanding {
                    evaluation: evaluation.name.clone(),
                    binding: evaluation.binding(),
                    stale: list(told, "Reasons").iter().map(reason).collect(),
                    verification: verification(told),
                })
                .collect(),
            card,
            live: list(&evidence, "LiveSections").iter().map(live).collect(),
            reviews,
            versions: Vec::new(),
            findings: list(&compliance, "Findings").iter().map(finding).collect(),
            review_due_ms: moment(&compliance["ReviewDue"]),
            expires_ms: moment(&compliance["Expires"]),
            as_of_ms: Some(client.server_now_ms().await?),
        })
    }
}

/// What the server tells of the evaluation at that place: two may have one name.
fn told_of<'a>(evidence: &'a Value, (at, name): (usize, &str)) -> &'a Value {
    let told = list(evidence, "Evaluations").get(at);
    told.filter(|told| told["EvaluationName"] == name)
        .unwrap_or(&Value::Null)
}

fn verification(told: &Value) -> Verification {
    let text = told["Verification"].as_str();
    text.and_then(Verification::parse).unwrap_or_default()
}

pub(super) fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer[name].as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn status(answer: &Value, name: &str) -> Option<CardStatus> {
    answer[name].as_str().and_then(CardStatus::parse)
}

fn moment(seconds: &Value) -> Option<i64> {
    seconds.as_f64().map(of_seconds)
}

fn user(context: &Value) -> Option<String> {
    let name = context["UserProfileName"].as_str().or_else(|| {
        let arn = context["IamIdentity"]["Arn"].as_str()?;
        arn.rsplit('/').next()
    })?;
    Some(name.to_owned())
}

pub(super) fn finding(finding: &Value) -> Finding {
    let text = |name: &str| member(finding, name).to_owned();
    Finding {
        rule: text("Rule"),
        path: text("Path"),
        message: text("Message"),
    }
}

/// By which the version came to be; `CreationTime` and `CreatedBy` are of the card.
fn first_step(reviews: &[ReviewStep], version: i64) -> Option<&ReviewStep> {
    let mut first = reviews.iter().filter(|step| step.from.is_none());
    first.find(|step| step.version == version)
}

fn review(step: &Value) -> Option<ReviewStep> {
    Some(ReviewStep {
        version: step["ModelCardVersion"].as_i64()?,
        from: status(step, "FromStatus"),
        to: status(step, "ToStatus")?,
        at_ms: moment(&step["Time"])?,
        actor: member(step, "Actor").to_owned(),
        comment: step["Comment"].as_str().map(str::to_owned),
    })
}

fn live(section: &Value) -> LiveSection {
    let text = |name: &str| section[name].as_str().map(str::to_owned);
    LiveSection {
        monitoring_type: text("MonitoringType").unwrap_or_default(),
        schedule: text("MonitoringScheduleName").unwrap_or_default(),
        endpoint: text("EndpointName"),
        execution: section.get("Execution").map(|execution| LiveExecution {
            arn: member(execution, "Source").to_owned(),
            status: member(execution, "MonitoringExecutionStatus").to_owned(),
            at_ms: moment(&execution["At"]).unwrap_or_default(),
            violations: execution["ViolationCount"].as_i64(),
            failure_reason: execution["FailureReason"].as_str().map(str::to_owned),
            // Nothing here shows them.
            groups: Vec::new(),
        }),
    }
}

fn reason(reason: &Value) -> Staleness {
    let source = || member(reason, "Source").to_owned();
    let at_ms = || moment(&reason["At"]).unwrap_or_default();
    match member(reason, "Code") {
        "NewerExecution" => Staleness::NewerExecution {
            source: source(),
            at_ms: at_ms(),
        },
        "NewerReport" => Staleness::NewerReport {
            source: source(),
            at_ms: at_ms(),
        },
        "ReportChanged" => Staleness::ReportChanged,
        "ReportMissing" => Staleness::ReportMissing,
        "ValuesDiffer" => Staleness::ValuesDiffer,
        // A server may know reasons that we do not: its words say what is the matter.
        _ => Staleness::ModelChanged {
            what: member(reason, "Message").to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_by_who_wrote_it() {
        let step = |version: i64, from: Option<CardStatus>, actor: &str| ReviewStep {
            version,
            from,
            to: CardStatus::Draft,
            at_ms: 10 * version,
            actor: actor.to_owned(),
            comment: None,
        };
        let reviews = [
            step(1, None, "ada"),
            step(1, Some(CardStatus::Draft), "cleo"),
            step(2, None, "bob"),
            step(2, Some(CardStatus::Draft), "cleo"),
        ];
        let by = |version| first_step(&reviews, version).map(|step| step.actor.as_str());
        assert_eq!((by(1), by(2), by(3)), (Some("ada"), Some("bob"), None));
    }
}
