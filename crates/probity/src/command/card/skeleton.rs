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

// A `\` before the first line would take its indentation away.
const EVALUATIONS: &str = "  # What was measured. Numbers that are typed in are shown as claims; an evaluation that is bound
  # to a report takes its numbers and its hash from it:
  #   probity card bind NAME --evaluation fairness --to reports/analysis.json
";

const CUSTOM: &str =
    "    # Anything else: texts of at most 1024 characters, by names of your own.\n";

/// Custom details that the template of Annex IV looks for, by its points:
/// `docs/model-cards-templates.md`.
const ANNEX_IV: [(&str, &str); 30] = [
    (
        "interfaces",
        "1(b): hardware and software that it works with.",
    ),
    (
        "software_versions",
        "1(c): versions of its software, and what an update needs.",
    ),
    (
        "forms_of_supply",
        "1(d): how it is handed over: package, API, download.",
    ),
    ("hardware", "1(e): the hardware that it is to run on."),
    (
        "product_images",
        "1(f): the product that it is part of, where it is.",
    ),
    ("user_interface", "1(g): what its users see."),
    (
        "instructions_for_use",
        "1(h): where the instructions for use are.",
    ),
    (
        "development_process",
        "2(a): how it was developed, step by step.",
    ),
    (
        "third_party_components",
        "2(a): what others made, and how it was used or changed.",
    ),
    (
        "design_choices",
        "2(b): what was decided and assumed, and for whom.",
    ),
    (
        "expected_output",
        "2(b): what its output is, and how good it is.",
    ),
    ("architecture", "2(c): how its parts fit together."),
    (
        "compute_resources",
        "2(c): what it took to develop, train and test.",
    ),
    (
        "data_provenance",
        "2(d): where the data come from, and their scope.",
    ),
    (
        "data_preparation",
        "2(d): how the data were selected and cleaned.",
    ),
    ("labelling", "2(d): how the data were labelled."),
    (
        "human_oversight",
        "2(e), 3: who can stop or overrule it, and how they see that they should.",
    ),
    (
        "planned_changes",
        "2(f): changes that are foreseen, and how it stays compliant.",
    ),
    ("test_records", "2(g): dated and signed records of tests."),
    (
        "robustness",
        "2(g): how it behaves beyond what it was made for.",
    ),
    (
        "cybersecurity",
        "2(h): how it is protected against attacks.",
    ),
    ("limitations", "3: where it works less well, and for whom."),
    (
        "unintended_outcomes",
        "3: foreseeable harm beyond its purpose.",
    ),
    ("input_data", "3: what its input has to be like."),
    ("metric_rationale", "4: why these metrics suit it."),
    (
        "risk_management",
        "5: how risks are found, weighed and treated.",
    ),
    ("changes", "6: what was changed in its life."),
    (
        "standards_applied",
        "7: standards that were applied, in full or in part.",
    ),
    ("declaration_of_conformity", "8: where the declaration is."),
    (
        "post_market_monitoring",
        "9: what is watched in use, how often, and who acts.",
    ),
];

/// The same of the NIST AI RMF, by its subcategories.
const NIST_AI_RMF: [(&str, &str); 28] = [
    ("legal_requirements", "GOVERN 1.1: law that it is under."),
    (
        "review_plan",
        "GOVERN 1.5: when it is looked at again, and by whom.",
    ),
    (
        "post_market_monitoring",
        "GOVERN 1.5, MANAGE 4.1: what is watched in use, and who acts.",
    ),
    ("decommissioning", "GOVERN 1.7: how it is taken out of use."),
    (
        "human_oversight",
        "GOVERN 3.2, MAP 3.5: who can stop or overrule it.",
    ),
    ("feedback", "GOVERN 5.1: how those concerned are heard."),
    ("third_party_components", "GOVERN 6.1: what others made."),
    (
        "benefits",
        "MAP 1.4: what it is good for, and what that is worth.",
    ),
    (
        "requirements",
        "MAP 1.6: what it has to do, and was designed for.",
    ),
    ("limitations", "MAP 2.2: what it does not know."),
    ("data_provenance", "MAP 2.3: where the data come from."),
    (
        "operator_training",
        "MAP 3.4: what its operators have to know.",
    ),
    (
        "third_party_rights",
        "MAP 4.1: rights of others in data and software.",
    ),
    (
        "impact_assessment",
        "MAP 5.1: who is affected, how likely and how much.",
    ),
    (
        "metric_rationale",
        "MEASURE 1.1: why these metrics were chosen.",
    ),
    ("safety", "MEASURE 2.6: how it fails, and how safely."),
    (
        "cybersecurity",
        "MEASURE 2.7: how it is protected against attacks.",
    ),
    (
        "explainability",
        "MEASURE 2.9: how its output is explained.",
    ),
    (
        "privacy",
        "MEASURE 2.10: what of persons it holds or gives away.",
    ),
    (
        "fairness",
        "MEASURE 2.11: groups that may be treated worse.",
    ),
    (
        "environmental_impact",
        "MEASURE 2.12: what it costs the environment.",
    ),
    ("risk_tracking", "MEASURE 3.1: how risks are followed."),
    (
        "risk_treatment",
        "MANAGE 1.3: what is done about each of them.",
    ),
    ("residual_risks", "MANAGE 1.4: what is left."),
    ("maintenance", "MANAGE 2.2: how it is kept of value."),
    ("shutdown", "MANAGE 2.4: who switches it off, and how."),
    (
        "third_party_monitoring",
        "MANAGE 3.1: how what others made is watched.",
    ),
    (
        "incident_response",
        "MANAGE 4.3: what happens after a failure.",
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
        CardTemplateArgument::AnnexIv => &ANNEX_IV,
        CardTemplateArgument::NistAiRmf => &NIST_AI_RMF,
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
    fn every_comment_is_indented_as_what_it_is_about() {
        let indent = |line: &str| line.len() - line.trim_start().len();
        for template in TEMPLATES {
            let text = text("credit", &json!({}), template).unwrap();
            let content = text.split_once("content:\n").unwrap().1;
            let lines: Vec<&str> = content.lines().collect();
            for pair in lines.windows(2) {
                if pair[0].trim_start().starts_with('#') {
                    assert_eq!(indent(pair[0]), indent(pair[1]), "{pair:?}");
                }
            }
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
    fn a_template_asks_for_what_its_document_looks_for() {
        let page = include_str!("../../../../../docs/model-cards-templates.md");
        for (key, _) in ANNEX_IV.iter().chain(&NIST_AI_RMF) {
            assert!(page.contains(&format!("`{key}`")), "{key}");
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
