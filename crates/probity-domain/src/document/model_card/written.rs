//! From a card to the JSON of its content. What is not said is left out.

use serde_json::{Map, Value};

use super::report::{group_value, number};
use super::{
    AdditionalInformation, BusinessDetails, Evaluation, HyperParameter, IntendedUses, ModelCard,
    ModelOverview, ObjectiveFunction, PackageDetails, TrainingDetails, TrainingMetric,
};

impl ModelCard {
    /// The content that says what the card says, sections and members in the order of the
    /// schema.
    pub fn value(&self) -> Value {
        let mut content = Section::default();
        content.section("model_overview", overview(&self.overview));
        let package = self.package.as_ref().map(package);
        content.section("model_package_details", package.unwrap_or_default());
        content.section("intended_uses", intended_uses(&self.intended_uses));
        content.section("business_details", business(&self.business));
        content.section("training_details", training(&self.training));
        content.list("evaluation_details", &self.evaluations, Evaluation::value);
        content.section("additional_information", additional(&self.additional));
        Value::Object(content.0)
    }
}

impl Evaluation {
    /// As an item of `evaluation_details`.
    pub fn value(&self) -> Value {
        let mut members = Section::default();
        members.text("name", Some(&self.name));
        members.text("evaluation_observation", self.observation.as_ref());
        members.text("evaluation_job_arn", self.job_arn.as_ref());
        members.texts("datasets", &self.datasets);
        let metadata = self.metadata.iter();
        members.section("metadata", Section::of_texts(metadata));
        members.list("metric_groups", &self.groups, group_value);
        Value::Object(members.0)
    }
}

/// An object in the making.
#[derive(Debug, Default)]
struct Section(Map<String, Value>);

impl Section {
    fn of_texts<'t>(texts: impl Iterator<Item = (&'t String, &'t String)>) -> Section {
        let members = texts.map(|(name, text)| (name.clone(), Value::from(text.as_str())));
        Section(members.collect())
    }

    fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn text(&mut self, name: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.put(name, Value::from(text.as_str()));
        }
    }

    fn number(&mut self, name: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.put(name, number(value));
        }
    }

    fn texts(&mut self, name: &str, texts: &[String]) {
        self.list(name, texts, |text| Value::from(text.as_str()));
    }

    fn list<T>(&mut self, name: &str, items: &[T], value: impl Fn(&T) -> Value) {
        if !items.is_empty() {
            self.put(name, items.iter().map(value).collect());
        }
    }

    fn section(&mut self, name: &str, section: Section) {
        if !section.0.is_empty() {
            self.put(name, Value::Object(section.0));
        }
    }
}

fn images(images: &[String]) -> Section {
    let mut members = Section::default();
    members.texts("container_image", images);
    members
}

fn overview(overview: &ModelOverview) -> Section {
    let mut members = Section::default();
    members.text("model_id", overview.model_id.as_ref());
    members.text("model_name", overview.model_name.as_ref());
    members.text("model_description", overview.description.as_ref());
    members.number("model_version", overview.model_version);
    members.text("problem_type", overview.problem_type.as_ref());
    members.text("algorithm_type", overview.algorithm_type.as_ref());
    members.text("model_creator", overview.creator.as_ref());
    members.text("model_owner", overview.owner.as_ref());
    members.texts("model_artifact", &overview.artifacts);
    members.section("inference_environment", images(&overview.container_images));
    members
}

fn package(package: &PackageDetails) -> Section {
    let mut members = Section::default();
    for (name, text) in [
        ("model_package_arn", &package.arn),
        ("model_package_description", &package.description),
        ("model_package_status", &package.status),
        ("model_approval_status", &package.approval_status),
        ("approval_description", &package.approval_description),
        ("model_package_group_name", &package.group),
        ("model_package_name", &package.name),
    ] {
        members.text(name, text.as_ref());
    }
    members.number("model_package_version", package.version);
    members.text("domain", package.domain.as_ref());
    members.text("task", package.task.as_ref());
    let mut created_by = Section::default();
    created_by.text("user_profile_name", package.created_by.as_ref());
    members.section("created_by", created_by);
    members.list(
        "source_algorithms",
        &package.source_algorithms,
        |algorithm| {
            let mut members = Section::default();
            members.text("algorithm_name", algorithm.name.as_ref());
            members.text("model_data_url", algorithm.model_data_url.as_ref());
            Value::Object(members.0)
        },
    );
    let mut inference = Section::default();
    inference.list("containers", &package.containers, |container| {
        let mut members = Section::default();
        members.text("image", container.image.as_ref());
        members.text("model_data_url", container.model_data_url.as_ref());
        members.text("nearest_model_name", container.nearest_model_name.as_ref());
        for (path, value) in &container.sources {
            put_at(&mut members.0, path, value);
        }
        Value::Object(members.0)
    });
    members.section("inference_specification", inference);
    members
}

