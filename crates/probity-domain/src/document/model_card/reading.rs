//! From the JSON of a content to the card that it says. Lenient: what is of another kind than
//! the schema wants is as if it were not there, for objects of anything and for values that
//! were not held against the schema.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    AdditionalInformation, Axes, BusinessDetails, Evaluation, HyperParameter, IntendedUses, Metric,
    MetricGroup, MetricValue, ModelCard, ModelOverview, ObjectiveFunction, PackageContainer,
    PackageDetails, RiskRating, SourceAlgorithm, TrainingDetails, TrainingMetric,
};

pub(super) fn card(value: &Value) -> ModelCard {
    ModelCard {
        overview: overview(&value["model_overview"]),
        package: value.get("model_package_details").map(package),
        intended_uses: intended_uses(&value["intended_uses"]),
        business: BusinessDetails {
            problem: text(&value["business_details"], "business_problem"),
            stakeholders: text(&value["business_details"], "business_stakeholders"),
            line_of_business: text(&value["business_details"], "line_of_business"),
        },
        training: training(&value["training_details"]),
        evaluations: list(value, "evaluation_details", evaluation),
        additional: additional(&value["additional_information"]),
    }
}

fn text(object: &Value, member: &str) -> Option<String> {
    object[member].as_str().map(str::to_owned)
}

fn list<T>(object: &Value, member: &str, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    let items = object[member].as_array();
    items.into_iter().flatten().filter_map(read).collect()
}

fn texts(object: &Value, member: &str) -> Vec<String> {
    list(object, member, |item| item.as_str().map(str::to_owned))
}

fn named_texts(object: &Value) -> impl Iterator<Item = (String, String)> {
    let members = object.as_object().into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
}

fn overview(value: &Value) -> ModelOverview {
    ModelOverview {
        model_id: text(value, "model_id"),
        model_name: text(value, "model_name"),
        model_version: value["model_version"].as_f64(),
        description: text(value, "model_description"),
        problem_type: text(value, "problem_type"),
        algorithm_type: text(value, "algorithm_type"),
        creator: text(value, "model_creator"),
        owner: text(value, "model_owner"),
        artifacts: texts(value, "model_artifact"),
        container_images: texts(&value["inference_environment"], "container_image"),
    }
}

fn package(value: &Value) -> PackageDetails {
    PackageDetails {
        arn: text(value, "model_package_arn"),
        name: text(value, "model_package_name"),
        group: text(value, "model_package_group_name"),
        version: value["model_package_version"].as_f64(),
        description: text(value, "model_package_description"),
        status: text(value, "model_package_status"),
        approval_status: text(value, "model_approval_status"),
        approval_description: text(value, "approval_description"),
        domain: text(value, "domain"),
        task: text(value, "task"),
        created_by: text(&value["created_by"], "user_profile_name"),
        source_algorithms: list(value, "source_algorithms", |item| {
            Some(SourceAlgorithm {
                name: text(item, "algorithm_name"),
                model_data_url: text(item, "model_data_url"),
            })
        }),
        containers: list(&value["inference_specification"], "containers", |item| {
            Some(PackageContainer {
                image: text(item, "image"),
                model_data_url: text(item, "model_data_url"),
                nearest_model_name: text(item, "nearest_model_name"),
                sources: sources(item),
            })
        }),
    }
}

/// What the schema leaves free is shown member by member; a value that is no text as JSON.
fn sources(item: &Value) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for name in ["model_data_source", "base_model"] {
        push_members(name, &item[name], &mut told);
    }
    told
}

fn push_members(path: &str, value: &Value, told: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members {
                push_members(&format!("{path}.{name}"), value, told);
            }
        }
        Value::String(text) => told.push((path.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            told.push((path.to_owned(), value.to_string()));
        }
    }
}

fn intended_uses(value: &Value) -> IntendedUses {
    IntendedUses {
        purpose: text(value, "purpose_of_model"),
        intended_uses: text(value, "intended_uses"),
        factors_affecting_efficiency: text(value, "factors_affecting_model_efficiency"),
        risk_rating: value["risk_rating"].as_str().and_then(RiskRating::parse),
        risk_explanation: text(value, "explanations_for_risk_rating"),
    }
}

