//! The fields of a card as its editor shows them: what each is called, how long it may be, what a
//! good answer is, and whom it serves.
//!
//! Paths and lengths are those of `SageMakerModelCardSchema`; the guidance is ours.

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One line.
    Line,
    Prose,
    /// A list of texts, one on each line.
    Lines,
    Number,
    Rating,
    /// `Maximize` or `Minimize`.
    Direction,
    /// Rows of name, number and notes.
    Metrics,
    /// Rows of name and text.
    Parameters,
    /// Members of an object: rows of name and text.
    Pairs,
}

impl Kind {
    /// Whether it is kept in rows, which have fields of their own.
    pub(super) fn has_rows(self) -> bool {
        match self {
            Self::Metrics | Self::Parameters | Self::Pairs => true,
            Self::Line
            | Self::Prose
            | Self::Lines
            | Self::Number
            | Self::Rating
            | Self::Direction => false,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    /// In the content, and the name of the form's field.
    pub(super) path: &'static str,
    pub(super) label: &'static str,
    /// Empty where the label says it all.
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    /// Characters; of lists, of each item. 0 where there is no limit.
    pub(super) most: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Chapter {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What a good answer is.
    pub(super) good: &'static str,
    /// Whom it serves.
    pub(super) serves: &'static str,
    pub(super) spots: &'static [Spot],
}

const fn spot(
    path: &'static str,
    label: &'static str,
    help: &'static str,
    (kind, most): (Kind, usize),
) -> Spot {
    Spot {
        path,
        label,
        help,
        kind,
        most,
    }
}

const LINE: (Kind, usize) = (Kind::Line, 1024);
const SHORT_PROSE: (Kind, usize) = (Kind::Prose, 1024);
const PROSE: (Kind, usize) = (Kind::Prose, 2048);
const LINES: (Kind, usize) = (Kind::Lines, 1024);

pub(super) const CHAPTERS: [Chapter; 5] = [
    Chapter {
        id: "model",
        title: "Model",
        good: "One paragraph that a colleague from another team understands: what goes in, what comes out, and what decision follows. Name a team as the owner rather than a person who may leave.",
        serves: "everybody who finds the model and asks what it is and whom to call",
        spots: &OVERVIEW,
    },
    Chapter {
        id: "use",
        title: "Intended use",
        good: "Say what it is for and, just as plainly, what it is not for. For the risk rating, think of the worst outcome of a wrong answer for the person concerned, how many are concerned, and whether somebody would notice in time.",
        serves: "reviewers, who decide whether the use is acceptable, and users, who must know where it ends",
        spots: &USE,
    },
    Chapter {
        id: "business",
        title: "Business",
        good: "The problem in the words of whoever has it, not of whoever models it; who gains and who bears the cost of errors.",
        serves: "sponsors and auditors, who ask why the model exists",
        spots: &BUSINESS,
    },
    Chapter {
        id: "training",
        title: "Training",
        good: "Enough to make the model again: data with their period and origin, what was optimised, and what was tried and given up.",
        serves: "whoever takes the model over, and validators who repeat the work",
        spots: &TRAINING,
    },
    Chapter {
        id: "considerations",
        title: "Considerations",
        good: "Groups that may be treated worse and how you looked; known failures; what to watch and when to stop using it. \u{201c}None\u{201d} is rarely a good answer.",
        serves: "the people whom the model judges, through whoever has to answer for it",
        spots: &CONSIDERATIONS,
    },
];

const OVERVIEW: [Spot; 10] = [
    spot(
        "model_overview.model_description",
        "Description",
        "What goes in, what comes out, and what is decided by it.",
        SHORT_PROSE,
    ),
    spot("model_overview.model_name", "Model name", "", LINE),
    spot(
        "model_overview.model_id",
        "Model",
        "The ARN of a model on this server ties the card to it; a model has one card at most.",
        LINE,
    ),
    spot(
        "model_overview.model_version",
        "Model version",
        "A number from 1.",
        (Kind::Number, 0),
    ),
    spot(
        "model_overview.problem_type",
        "Problem type",
        "Binary classification, regression, …",
        (Kind::Line, 0),
    ),
    spot(
        "model_overview.algorithm_type",
        "Algorithm",
        "The family, and the library with its version.",
        LINE,
    ),
    spot(
        "model_overview.model_owner",
        "Owner",
        "The team that answers for it.",
        LINE,
    ),
    spot("model_overview.model_creator", "Creator", "", LINE),
    spot(
        "model_overview.model_artifact",
        "Artifacts",
        "Where the model's files lie, one on each line.",
        LINES,
    ),
    spot(
        "model_overview.inference_environment.container_image",
        "Images it runs in",
        "One on each line.",
        LINES,
    ),
];

const USE: [Spot; 5] = [
    spot(
        "intended_uses.purpose_of_model",
        "Purpose",
        "The question that it answers.",
        PROSE,
    ),
    spot(
        "intended_uses.intended_uses",
        "Intended uses",
        "Who uses it, on whom, with what freedom to overrule it; and what it is not for.",
        PROSE,
    ),
    spot(
        "intended_uses.factors_affecting_model_efficiency",
        "What makes it worse",
        "Inputs, groups or times where it is known or expected to fail.",
        PROSE,
    ),
    spot(
        "intended_uses.risk_rating",
        "Risk rating",
        "How much harm a wrong answer could do. It decides which rules of the policy hold.",
        (Kind::Rating, 0),
    ),
    spot(
        "intended_uses.explanations_for_risk_rating",
        "Why this rating",
        "The worst plausible outcome, and what keeps it from happening.",
        PROSE,
    ),
];

const BUSINESS: [Spot; 3] = [
    spot(
        "business_details.business_problem",
        "Business problem",
        "What is done today without the model, and what that costs.",
        PROSE,
    ),
    spot(
        "business_details.business_stakeholders",
        "Stakeholders",
        "Who asked for it, who uses it, who is affected.",
        PROSE,
    ),
    spot(
        "business_details.line_of_business",
        "Line of business",
        "",
        (Kind::Line, 2048),
    ),
];

const TRAINING: [Spot; 12] = [
    spot(
        "training_details.objective_function.function.function",
        "Objective",
        "Whether the measure below was to be as large or as small as possible.",
        (Kind::Direction, 0),
    ),
    spot(
        "training_details.objective_function.function.facet",
        "Measure",
        "Accuracy, AUC, mean absolute error, loss, …",
        (Kind::Line, 63),
    ),
    spot(
        "training_details.objective_function.function.condition",
        "Condition",
        "Under what constraint.",
        (Kind::Line, 63),
    ),
    spot(
        "training_details.objective_function.notes",
        "Notes on the objective",
        "",
        SHORT_PROSE,
    ),
    spot(
        "training_details.training_observations",
        "Observations",
        "What was learnt on the way, and what was tried without success.",
        SHORT_PROSE,
    ),
    spot(
        "training_details.training_job_details.training_arn",
        "Training job",
        "Its ARN, or the run in the tool that you use.",
        LINE,
    ),
    spot(
        "training_details.training_job_details.training_datasets",
        "Training data",
        "One place on each line.",
        LINES,
    ),
    spot(
        "training_details.training_job_details.training_environment.container_image",
        "Images it was trained in",
        "One on each line.",
        LINES,
    ),
    spot(
        "training_details.training_job_details.training_metrics",
        "Training metrics",
        "As the training job gave them.",
        (Kind::Metrics, 0),
    ),
    spot(
        "training_details.training_job_details.user_provided_training_metrics",
        "Training metrics, typed in",
        "",
        (Kind::Metrics, 0),
    ),
    spot(
        "training_details.training_job_details.hyper_parameters",
        "Hyperparameters",
        "As the training job had them.",
        (Kind::Parameters, 0),
    ),
    spot(
        "training_details.training_job_details.user_provided_hyper_parameters",
        "Hyperparameters, typed in",
        "",
        (Kind::Parameters, 0),
    ),
];

const CONSIDERATIONS: [Spot; 3] = [
    spot(
        "additional_information.ethical_considerations",
        "Ethical considerations",
        "Whom it may treat worse, what was measured, and what was decided about it.",
        PROSE,
    ),
    spot(
        "additional_information.caveats_and_recommendations",
        "Caveats and recommendations",
        "Known failures, and when to stop using it.",
        PROSE,
    ),
    spot(
        "additional_information.custom_details",
        "Custom details",
        "Whatever else your organisation asks for.",
        (Kind::Pairs, 1024),
    ),
];

/// Of each evaluation.
pub(super) const EVALUATION: [Spot; 4] = [
    spot(
        "name",
        "Name",
        "What was evaluated: quality, fairness, robustness, …",
        (Kind::Line, 0),
    ),
    spot(
        "evaluation_observation",
        "Observation",
        "What the numbers mean for the use, on which data, and how sure they are.",
        (Kind::Prose, 2096),
    ),
    spot(
        "evaluation_job_arn",
        "Job",
        "The ARN of the job that measured it.",
        (Kind::Line, 256),
    ),
    spot(
        "datasets",
        "Data",
        "One place on each line, at most ten.",
        LINES,
    ),
];

pub(super) const EVALUATIONS_GOOD: &str = "Numbers with the data they were measured on and how certain they are. Bind an evaluation to a report where there is one: typed-in numbers are only claims.";
pub(super) const EVALUATIONS_SERVE: &str =
    "validators and the review, which ask whether the model is good enough";

/// Every field but those of evaluations.
pub(super) fn spots() -> impl Iterator<Item = &'static Spot> {
    CHAPTERS.iter().flat_map(|chapter| chapter.spots)
}

/// What a section of the content is called.
pub(super) fn section_title(section: &str) -> &str {
    match section {
        "model_overview" => "Model",
        "model_package_details" => "Model package",
        "intended_uses" => "Intended use",
        "business_details" => "Business",
        "training_details" => "Training",
        "evaluation_details" => "Evaluations",
        "additional_information" => "Considerations",
        other => other,
    }
}

/// Whether a field of the editor holds this place as a whole.
pub(super) fn is_field(path: &str) -> bool {
    spots().any(|spot| spot.path == path)
}

/// What a place of the content is called; its path where it has no name.
pub(in super::super) fn label(path: &str) -> String {
    let known = spots()
        .filter(|spot| path == spot.path || inside(path, spot.path))
        .max_by_key(|spot| spot.path.len());
    match known {
        Some(spot) if path == spot.path => spot.label.to_owned(),
        Some(spot) => format!(
            "{}: {}",
            spot.label,
            path[spot.path.len() + 1..].replace('.', ", ")
        ),
        None => path
            .split_once('.')
            .map_or(path, |(_, rest)| rest)
            .to_owned(),
    }
}

fn inside(path: &str, whole: &str) -> bool {
    path.strip_prefix(whole)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// What a place of an evaluation is called.
pub(super) fn evaluation_label(path: &[&str]) -> String {
    match path {
        ["metadata", "probity:report"] => "Bound to the report".to_owned(),
        ["metadata", "probity:sha256"] => "SHA-256 of the report".to_owned(),
        ["metadata", "probity:kind"] => "Kind of report".to_owned(),
        ["metadata", "probity:source"] => "Written by".to_owned(),
        ["metadata", "probity:follows"] => "Follows the schedule".to_owned(),
        ["metadata", "probity:reported-at"] => "Report written at".to_owned(),
        ["metadata", "probity:bound-at"] => "Bound at".to_owned(),
        ["metadata", "probity:bound-by"] => "Bound by".to_owned(),
        [single] => {
            let known = EVALUATION.iter().find(|spot| spot.path == *single);
            known.map_or(*single, |spot| spot.label).to_owned()
        }
        path => path.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use probity_domain::document::model_card::{Content, Variant};
    use serde_json::{Value, json};

    use super::*;

    /// A value of the kind, at the path.
    fn content(spot: &Spot) -> Value {
        let value = match spot.kind {
            Kind::Line | Kind::Prose => json!("x".repeat(spot.most.max(1))),
            Kind::Lines => json!(["x".repeat(spot.most)]),
            Kind::Number => json!(1),
            Kind::Rating => json!("High"),
            Kind::Direction => json!("Maximize"),
            Kind::Metrics => json!([{"name": "n", "value": 1, "notes": "n"}]),
            Kind::Parameters => json!([{"name": "n", "value": "1"}]),
            Kind::Pairs => json!({"n": "x".repeat(spot.most)}),
        };
        let parts: Vec<&str> = spot.path.split('.').collect();
        parts
            .iter()
            .rev()
            .fold(value, |value, name| json!({ *name: value }))
    }

    #[test]
    fn every_field_is_one_of_the_schema_with_its_length() {
        for spot in spots() {
            let value = content(spot);
            let parsed = Content::of_value(value.clone(), Variant::Card);
            assert!(parsed.is_ok(), "{}: {parsed:?}", spot.path);
            // The objective is open in the schema.
            if spot.most > 0 && !spot.path.contains("objective_function") {
                let longer = Spot {
                    most: spot.most + 1,
                    ..*spot
                };
                let parsed = Content::of_value(content(&longer), Variant::Card);
                assert!(
                    parsed.is_err(),
                    "{} takes more than {}",
                    spot.path,
                    spot.most
                );
            }
        }
    }

    #[test]
    fn places_have_names() {
        assert_eq!(label("model_overview.model_owner"), "Owner");
        assert_eq!(
            label("additional_information.custom_details.team"),
            "Custom details: team"
        );
        assert_eq!(label("model_package_details.domain"), "domain");
        assert_eq!(
            evaluation_label(&["metadata", "probity:sha256"]),
            "SHA-256 of the report"
        );
    }
}
