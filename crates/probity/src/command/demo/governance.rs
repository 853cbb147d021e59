//! People around the models: versions and who approved them, cards in different states, and what was done
//! about alerts.

use anyhow::Result;
use serde_json::{Value, json};

use super::baseline::job_name;
use super::credit::{CREDIT, PORTAL_FROM};
use super::demand::DEMAND;
use super::fraud::FRAUD;
use super::setup::{SUBJECTS, artifact, create_group, create_model, register};
use super::stage::{Stage, uri};
use super::subject::{Problem, Subject};

/// Who builds the models.
pub(super) const BUILDER: &str = "mira";
/// Who is responsible for risks, and approves.
pub(super) const REVIEWER: &str = "ines";

/// Registers every version; the reviewer rejects or approves, and the last one becomes the model.
pub(super) async fn approve_versions(stage: &Stage) -> Result<()> {
    for subject in SUBJECTS {
        create_group(stage, subject).await?;
        let mut serving = String::new();
        for (at, version) in subject.versions.iter().enumerate() {
            let package = register(stage, subject, version).await?;
            let is_last = at + 1 == subject.versions.len();
            let (status, why) = match is_last {
                true => (
                    "Approved",
                    "Holds on last year's applications and in every region",
                ),
                false => (
                    "Rejected",
                    "Ranks no better than the score card that it would replace",
                ),
            };
            let decision = json!({
                "ModelPackageArn": package,
                "ModelApprovalStatus": status,
                "ApprovalDescription": why,
            });
            stage
                .review("SageMaker.UpdateModelPackage", decision)
                .await?;
            serving = package;
        }
        create_model(stage, subject, &serving).await?;
    }
    Ok(())
}

/// A version that waits for its approval.
pub(super) async fn propose_version(stage: &Stage) -> Result<()> {
    let mut next = CREDIT.serving();
    next.description = "The same trees, proposed with the portal's applications left out";
    next.file = "model-3.json";
    register(stage, &CREDIT, &next).await?;
    let content = json!({
        "model_overview": {"model_name": "credit-approval-next", "model_owner": "Consumer credit"},
        "intended_uses": {"risk_rating": "High"},
    });
    let card = json!({
        "ModelCardName": "credit-approval-next",
        "ModelCardStatus": "Draft",
        "Content": content.to_string(),
    });
    stage.sagemaker("CreateModelCard", card).await?;
    Ok(())
}

/// Cards as they stand before the month.
pub(super) async fn create_cards(stage: &Stage) -> Result<()> {
    for subject in SUBJECTS {
        let described = stage
            .sagemaker("DescribeModel", json!({"ModelName": subject.name}))
            .await?;
        let card = json!({
            "ModelCardName": subject.name,
            "ModelCardStatus": "Draft",
            "Content": content(subject, &described["ModelArn"]).to_string(),
        });
        stage.sagemaker("CreateModelCard", card).await?;
    }
    for subject in SUBJECTS {
        for (evaluation, monitor) in [("quality", "model-quality"), ("fairness", "bias")] {
            let bound = json!({
                "ModelCardName": subject.name,
                "EvaluationName": evaluation,
                "ProcessingJobName": job_name(subject, monitor),
            });
            stage.probity("BindModelCardEvaluation", bound).await?;
        }
    }
    for subject in [&CREDIT, &FRAUD] {
        submit(stage, subject).await?;
        let step = json!({
            "ModelCardName": subject.name,
            "ModelCardStatus": "Approved",
            "Comment": "Read with its reports; to be looked at again in a quarter",
        });
        stage.review("Probity.ReviewModelCard", step).await?;
    }
    Ok(())
}

async fn submit(stage: &Stage, subject: &Subject) -> Result<()> {
    let step = json!({
        "ModelCardName": subject.name,
        "ModelCardStatus": "PendingReview",
        "Comment": "Complete, with evaluations from the baselining jobs",
    });
    stage.probity("ReviewModelCard", step).await?;
    Ok(())
}

/// What the workspace demands of cards; `governance.toml` of the data folder.
pub(super) const POLICY: &str = r#"[review]
four_eyes = true
comment = "required"
transitions = "ordered"

[card]
required = [
  "model_overview.model_owner",
  "intended_uses.purpose_of_model",
  "intended_uses.risk_rating",
  "intended_uses.explanations_for_risk_rating",
]
review_every = "1y"

