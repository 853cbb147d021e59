//! The schema of a card's content, as tables.
//!
//! Source: `SageMakerModelCardSchema` 0.1.0 and its form of 2023, "Model package model card
//! schema" in the SageMaker developer guide, and what the SDKs (versions 2 and 3) send. Where
//! they differ, what any of them allows is allowed. `maxContains` without `contains` and
//! `maxItems` in the wrong place limit nothing, in the service's schema as here.

/// Whether a path such as `intended_uses.purpose_of_model` leads to a place of a card. Items of
/// lists have none.
pub(crate) fn names_a_place(path: &str) -> bool {
    leads_somewhere(&CARD, path)
}

fn leads_somewhere(object: &Object, path: &str) -> bool {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let Some(member) = object.members.iter().find(|member| member.name == name) else {
        return false;
    };
    match (&member.shape, rest) {
        (_, None) => true,
        (Shape::Object(object), Some(rest)) => leads_somewhere(object, rest),
        (Shape::Texts(_) | Shape::Free, Some(rest)) => !rest.is_empty(),
        (
            Shape::Text(_)
            | Shape::Number
            | Shape::NumberFrom(_)
            | Shape::Boolean
            | Shape::OneOf(_)
            | Shape::Scalar
            | Shape::List(_)
            | Shape::Metric,
            Some(_),
        ) => false,
    }
}

/// What a value may be.
#[derive(Debug)]
pub(super) enum Shape {
    Text(TextRule),
    Number,
    /// A number from the one given.
    NumberFrom(f64),
    Boolean,
    OneOf(&'static [&'static str]),
    /// A number, a boolean, or a text of a simple metric.
    Scalar,
    List(&'static List),
    Object(&'static Object),
    /// An object of texts of at most so many characters.
    Texts(usize),
    /// An object of anything.
    Free,
    /// A metric, whose `type` decides on the rest.
    Metric,
}

/// Lengths count Unicode code points, as JSON Schema does.
#[derive(Debug)]
pub(super) enum TextRule {
    Any,
    AtMost(usize),
    /// A pattern as `.{1,63}`: it is not anchored, hence met by any text with a character
    /// that does not end a line.
    SomeCharacter,
}

#[derive(Debug)]
pub(super) struct List {
    pub(super) item: Shape,
    pub(super) least: usize,
    pub(super) most: usize,
}

#[derive(Debug)]
pub(super) struct Object {
    pub(super) members: &'static [Member],
    pub(super) others: Others,
}

/// Members that the schema does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    Refused,
    Allowed,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) needed: Needed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needed {
    Always,
    Never,
}

/// Of a simple metric's value, and of the names of axes.
pub(super) const LONGEST_LABEL: usize = 63;
pub(super) const LARGEST_MATRIX: usize = 20;
pub(super) const LONGEST_NOTES: usize = 1024;

const NO_LIMIT: usize = usize::MAX;
const UP_TO_63: Shape = Shape::Text(TextRule::AtMost(LONGEST_LABEL));
const UP_TO_256: Shape = Shape::Text(TextRule::AtMost(256));
const UP_TO_1024: Shape = Shape::Text(TextRule::AtMost(1024));
const UP_TO_2048: Shape = Shape::Text(TextRule::AtMost(2048));
const UP_TO_2096: Shape = Shape::Text(TextRule::AtMost(2096));
const ANY_TEXT: Shape = Shape::Text(TextRule::Any);
const NAME: Shape = Shape::Text(TextRule::SomeCharacter);

const fn list(item: Shape) -> List {
    List {
        item,
        least: 0,
        most: NO_LIMIT,
    }
}

const fn between(item: Shape, least: usize, most: usize) -> List {
    List { item, least, most }
}

const fn closed(members: &'static [Member]) -> Object {
    Object {
        members,
        others: Others::Refused,
    }
}

const fn may(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        shape,
        needed: Needed::Never,
    }
}

const fn must(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        shape,
        needed: Needed::Always,
    }
}

/// A card of its own.
pub(super) static CARD: Object = closed(&[
    may("model_overview", Shape::Object(&OVERVIEW)),
    may("model_package_details", Shape::Object(&PACKAGE_DETAILS)),
    may("intended_uses", Shape::Object(&INTENDED_USES)),
    may("business_details", Shape::Object(&BUSINESS_DETAILS)),
    may("training_details", Shape::Object(&TRAINING_DETAILS)),
    may("evaluation_details", Shape::List(&EVALUATIONS)),
    may("additional_information", Shape::Object(&ADDITIONAL)),
]);