/// A member of a member, by the names on the way to it.
fn put_at(members: &mut Map<String, Value>, path: &str, value: &str) {
    match path.split_once('.') {
        None => {
            members.insert(path.to_owned(), Value::from(value));
        }
        Some((name, rest)) => {
            let inner = members
                .entry(name)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put_at(inner, rest, value);
            }
        }
    }
}

fn intended_uses(uses: &IntendedUses) -> Section {
    let mut members = Section::default();
    members.text("purpose_of_model", uses.purpose.as_ref());
    members.text("intended_uses", uses.intended_uses.as_ref());
    members.text(
        "factors_affecting_model_efficiency",
        uses.factors_affecting_efficiency.as_ref(),
    );
    if let Some(rating) = uses.risk_rating {
        members.put("risk_rating", Value::from(rating.as_str()));
    }
    members.text(
        "explanations_for_risk_rating",
        uses.risk_explanation.as_ref(),
    );
    members
}

fn business(business: &BusinessDetails) -> Section {
    let mut members = Section::default();
    members.text("business_problem", business.problem.as_ref());
    members.text("business_stakeholders", business.stakeholders.as_ref());
    members.text("line_of_business", business.line_of_business.as_ref());
    members
}

fn training(training: &TrainingDetails) -> Section {
    let mut members = Section::default();
    let objective = training.objective.as_ref().map(objective);
    members.section("objective_function", objective.unwrap_or_default());
    members.text("training_observations", training.observations.as_ref());
    let mut job = Section::default();
    job.text("training_arn", training.job_arn.as_ref());
    job.texts("training_datasets", &training.datasets);
    job.section("training_environment", images(&training.container_images));
    for (name, metrics) in [
        ("training_metrics", &training.metrics),
        ("user_provided_training_metrics", &training.user_metrics),
    ] {
        job.list(name, metrics, training_metric);
    }
    for (name, parameters) in [
        ("hyper_parameters", &training.hyper_parameters),
        (
            "user_provided_hyper_parameters",
            &training.user_hyper_parameters,
        ),
    ] {
        job.list(name, parameters, hyper_parameter);
    }
    members.section("training_job_details", job);
    members
}

/// In the form of the SDK's version 2.
fn objective(objective: &ObjectiveFunction) -> Section {
    let mut function = Section::default();
    function.text("function", objective.function.as_ref());
    function.text("facet", objective.facet.as_ref());
    function.text("condition", objective.condition.as_ref());
    let mut members = Section::default();
    members.section("function", function);
    members.text("notes", objective.notes.as_ref());
    members
}

fn training_metric(metric: &TrainingMetric) -> Value {
    let mut members = Section::default();
    members.text("name", Some(&metric.name));
    members.number("value", Some(metric.value));
    members.text("notes", metric.notes.as_ref());
    Value::Object(members.0)
}

fn hyper_parameter(parameter: &HyperParameter) -> Value {
    let mut members = Section::default();
    members.text("name", Some(&parameter.name));
    members.text("value", parameter.value.as_ref());
    Value::Object(members.0)
}

fn additional(additional: &AdditionalInformation) -> Section {
    let mut members = Section::default();
    members.text(
        "ethical_considerations",
        additional.ethical_considerations.as_ref(),
    );
    members.text("caveats_and_recommendations", additional.caveats.as_ref());
    let custom = additional.custom.iter().map(|(name, text)| (name, text));
    members.section("custom_details", Section::of_texts(custom));
    members
}
