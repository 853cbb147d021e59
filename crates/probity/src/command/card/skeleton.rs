//! The skeleton of a card: every field of the schema with what belongs into it, filled with what
//! is known already. As it stands it is a valid card that says little.
//!
//! Lengths are those of "Amazon SageMaker Model Cards" in the developer guide.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::yaml;
use crate::arguments::CardTemplateArgument;

#[derive(Debug)]
struct Section {
    name: &'static str,
    guidance: &'static str,
    fields: &'static [(&'static str, &'static str)],
}

const SECTIONS: [Section; 5] = [
    Section {
        name: "model_overview",
        guidance: "Which model this is.",
        fields: &[
            (
                "model_id",
                "The ARN of the model, or what you call it; one card describes a model.",
            ),
            ("model_name", "Its name at the server."),
            ("model_description", "What it does, in a sentence or two."),
            (
                "problem_type",
                "E.g. Binary classification, Regression, Ranking.",
            ),
            ("algorithm_type", "E.g. Gradient boosted trees."),
            ("model_creator", "Who built it."),
            ("model_owner", "Who answers for it today."),
        ],
    },
    Section {
        name: "intended_uses",
        guidance: "What it is for, and how much harm it can do.",
        fields: &[
            (
                "purpose_of_model",
                "Why it exists. At most 2048 characters.",
            ),
            (
                "intended_uses",
                "Who uses it for which decisions; and what it must not be used for.",
            ),
            (
                "factors_affecting_model_efficiency",
                "When it works less well: groups, seasons, channels, missing inputs.",
            ),
            (
                "risk_rating",
                "High, Medium, Low or Unknown: your own judgement of the harm of wrong answers.",
            ),
            (
                "explanations_for_risk_rating",
                "Why this rating and no other: who is harmed, how, how often, and what catches it.",
            ),
        ],
    },
    Section {
        name: "business_details",
        guidance: "What it is worth, and to whom.",
        fields: &[
            ("business_problem", "What would be done without it."),
            ("business_stakeholders", "Who has a say in it."),
            ("line_of_business", "Where in the organisation."),
        ],
    },
    Section {
        name: "training_details",
        guidance: "How it came about.",
        fields: &[
            (
                "training_observations",
                "What was seen while it was trained: data, splits, choices, failures. At most 1024 \
                 characters.",
            ),
            (
                "objective_function",
                "E.g. {function: {function: Minimize, facet: Loss}, notes: log loss}",
            ),
            (
                "training_job_details",
                "E.g. {training_datasets: [s3://bucket/train/], user_provided_hyper_parameters: \
                 [{name: depth, value: '6'}]}",
            ),
        ],
    },
    Section {
        name: "additional_information",
        guidance: "What else has to be said.",
        fields: &[
            (
                "ethical_considerations",
                "Groups that may be treated worse, and what was done about it.",
            ),
            (
                "caveats_and_recommendations",
                "What a user has to know, and what to do next.",
            ),
        ],
    },
];

const EVALUATIONS: &str = "\
  # What was measured. Numbers that are typed in are shown as claims; an evaluation that is bound
  # to a report takes its numbers and its hash from it:
  #   probity card bind NAME --evaluation fairness --to reports/analysis.json
";

const CUSTOM: &str = "\
    # Anything else: texts of at most 1024 characters, by names of your own.
";

/// Keys that the templates of an export look for, and what they shall say.
const OF_TEMPLATES: [(&str, &str); 4] = [
    (
        "human_oversight",
        "Who can stop or overrule it, and how they see that they should.",
    ),
    (
        "cybersecurity",
        "How it is protected against attacks on model, data and inputs.",
    ),
    (
        "standards_applied",
        "Standards and specifications that were followed.",
    ),
    (
        "post_market_monitoring",
        "What is watched in use, how often, and who acts.",
    ),
];

/// The text of a card's file. `known` is a content, empty where nothing is known.
pub(super) fn text(name: &str, known: &Value, template: CardTemplateArgument) -> Result<String> {
    let nothing = Map::new();
    let mut left = known.as_object().unwrap_or(&nothing).clone();
    let mut text = format!(
        "# Model card of {name}. A key without a value says nothing, as if it were not there.\n\
         # Check it with `probity card check -f FILE`, bring it to a server with `probity card apply`.\n\
         name: {name}\nstatus: Draft\n# tags: {{team: risk}}\ncontent:\n"
    );
    for section in &SECTIONS {
        let known = left.shift_remove(section.name).unwrap_or(Value::Null);
        push_section(section, &known, &mut text)?;
        if section.name == "additional_information" {
            push_custom(&known, template, &mut text)?;
        }
        if section.name == "training_details" {
            let evaluations = left.shift_remove("evaluation_details");
            text.push_str(&EVALUATIONS.replace("NAME", name));
            text.push_str(&match evaluations {
                Some(list) if list.as_array().is_some_and(|list| !list.is_empty()) => {
                    yaml::indented(&json!({ "evaluation_details": list }), 2)?
                }
                Some(_) | None => "  evaluation_details:\n".to_owned(),
            });
        }
    }
    if !left.is_empty() {
        text.push_str(&yaml::indented(&Value::Object(left), 2)?);
    }
    Ok(text)
}