fn training(value: &Value) -> TrainingDetails {
    let job = &value["training_job_details"];
    TrainingDetails {
        objective: value.get("objective_function").map(objective),
        observations: text(value, "training_observations"),
        job_arn: text(job, "training_arn"),
        datasets: texts(job, "training_datasets"),
        container_images: texts(&job["training_environment"], "container_image"),
        metrics: list(job, "training_metrics", training_metric),
        user_metrics: list(job, "user_provided_training_metrics", training_metric),
        hyper_parameters: list(job, "hyper_parameters", hyper_parameter),
        user_hyper_parameters: list(job, "user_provided_hyper_parameters", hyper_parameter),
    }
}

/// Version 2 of the SDK writes `{"function": {"function": …, "facet": …}, "notes": …}`,
/// version 3 without the inner object.
fn objective(value: &Value) -> ObjectiveFunction {
    let function = if value["function"].is_object() {
        &value["function"]
    } else {
        value
    };
    ObjectiveFunction {
        function: text(function, "function"),
        facet: text(function, "facet"),
        condition: text(function, "condition"),
        notes: text(value, "notes"),
    }
}

fn training_metric(item: &Value) -> Option<TrainingMetric> {
    Some(TrainingMetric {
        name: text(item, "name")?,
        value: item["value"].as_f64()?,
        notes: text(item, "notes"),
    })
}

fn hyper_parameter(item: &Value) -> Option<HyperParameter> {
    Some(HyperParameter {
        name: text(item, "name")?,
        value: text(item, "value"),
    })
}

fn evaluation(item: &Value) -> Option<Evaluation> {
    Some(Evaluation {
        name: text(item, "name")?,
        observation: text(item, "evaluation_observation"),
        job_arn: text(item, "evaluation_job_arn"),
        datasets: texts(item, "datasets"),
        metadata: named_texts(&item["metadata"]).collect::<BTreeMap<_, _>>(),
        groups: list(item, "metric_groups", group),
    })
}

pub(super) fn group(item: &Value) -> Option<MetricGroup> {
    Some(MetricGroup {
        name: text(item, "name")?,
        metrics: list(item, "metric_data", metric),
    })
}

fn metric(item: &Value) -> Option<Metric> {
    let value = metric_value(item)?;
    Some(Metric {
        name: text(item, "name")?,
        notes: text(item, "notes"),
        axes: axes(item, &value),
        value,
    })
}

fn axes(item: &Value, value: &MetricValue) -> Option<Axes> {
    let axes = match value {
        MetricValue::Number(_) | MetricValue::Text(_) | MetricValue::Boolean(_) => Axes {
            x: text(item, "x_axis_name"),
            y: text(item, "y_axis_name"),
        },
        MetricValue::LinearGraph { .. }
        | MetricValue::BarChart { .. }
        | MetricValue::Matrix { .. } => return None,
    };
    (axes != Axes::default()).then_some(axes)
}

/// Of a simple metric the value's own kind counts, not the type that is said.
fn metric_value(item: &Value) -> Option<MetricValue> {
    let value = &item["value"];
    match value {
        Value::Number(_) => return value.as_f64().map(MetricValue::Number),
        Value::Bool(value) => return Some(MetricValue::Boolean(*value)),
        Value::String(text) => return Some(MetricValue::Text(text.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => {}
    }
    match item["type"].as_str()? {
        "linear_graph" => Some(MetricValue::LinearGraph {
            points: list(item, "value", point),
            x_axis: text(item, "x_axis_name"),
            y_axis: text(item, "y_axis_name"),
        }),
        "bar_chart" => Some(MetricValue::BarChart {
            values: list(item, "value", Value::as_f64),
            labels: texts(item, "x_axis_name"),
            y_axis: text(item, "y_axis_name"),
        }),
        "matrix" => Some(MetricValue::Matrix {
            rows: list(item, "value", row),
            row_names: texts(item, "x_axis_name"),
            column_names: texts(item, "y_axis_name"),
        }),
        _ => None,
    }
}

fn point(item: &Value) -> Option<(f64, f64)> {
    Some((item.get(0)?.as_f64()?, item.get(1)?.as_f64()?))
}

fn row(item: &Value) -> Option<Vec<f64>> {
    let numbers = item.as_array()?;
    Some(numbers.iter().filter_map(Value::as_f64).collect())
}

fn additional(value: &Value) -> AdditionalInformation {
    AdditionalInformation {
        ethical_considerations: text(value, "ethical_considerations"),
        caveats: text(value, "caveats_and_recommendations"),
        custom: named_texts(&value["custom_details"]).collect(),
    }
}
