//! A card that writes itself as far as it can: of a model, or of a registered one. Nothing is
//! written; who asks looks at it, and creates it.
//!
//! Source of the rules: `sagemaker.model_card` of the SageMaker Python SDK 2
//! (`ModelOverview.from_model_name`, `ModelPackage.from_model_package_arn`). Training jobs are not
//! kept here, so that training details stay empty.

use probity_domain::document::api::model::Model;
use probity_domain::document::card_report::CardReport;
use probity_domain::document::model_card::{Content, ModelCard, Variant};
use probity_store::resource::{self, ListResources, Resource, SortBy, SortOrder};
use serde_json::{Map, Value, json};

use super::bind::{self, WantedReport};
use super::subject::Subject;
use super::version;
use super::{MODEL_CARD, MODEL_ID, PACKAGE_GROUP, live};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::model::{self, MODEL};
use crate::model_package;
use crate::stored;

/// The SDK's cap of artifacts, images and algorithms.
const MOST: usize = 15;
const COPIED: [&str; 3] = [
    "business_details",
    "intended_uses",
    "additional_information",
];

/// A card before the reports are read that its evaluations are taken from.
#[derive(Clone, Debug, PartialEq)]
pub struct Filling {
    content: Map<String, Value>,
    pub reports: Vec<RegisteredReport>,
    notes: Vec<String>,
}

/// A report, and the hash that whoever registered it gave.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisteredReport {
    pub wanted: WantedReport,
    pub sha256: Option<String>,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq)]
pub enum FilledReport {
    Read(CardReport),
    /// With the reason, for people.
    NotRead(String),
}

/// For `PreviewModelCard`: all but what stands in reports.
pub async fn filling(app: &App, caller: &Caller, input: &Value) -> Result<Filling, Fault> {
    let deed = Deed::authorise(app, caller, "probity:PreviewModelCard")?;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let mut filling = match (text("ModelName"), text("ModelPackageName")) {
        (Some(model), None) => of_model(&deed, model).await?,
        (None, Some(package)) => of_package(&deed, package).await?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(Fault::invalid(
                "One of ModelName and ModelPackageName must be given",
            ));
        }
    };
    let content = Content::of_value(Value::Object(filling.content.clone()), Variant::Card);
    let content = content.map_err(|error| Fault::invalid(error.to_string()))?;
    note_other_card(&deed, content.card(), &mut filling.notes).await?;
    add_monitors(&deed, content.card(), &mut filling).await?;
    Ok(filling)
}

/// `PreviewModelCard`, with what was read of each report.
pub async fn filled(
    app: &App,
    caller: &Caller,
    (filling, reports): (Filling, Vec<FilledReport>),
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:PreviewModelCard")?;
    let mut value = Value::Object(filling.content);
    let mut notes = filling.notes;
    for (registered, report) in filling.reports.iter().zip(reports) {
        let name = &registered.wanted.evaluation;
        let report = match report {
            FilledReport::Read(report) => report,
            FilledReport::NotRead(reason) => {
                notes.push(format!("{name} is left out: {reason}"));
                continue;
            }
        };
        if let Some(sha256) = &registered.sha256
            && !sha256.eq_ignore_ascii_case(&report.sha256)
        {
            notes.push(format!(
                "{name} is left out: what lies at `{}` has not the hash that was registered",
                report.uri
            ));
            continue;
        }
        let (next, _) = bind::bound(&deed, &value, (&registered.wanted, &report)).await?;
        match bind::checked(next.clone(), bind::METRICS) {
            Ok(_) => value = next,
            Err(fault) => notes.push(format!("{name} is left out: {fault}")),
        }
    }
    Ok(json!({ "Content": value.to_string(), "Notes": notes }))
}