fn push_section(section: &Section, known: &Value, text: &mut String) -> Result<()> {
    text.push_str(&format!("  # {}\n  {}:\n", section.guidance, section.name));
    let nothing = Map::new();
    let mut left = known.as_object().unwrap_or(&nothing).clone();
    // Custom details have guidance of their own.
    left.shift_remove("custom_details");
    for (field, guidance) in section.fields {
        text.push_str(&format!("    # {guidance}\n"));
        push_member((field, left.shift_remove(*field).as_ref()), 4, text)?;
    }
    for (field, value) in &left {
        push_member((field, Some(value)), 4, text)?;
    }
    Ok(())
}

fn push_custom(known: &Value, template: CardTemplateArgument, text: &mut String) -> Result<()> {
    let nothing = Map::new();
    let mut left = known["custom_details"]
        .as_object()
        .unwrap_or(&nothing)
        .clone();
    text.push_str(CUSTOM);
    text.push_str("    custom_details:\n");
    let wanted: &[(&str, &str)] = match template {
        CardTemplateArgument::Card => &[],
        CardTemplateArgument::AnnexIv | CardTemplateArgument::NistAiRmf => &OF_TEMPLATES,
    };
    for (key, guidance) in wanted {
        text.push_str(&format!("      # {guidance}\n"));
        push_member((key, left.shift_remove(*key).as_ref()), 6, text)?;
    }
    for (key, value) in &left {
        push_member((key, Some(value)), 6, text)?;
    }
    Ok(())
}

fn push_member(
    (name, value): (&str, Option<&Value>),
    indent: usize,
    text: &mut String,
) -> Result<()> {
    match value {
        Some(value) => text.push_str(&yaml::indented(&json!({ name: value }), indent)?),
        None => text.push_str(&format!("{}{name}:\n", " ".repeat(indent))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::command::card::card_file::CardFile;

    const TEMPLATES: [CardTemplateArgument; 3] = [
        CardTemplateArgument::Card,
        CardTemplateArgument::AnnexIv,
        CardTemplateArgument::NistAiRmf,
    ];

    #[track_caller]
    fn read(text: String) -> CardFile {
        CardFile::parse(text.clone(), Path::new("a.yaml"))
            .unwrap_or_else(|faults| panic!("{faults:?}\n{text}"))
    }

    #[test]
    fn an_empty_skeleton_is_a_card_that_says_nothing() {
        for template in TEMPLATES {
            let card = read(text("credit", &json!({}), template).unwrap());
            assert_eq!(
                (card.name.as_str(), card.content.value()),
                ("credit", &json!({}))
            );
        }
    }

    #[test]
    fn a_skeleton_says_all_that_is_known() {
        let known = json!({
            "model_overview": {"model_id": "arn:m", "inference_environment": {"container_image": ["i"]}},
            "training_details": {"training_observations": "two\nlines\n"},
            "evaluation_details": [{"name": "fairness", "metadata": {"probity:report": "s3://b/k"}}],
            "additional_information": {"custom_details": {"human_oversight": "yes", "own": "1"}},
            "model_package_details": {"model_package_arn": "arn:p"},
        });
        for template in TEMPLATES {
            let card = read(text("credit", &known, template).unwrap());
            assert_eq!(card.content.value(), &known);
        }
    }

    #[test]
    fn every_field_of_the_skeleton_is_one_of_the_schema() {
        // A field that the schema does not know would be refused if something were said there.
        for section in &SECTIONS {
            for (field, _) in section.fields {
                let value = match *field {
                    "risk_rating" => json!("High"),
                    "objective_function" => json!({"notes": "x"}),
                    "training_job_details" => json!({"training_arn": "x"}),
                    _ => json!("x"),
                };
                let known = json!({ section.name: { *field: value } });
                let card = read(text("a", &known, CardTemplateArgument::Card).unwrap());
                assert_eq!(card.content.value(), &known);
            }
        }
    }
}
