//! Fields of a card by the names that people know them by, with where they are kept, so that
//! what is missing can be filled in.

use probity_domain::document::model_card::{ModelCard, ObjectiveFunction, PackageDetails};

use crate::article::{Block, Tone, Words};
use crate::number;

/// A field of the card's schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) label: &'static str,
    /// In the content.
    pub(super) path: &'static str,
    /// `None` where the card does not say.
    pub(super) read: fn(&ModelCard) -> Option<Words>,
    pub(super) need: Need,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Said to be missing where it is.
    Expected,
    /// Shown where it is there.
    Optional,
}

/// Terms of a section: what is stated, and what is expected and is not.
pub(super) fn terms(card: &ModelCard, fields: &[Field]) -> Block {
    let shown = fields.iter().filter_map(|field| match (field.read)(card) {
        Some(words) => Some((field.label.to_owned(), words)),
        None if field.need == Need::Expected => Some((field.label.to_owned(), not_stated())),
        None => None,
    });
    Block::Terms(shown.collect())
}

pub(super) fn not_stated() -> Words {
    Words::new().badge(Tone::Quiet, "not stated")
}

fn text(text: Option<&String>) -> Option<Words> {
    let text = text
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())?;
    Some(Words::new().whole(text))
}

fn named(text: Option<&String>) -> Option<Words> {
    let text = text
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())?;
    Some(Words::new().whole_name(text))
}

/// One below the other.
pub(super) fn list(items: &[String]) -> Option<Words> {
    let mut words = Words::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            words = words.line_break();
        }
        words = words.whole_name(item);
    }
    (!items.is_empty()).then_some(words)
}

fn of_package(card: &ModelCard, read: fn(&PackageDetails) -> Option<&String>) -> Option<&String> {
    card.package.as_ref().and_then(read)
}

fn version(version: Option<f64>) -> Option<Words> {
    version.map(|version| Words::of(number::short(version)))
}

fn objective(objective: &ObjectiveFunction) -> Option<Words> {
    let mut words = Words::new();
    for part in [
        &objective.function,
        &objective.facet,
        &objective.condition,
        &objective.notes,
    ] {
        let Some(part) = part.as_ref().filter(|part| !part.trim().is_empty()) else {
            continue;
        };
        if !words.is_empty() {
            words = words.text(" · ");
        }
        words = words.whole(part);
    }
    (!words.is_empty()).then_some(words)
}

fn source_algorithms(package: &PackageDetails) -> Option<Words> {
    let each = package.source_algorithms.iter().map(|algorithm| {
        let parts = [&algorithm.name, &algorithm.model_data_url];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        parts.join(" — ")
    });
    list(&each.collect::<Vec<_>>())
}

fn containers(package: &PackageDetails) -> Option<Words> {
    let each = package.containers.iter().map(|container| {
        let parts = [
            &container.image,
            &container.model_data_url,
            &container.nearest_model_name,
        ];
        let parts = parts.into_iter().flatten().cloned();
        let sources = container.sources.iter();
        let parts = parts.chain(sources.map(|(name, value)| format!("{name}: {value}")));
        parts.collect::<Vec<_>>().join(" — ")
    });
    list(&each.collect::<Vec<_>>())
}