[card.High]
required = ["business_details", "additional_information.ethical_considerations"]
evaluations = ["quality", "fairness"]
evidence = "bound"
review_every = "90d"
"#;

/// What a card says of a model, by the schema of SageMaker's cards.
fn content(subject: &Subject, model_arn: &Value) -> Value {
    let words = words(subject);
    json!({
        "model_overview": {
            "model_id": model_arn,
            "model_name": subject.name,
            "model_description": words.description,
            "problem_type": match subject.problem {
                Problem::Binary => "Binary Classification",
                Problem::Regression => "Regression",
            },
            "algorithm_type": "Gradient boosted trees",
            "model_creator": BUILDER,
            "model_owner": words.owner,
            "model_artifact": [artifact(subject, &subject.serving())],
        },
        "intended_uses": {
            "purpose_of_model": words.purpose,
            "intended_uses": words.uses,
            "factors_affecting_model_efficiency": words.factors,
            "risk_rating": words.risk,
            "explanations_for_risk_rating": words.why,
        },
        "business_details": {
            "business_problem": words.purpose,
            "business_stakeholders": words.owner,
            "line_of_business": words.line,
        },
        "training_details": {
            "training_observations": subject.serving().description,
            "training_job_details": {
                "training_datasets": [uri(&format!("training/{}/rows.csv", subject.name))],
            },
        },
        "additional_information": {"ethical_considerations": words.ethics},
    })
}

struct Words {
    description: &'static str,
    owner: &'static str,
    purpose: &'static str,
    uses: &'static str,
    factors: &'static str,
    risk: &'static str,
    why: &'static str,
    line: &'static str,
    ethics: &'static str,
}

fn words(subject: &Subject) -> Words {
    match subject.name {
        name if name == CREDIT.name => Words {
            description: "Scores applications for consumer credit; above one half the officers are shown a recommendation to approve.",
            owner: "Consumer credit",
            purpose: "Tell creditworthy applicants from others",
            uses: "A recommendation that a credit officer confirms or overrules the same day. Not for business loans.",
            factors: "Incomes have to be gross, as in the training data",
            risk: "High",
            why: "Decides on access to credit (Annex III of the AI Act, point 5b)",
            line: "Retail banking",
            ethics: "Sex is captured to measure bias, and no split of the model asks for it",
        },
        name if name == DEMAND.name => Words {
            description: "Forecasts next week's sales of an article in a shop.",
            owner: "Supply chain",
            purpose: "Order neither too much nor too little",
            uses: "Proposes orders; shop managers change them",
            factors: "Weather, promotions, and rivals, which it does not know of",
            risk: "Low",
            why: "A wrong forecast costs money, and harms nobody",
            line: "Groceries",
            ethics: "Shops of franchisees are to be supplied as well as our own",
        },
        _ => Words {
            description: "Scores card payments that the rules of the processor held back.",
            owner: "Payments",
            purpose: "Let good payments pass and stop the others",
            uses: "Above one half a payment is asked about by telephone",
            factors: "New ways of fraud",
            risk: "Medium",
            why: "A payment that is stopped in error can be repeated within minutes",
            line: "Cards",
            ethics: "Older holders must not be asked more often than others",
        },
    }
}

/// What people do when the slots of a day have run.
pub(super) async fn after(stage: &Stage, day: usize) -> Result<()> {
    match day {
        11 => submit(stage, &DEMAND).await,
        day if day == PORTAL_FROM + 1 => acknowledge(stage).await,
        day if day == PORTAL_FROM + 6 => propose_version(stage).await,
        _ => Ok(()),
    }
}

async fn acknowledge(stage: &Stage) -> Result<()> {
    let subject = format!("monitoring-schedule/{}", CREDIT.schedule("data-quality"));
    let told = json!({
        "Subject": subject,
        "Reason": "Asked the comparison portal which income its form asks for",
    });
    stage.probity("AcknowledgeAlert", told).await?;
    Ok(())
}

/// Of forecasts two bad days of a week count: one promotion that nobody told of is no alarm.
pub(super) async fn set_alerts(stage: &Stage) -> Result<()> {
    let alert = json!({
        "MonitoringScheduleName": DEMAND.schedule("model-quality"),
        "MonitoringAlertName": "Default",
        "DatapointsToAlert": 2,
        "EvaluationPeriod": 7,
    });
    stage.sagemaker("UpdateMonitoringAlert", alert).await?;
    Ok(())
}