/// The card that travels in a model package.
pub(super) static PACKAGE_CARD: Object = closed(&[
    may("model_overview", Shape::Object(&PACKAGE_OVERVIEW)),
    may("intended_uses", Shape::Object(&INTENDED_USES)),
    may("business_details", Shape::Object(&BUSINESS_DETAILS)),
    may("training_details", Shape::Object(&PACKAGE_TRAINING_DETAILS)),
    may("evaluation_details", Shape::List(&EVALUATIONS)),
    may("additional_information", Shape::Object(&ADDITIONAL)),
]);

static TEXTS: List = list(UP_TO_1024);

static OVERVIEW: Object = closed(&[
    may("model_id", UP_TO_1024),
    may("model_name", UP_TO_1024),
    may("model_description", UP_TO_1024),
    may("model_version", Shape::NumberFrom(1.0)),
    may("problem_type", ANY_TEXT),
    may("algorithm_type", UP_TO_1024),
    may("model_creator", UP_TO_1024),
    may("model_owner", UP_TO_1024),
    may("model_artifact", Shape::List(&TEXTS)),
    may("inference_environment", Shape::Object(&ENVIRONMENT)),
]);

static PACKAGE_OVERVIEW: Object = closed(&[
    may("model_creator", UP_TO_1024),
    may("model_artifact", Shape::List(&TEXTS)),
]);

static ENVIRONMENT: Object = closed(&[may("container_image", Shape::List(&TEXTS))]);

/// What the SDKs write of a model package. The published schema has no such section, the
/// limits are those of the API's members of the same names.
static PACKAGE_DETAILS: Object = closed(&[
    may("model_package_arn", UP_TO_2048),
    may("model_package_description", UP_TO_1024),
    may("model_package_status", UP_TO_1024),
    may("model_approval_status", UP_TO_1024),
    may("approval_description", UP_TO_1024),
    may("model_package_group_name", UP_TO_1024),
    may("model_package_name", UP_TO_1024),
    may("model_package_version", Shape::Number),
    may("domain", UP_TO_1024),
    may("task", UP_TO_1024),
    may("created_by", Shape::Object(&CREATED_BY)),
    may("source_algorithms", Shape::List(&SOURCE_ALGORITHMS)),
    may("inference_specification", Shape::Object(&INFERENCE)),
]);

static CREATED_BY: Object = closed(&[may("user_profile_name", UP_TO_1024)]);

static SOURCE_ALGORITHMS: List = between(Shape::Object(&SOURCE_ALGORITHM), 0, 15);

static SOURCE_ALGORITHM: Object = closed(&[
    must("algorithm_name", UP_TO_1024),
    may("model_data_url", UP_TO_1024),
]);

static INFERENCE: Object = closed(&[must("containers", Shape::List(&CONTAINERS))]);

static CONTAINERS: List = between(Shape::Object(&CONTAINER), 0, 15);

static CONTAINER: Object = closed(&[
    may("image", Shape::Text(TextRule::AtMost(255))),
    may("model_data_url", UP_TO_1024),
    may("nearest_model_name", ANY_TEXT),
    may("model_data_source", Shape::Free),
    may("is_checkpoint", Shape::Boolean),
    may("base_model", Shape::Free),
]);

static INTENDED_USES: Object = closed(&[
    may("purpose_of_model", UP_TO_2048),
    may("intended_uses", UP_TO_2048),
    may("factors_affecting_model_efficiency", UP_TO_2048),
    may(
        "risk_rating",
        Shape::OneOf(&["High", "Medium", "Low", "Unknown"]),
    ),
    may("explanations_for_risk_rating", UP_TO_2048),
]);

static BUSINESS_DETAILS: Object = closed(&[
    may("business_problem", UP_TO_2048),
    may("business_stakeholders", UP_TO_2048),
    may("line_of_business", UP_TO_2048),
]);

static TRAINING_DETAILS: Object = closed(&[
    may("objective_function", Shape::Free),
    may("training_observations", UP_TO_1024),
    may("training_job_details", Shape::Object(&TRAINING_JOB)),
]);

static PACKAGE_TRAINING_DETAILS: Object = closed(&[
    may("objective_function", Shape::Free),
    may("training_observations", UP_TO_1024),
    may("training_job_details", Shape::Object(&PACKAGE_TRAINING_JOB)),
]);

static TRAINING_JOB: Object = closed(&[
    may("training_arn", UP_TO_1024),
    may("training_datasets", Shape::List(&TEXTS)),
    may("training_environment", Shape::Object(&ENVIRONMENT)),
    may("training_metrics", Shape::List(&TRAINING_METRICS)),
    may(
        "user_provided_training_metrics",
        Shape::List(&TRAINING_METRICS),
    ),
    may("hyper_parameters", Shape::List(&HYPER_PARAMETERS)),
    may(
        "user_provided_hyper_parameters",
        Shape::List(&HYPER_PARAMETERS),
    ),
]);