async fn of_model(deed: &Deed<'_>, name: &str) -> Result<Filling, Fault> {
    let row = stored::get(deed, &MODEL, name).await?;
    let own: Model = stored::read_body(&row)?;
    let mut reports = Vec::new();
    for container in own.all_containers() {
        if let Some(package) = &container.model_package_name {
            let package = model_package::find(deed, package).await?;
            reports.extend(registered_reports(&package));
        }
    }
    let model = model::resolved(deed, name).await?;
    let images = model.all_containers().filter_map(|own| own.image.clone());
    let artifacts = model
        .all_containers()
        .filter_map(|own| own.model_data_uri());
    let mut overview = Map::new();
    overview.insert("model_id".to_owned(), row.arn.into());
    overview.insert("model_name".to_owned(), row.name.into());
    let artifacts: Vec<Value> = artifacts.take(MOST).map(Value::from).collect();
    overview.insert("model_artifact".to_owned(), artifacts.into());
    let images: Vec<Value> = images.take(MOST).map(Value::from).collect();
    if !images.is_empty() {
        let environment = json!({ "container_image": images });
        overview.insert("inference_environment".to_owned(), environment);
    }
    let mut content = Map::new();
    content.insert("model_overview".to_owned(), Value::Object(overview));
    Ok(Filling {
        content,
        reports,
        notes: Vec::new(),
    })
}

async fn of_package(deed: &Deed<'_>, name: &str) -> Result<Filling, Fault> {
    let package = model_package::find(deed, name).await?;
    let mut content = Map::new();
    let details = package_details(&package);
    content.insert("model_package_details".to_owned(), details);
    let mut notes = Vec::new();
    copy_embedded(&package, &mut content, &mut notes);
    copy_of_group(deed, &package, (&mut content, &mut notes)).await?;
    Ok(Filling {
        content,
        reports: registered_reports(&package),
        notes,
    })
}

fn package_details(package: &Resource) -> Value {
    let body = &package.body;
    let mut details = Map::new();
    let mut show = |member: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            details.insert(member.to_owned(), value);
        }
    };
    let given = |member: &str| body.get(member).cloned();
    show("model_package_arn", Some(package.arn.as_str().into()));
    show("model_package_name", Some(package.name.as_str().into()));
    for (member, of_package) in [
        ("model_package_group_name", "ModelPackageGroupName"),
        ("model_package_version", "ModelPackageVersion"),
        ("model_package_description", "ModelPackageDescription"),
        ("model_approval_status", "ModelApprovalStatus"),
        ("approval_description", "ApprovalDescription"),
        ("domain", "Domain"),
        ("task", "Task"),
    ] {
        show(member, given(of_package));
    }
    show("model_package_status", Some(package.status.as_str().into()));
    let created_by = json!({ "user_profile_name": package.created_by });
    show("created_by", Some(created_by));
    let list = |pointer: &str, members: &[(&str, &str)]| {
        let items = body.pointer(pointer).and_then(Value::as_array)?;
        let items = items.iter().take(MOST).map(|item| {
            let of_item = members.iter().filter_map(|(member, of_package)| {
                Some(((*member).to_owned(), item.get(*of_package)?.clone()))
            });
            Value::Object(of_item.collect())
        });
        Some(Value::from(items.collect::<Vec<_>>()))
    };
    show(
        "source_algorithms",
        list(
            "/SourceAlgorithmSpecification/SourceAlgorithms",
            &[
                ("algorithm_name", "AlgorithmName"),
                ("model_data_url", "ModelDataUrl"),
            ],
        ),
    );
    let containers = list(
        "/InferenceSpecification/Containers",
        &[
            ("image", "Image"),
            ("model_data_url", "ModelDataUrl"),
            ("nearest_model_name", "NearestModelName"),
        ],
    );
    show(
        "inference_specification",
        containers.map(|containers| json!({ "containers": containers })),
    );
    Value::Object(details)
}

/// Sections that the package's own card has.
fn copy_embedded(package: &Resource, content: &mut Map<String, Value>, notes: &mut Vec<String>) {
    let text = package.body.pointer("/ModelCard/ModelCardContent");
    let text = text.and_then(Value::as_str).unwrap_or_default();
    let Ok(own) = Content::parse(text, Variant::Package) else {
        return;
    };
    if let Some(overview) = own.value().get("model_overview") {
        content.insert("model_overview".to_owned(), overview.clone());
    }
    if let Some(training) = own.value().get("training_details") {
        content.insert("training_details".to_owned(), training.clone());
    }
    copy(own.value(), content, |section| {
        notes.push(format!("{section} is that of the package's own card"));
    });
}