macro_rules! fields {
    ($($(#[$meta:meta])* $name:ident: $need:ident, $label:literal, $path:literal, $read:expr;)*) => {
        $($(#[$meta])* pub(super) const $name: Field = Field {
            label: $label,
            path: $path,
            read: $read,
            need: Need::$need,
        };)*
    };
}

fields! {
    DESCRIPTION: Expected, "Description", "model_overview.model_description", |card| text(card.overview.description.as_ref());
    MODEL_ID: Optional, "Model", "model_overview.model_id", |card| named(card.overview.model_id.as_ref());
    MODEL_NAME: Optional, "Model name", "model_overview.model_name", |card| text(card.overview.model_name.as_ref());
    MODEL_VERSION: Optional, "Model version", "model_overview.model_version", |card| version(card.overview.model_version);
    PROBLEM: Expected, "Problem type", "model_overview.problem_type", |card| text(card.overview.problem_type.as_ref());
    ALGORITHM: Expected, "Algorithm", "model_overview.algorithm_type", |card| text(card.overview.algorithm_type.as_ref());
    OWNER: Expected, "Owner", "model_overview.model_owner", |card| text(card.overview.owner.as_ref());
    CREATOR: Expected, "Creator", "model_overview.model_creator", |card| text(card.overview.creator.as_ref());
    ARTIFACTS: Expected, "Artifacts", "model_overview.model_artifact", |card| list(&card.overview.artifacts);
    IMAGES: Optional, "Runs in", "model_overview.inference_environment.container_image", |card| list(&card.overview.container_images);

    PURPOSE: Expected, "Purpose", "intended_uses.purpose_of_model", |card| text(card.intended_uses.purpose.as_ref());
    USES: Expected, "Intended uses", "intended_uses.intended_uses", |card| text(card.intended_uses.intended_uses.as_ref());
    FACTORS: Expected, "Factors that affect it", "intended_uses.factors_affecting_model_efficiency", |card| text(card.intended_uses.factors_affecting_efficiency.as_ref());
    RATING: Expected, "Risk rating", "intended_uses.risk_rating", |card| card.intended_uses.risk_rating.map(|rating| Words::of(rating.as_str()));
    RISK: Expected, "Why this rating", "intended_uses.explanations_for_risk_rating", |card| text(card.intended_uses.risk_explanation.as_ref());

    BUSINESS_PROBLEM: Expected, "Business problem", "business_details.business_problem", |card| text(card.business.problem.as_ref());
    STAKEHOLDERS: Expected, "Stakeholders", "business_details.business_stakeholders", |card| text(card.business.stakeholders.as_ref());
    LINE_OF_BUSINESS: Expected, "Line of business", "business_details.line_of_business", |card| text(card.business.line_of_business.as_ref());

    OBJECTIVE: Expected, "Objective", "training_details.objective_function", |card| card.training.objective.as_ref().and_then(objective);
    OBSERVATIONS: Optional, "Observations", "training_details.training_observations", |card| text(card.training.observations.as_ref());
    TRAINING_JOB: Optional, "Training job", "training_details.training_job_details.training_arn", |card| named(card.training.job_arn.as_ref());
    TRAINING_DATA: Expected, "Training data", "training_details.training_job_details.training_datasets", |card| list(&card.training.datasets);
    TRAINING_IMAGES: Optional, "Trained in", "training_details.training_job_details.training_environment.container_image", |card| list(&card.training.container_images);

    ETHICS: Expected, "Ethical considerations", "additional_information.ethical_considerations", |card| text(card.additional.ethical_considerations.as_ref());
    CAVEATS: Expected, "Caveats and recommendations", "additional_information.caveats_and_recommendations", |card| text(card.additional.caveats.as_ref());

    PACKAGE: Optional, "Model package", "model_package_details.model_package_arn", |card| named(of_package(card, |package| package.arn.as_ref()));
    PACKAGE_NAME: Optional, "Package name", "model_package_details.model_package_name", |card| text(of_package(card, |package| package.name.as_ref()));
    PACKAGE_GROUP: Optional, "Package group", "model_package_details.model_package_group_name", |card| text(of_package(card, |package| package.group.as_ref()));
    PACKAGE_VERSION: Optional, "Package version", "model_package_details.model_package_version", |card| version(card.package.as_ref().and_then(|package| package.version));
    PACKAGE_DESCRIPTION: Optional, "Package description", "model_package_details.model_package_description", |card| text(of_package(card, |package| package.description.as_ref()));
    PACKAGE_STATUS: Optional, "Package status", "model_package_details.model_package_status", |card| text(of_package(card, |package| package.status.as_ref()));
    PACKAGE_APPROVAL: Optional, "Approval of the package", "model_package_details.model_approval_status", |card| text(of_package(card, |package| package.approval_status.as_ref()));
    PACKAGE_APPROVAL_TEXT: Optional, "Reason of the approval", "model_package_details.approval_description", |card| text(of_package(card, |package| package.approval_description.as_ref()));
    PACKAGE_DOMAIN: Optional, "Domain", "model_package_details.domain", |card| text(of_package(card, |package| package.domain.as_ref()));
    PACKAGE_TASK: Optional, "Task", "model_package_details.task", |card| text(of_package(card, |package| package.task.as_ref()));
    PACKAGE_CREATOR: Optional, "Package created by", "model_package_details.created_by.user_profile_name", |card| text(of_package(card, |package| package.created_by.as_ref()));
    PACKAGE_ALGORITHMS: Optional, "Source algorithms", "model_package_details.source_algorithms", |card| card.package.as_ref().and_then(source_algorithms);
    PACKAGE_CONTAINERS: Optional, "Containers", "model_package_details.inference_specification.containers", |card| card.package.as_ref().and_then(containers);
}

pub(super) const MODEL: [Field; 10] = [
    DESCRIPTION,
    MODEL_NAME,
    MODEL_ID,
    MODEL_VERSION,
    PROBLEM,
    ALGORITHM,
    OWNER,
    CREATOR,
    ARTIFACTS,
    IMAGES,
];
pub(super) const PACKAGE_FIELDS: [Field; 13] = [
    PACKAGE,
    PACKAGE_NAME,
    PACKAGE_GROUP,
    PACKAGE_VERSION,
    PACKAGE_DESCRIPTION,
    PACKAGE_STATUS,
    PACKAGE_APPROVAL,
    PACKAGE_APPROVAL_TEXT,
    PACKAGE_DOMAIN,
    PACKAGE_TASK,
    PACKAGE_CREATOR,
    PACKAGE_ALGORITHMS,
    PACKAGE_CONTAINERS,
];
pub(super) const USE: [Field; 3] = [PURPOSE, USES, FACTORS];
pub(super) const BUSINESS: [Field; 3] = [BUSINESS_PROBLEM, STAKEHOLDERS, LINE_OF_BUSINESS];
pub(super) const TRAINING: [Field; 5] = [
    OBJECTIVE,
    OBSERVATIONS,
    TRAINING_JOB,
    TRAINING_DATA,
    TRAINING_IMAGES,
];
pub(super) const CONSIDERATIONS: [Field; 2] = [ETHICS, CAVEATS];

/// The expected fields of the schema that the card leaves out.
pub(super) fn missing(card: &ModelCard) -> Vec<Field> {
    let all = MODEL
        .iter()
        .chain(&USE)
        .chain([&RATING, &RISK])
        .chain(&BUSINESS)
        .chain(&TRAINING)
        .chain(&CONSIDERATIONS);
    all.filter(|field| field.need == Need::Expected && (field.read)(card).is_none())
        .copied()
        .collect()
}