static PACKAGE_TRAINING_JOB: Object = closed(&[
    may("training_arn", UP_TO_1024),
    may("training_datasets", Shape::List(&TEXTS)),
    may("training_environment", Shape::Object(&ENVIRONMENT)),
    may("training_metrics", Shape::List(&TRAINING_METRICS)),
    may(
        "user_provided_training_metrics",
        Shape::List(&TRAINING_METRICS),
    ),
    may("hyper_parameters", Shape::List(&PACKAGE_HYPER_PARAMETERS)),
    may(
        "user_provided_hyper_parameters",
        Shape::List(&PACKAGE_HYPER_PARAMETERS),
    ),
]);

static TRAINING_METRICS: List = list(Shape::Object(&TRAINING_METRIC));

static TRAINING_METRIC: Object = closed(&[
    must("name", NAME),
    must("value", Shape::Number),
    may("notes", UP_TO_1024),
]);

static HYPER_PARAMETERS: List = list(Shape::Object(&HYPER_PARAMETER));

static HYPER_PARAMETER: Object = closed(&[must("name", NAME), may("value", ANY_TEXT)]);

static PACKAGE_HYPER_PARAMETERS: List = list(Shape::Object(&PACKAGE_HYPER_PARAMETER));

static PACKAGE_HYPER_PARAMETER: Object = closed(&[must("name", NAME), must("value", NAME)]);

static EVALUATIONS: List = list(Shape::Object(&EVALUATION));

static EVALUATION: Object = closed(&[
    must("name", NAME),
    may("evaluation_observation", UP_TO_2096),
    may("evaluation_job_arn", UP_TO_256),
    may("datasets", Shape::List(&EVALUATION_DATASETS)),
    may("metadata", Shape::Texts(1024)),
    may("metric_groups", Shape::List(&METRIC_GROUPS)),
]);

static EVALUATION_DATASETS: List = between(UP_TO_1024, 0, 10);

static METRIC_GROUPS: List = list(Shape::Object(&METRIC_GROUP));

/// Groups are open in the published schema.
static METRIC_GROUP: Object = Object {
    members: &[
        must("name", NAME),
        must("metric_data", Shape::List(&METRICS)),
    ],
    others: Others::Allowed,
};

static METRICS: List = list(Shape::Metric);

static ADDITIONAL: Object = closed(&[
    may("ethical_considerations", UP_TO_2048),
    may("caveats_and_recommendations", UP_TO_2048),
    may("custom_details", Shape::Texts(1024)),
]);

/// The types of metrics and what each looks like.
pub(super) static METRIC_TYPES: [(&str, &Object); 6] = [
    ("number", &SIMPLE_METRIC),
    ("string", &SIMPLE_METRIC),
    ("boolean", &SIMPLE_METRIC),
    ("linear_graph", &LINEAR_GRAPH),
    ("bar_chart", &BAR_CHART),
    ("matrix", &MATRIX),
];

const METRIC_TYPE: Shape = ANY_TEXT;

/// The schema does not tie the type to the value's own.
static SIMPLE_METRIC: Object = closed(&[
    must("name", NAME),
    must("type", METRIC_TYPE),
    must("value", Shape::Scalar),
    may("notes", UP_TO_1024),
    may("x_axis_name", UP_TO_63),
    may("y_axis_name", UP_TO_63),
]);

static LINEAR_GRAPH: Object = closed(&[
    must("name", NAME),
    must("type", METRIC_TYPE),
    must("value", Shape::List(&POINTS)),
    may("notes", UP_TO_1024),
    may("x_axis_name", UP_TO_63),
    may("y_axis_name", UP_TO_63),
]);

static BAR_CHART: Object = closed(&[
    must("name", NAME),
    must("type", METRIC_TYPE),
    must("value", Shape::List(&BARS)),
    may("notes", UP_TO_1024),
    may("x_axis_name", Shape::List(&LABELS)),
    may("y_axis_name", UP_TO_63),
]);

static MATRIX: Object = closed(&[
    must("name", NAME),
    must("type", METRIC_TYPE),
    must("value", Shape::List(&ROWS)),
    may("notes", UP_TO_1024),
    may("x_axis_name", Shape::List(&LABELS)),
    may("y_axis_name", Shape::List(&LABELS)),
]);

static POINTS: List = between(Shape::List(&POINT), 1, NO_LIMIT);
static POINT: List = between(Shape::Number, 2, 2);
static BARS: List = between(Shape::Number, 1, NO_LIMIT);
static ROWS: List = between(Shape::List(&ROW), 1, LARGEST_MATRIX);
static ROW: List = between(Shape::Number, 1, LARGEST_MATRIX);
static LABELS: List = list(UP_TO_63);