/// Sections of the card that was changed last of those of the same group.
async fn copy_of_group(
    deed: &Deed<'_>,
    package: &Resource,
    (content, notes): (&mut Map<String, Value>, &mut Vec<String>),
) -> Result<(), Fault> {
    let Some(group) = package.attributes.get(PACKAGE_GROUP) else {
        return Ok(());
    };
    let mut wanted = ListResources::all(MODEL_CARD.kind, deed.region, 1);
    wanted.attributes = vec![(PACKAGE_GROUP.to_owned(), group.clone())];
    wanted.sort_by = SortBy::Modified;
    wanted.order = SortOrder::Descending;
    let page = resource::list(&deed.app.store, &wanted).await?;
    let Some(card) = page.items.first() else {
        return Ok(());
    };
    let card = version::read(deed, &card.name, None).await?;
    copy(card.content.value(), content, |section| {
        notes.push(format!(
            "{section} is copied from model card {}",
            card.resource.name
        ));
    });
    Ok(())
}

fn copy(from: &Value, content: &mut Map<String, Value>, mut told: impl FnMut(&str)) {
    for section in COPIED {
        let given = from.get(section).and_then(Value::as_object);
        if let Some(given) = given.filter(|given| !given.is_empty())
            && !content.contains_key(section)
        {
            content.insert(section.to_owned(), Value::Object(given.clone()));
            told(section);
        }
    }
}

/// The reports of a package's `ModelMetrics`. `ModelDataQuality` is passed over, as by the SDK.
fn registered_reports(package: &Resource) -> Vec<RegisteredReport> {
    let metrics = &package.body["ModelMetrics"];
    let mut reports = Vec::new();
    let mut add = |evaluation: &str, source: Option<&Value>| {
        let text = |member: &str| source?.get(member)?.as_str();
        let Some(uri) = text("S3Uri") else {
            return;
        };
        let digest = text("ContentDigest").and_then(|digest| digest.split_once(':'));
        reports.push(RegisteredReport {
            wanted: WantedReport::at(evaluation, uri),
            sha256: digest.map(|(_, sha256)| sha256.to_owned()),
        });
    };
    let of_bias = metrics.get("Bias").and_then(Value::as_object);
    for (key, source) in of_bias.into_iter().flatten() {
        add(&format!("Bias {key}"), Some(source));
    }
    add(
        "Explainability report",
        metrics.pointer("/Explainability/Report"),
    );
    add(
        "Model quality report",
        metrics.pointer("/ModelQuality/Statistics"),
    );
    reports
}

async fn note_other_card(
    deed: &Deed<'_>,
    card: &ModelCard,
    notes: &mut Vec<String>,
) -> Result<(), Fault> {
    let Some(id) = card.model_id() else {
        return Ok(());
    };
    let mut wanted = ListResources::all(MODEL_CARD.kind, deed.region, 1);
    wanted.attributes = vec![(MODEL_ID.to_owned(), id.to_owned())];
    if let Some(other) = resource::list(&deed.app.store, &wanted)
        .await?
        .items
        .first()
    {
        notes.push(format!(
            "model card {} already describes {id}: a model has one card at most",
            other.name
        ));
    }
    Ok(())
}

/// What monitors of the model found last.
async fn add_monitors(
    deed: &Deed<'_>,
    card: &ModelCard,
    filling: &mut Filling,
) -> Result<(), Fault> {
    let subject = Subject::of(deed, card).await?;
    for schedule in live::schedules_of(deed, &subject).await? {
        let evaluation = match schedule.body.get("MonitoringType").and_then(Value::as_str) {
            Some("ModelQuality") => "Model quality of",
            Some("ModelBias") => "Bias of",
            Some("ModelExplainability") => "Explainability of",
            // Data says nothing about how good the model is.
            Some(_) | None => continue,
        };
        let evaluation = format!("{evaluation} {}", schedule.name);
        match bind::of_schedule(deed, &evaluation, &schedule.name).await {
            Ok(wanted) => filling.reports.push(RegisteredReport {
                wanted,
                sha256: None,
            }),
            Err(Fault::Invalid { message }) => filling.notes.push(message),
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}
