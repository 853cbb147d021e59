//! What is wrong with a draft, by the fields of the editor that it is told at.

use probity_app::model_card::{DraftCheck, LONGEST_CONTENT};
use serde_json::{Value, json};

use super::form::{EVALUATIONS, evaluations, of_evaluation};
use super::form_write::Draft;
use super::guide::{EVALUATION, spots};

/// Where a remark belongs that is not of one field.
const WHOLE: &str = "";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Nothing is saved while there are any.
    pub(super) faults: Vec<Remark>,
    /// What the policy would find.
    pub(super) findings: Vec<Remark>,
    pub(super) characters: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    /// Empty for the card as a whole.
    pub(super) field: String,
    /// What the field is called, for lists of remarks.
    pub(super) name: String,
    pub(super) text: String,
    /// Of findings: the rule of the policy.
    pub(super) rule: Option<String>,
}

pub(super) fn told(draft: &Draft, check: &DraftCheck) -> Told {
    let unwritten = draft.faults.iter();
    let unwritten = unwritten.map(|(field, text)| remark(field.clone(), text.clone(), draft));
    let faults = check.faults.iter().map(|fault| {
        let (field, within) = field_of(fault.path.trim_start_matches('$'), draft);
        let text = match within.is_empty() {
            true => fault.problem.clone(),
            false => format!("{within}: {}", fault.problem),
        };
        remark(field, text, draft)
    });
    let mut faults: Vec<Remark> = unwritten.chain(faults).collect();
    if check.more > 0 {
        let text = format!("and {} more", check.more);
        faults.push(remark(WHOLE.to_owned(), text, draft));
    }
    let findings = check.findings.iter().map(|finding| Remark {
        rule: Some(finding.rule.clone()),
        ..remark(
            field_of(&finding.path, draft).0,
            finding.message.clone(),
            draft,
        )
    });
    Told {
        faults,
        findings: findings.collect(),
        characters: check.characters,
    }
}

impl Told {
    pub(super) fn of<'t>(remarks: &'t [Remark], field: &str) -> Option<&'t Remark> {
        remarks.iter().find(|remark| remark.field == field)
    }

    /// For the script of the editor.
    pub(super) fn as_json(&self) -> Value {
        let remarks = |remarks: &[Remark]| -> Vec<Value> {
            let shown = remarks.iter().map(|remark| {
                json!({ "field": remark.field, "name": remark.name, "text": remark.text, "rule": remark.rule })
            });
            shown.collect()
        };
        json!({
            "faults": remarks(&self.faults),
            "findings": remarks(&self.findings),
            "characters": self.characters,
            "most": LONGEST_CONTENT,
        })
    }
}

fn remark(field: String, text: String, draft: &Draft) -> Remark {
    Remark {
        name: name_of(&field, draft),
        field,
        text,
        rule: None,
    }
}

/// The field of a path of the content, and what of the path lies within it.
fn field_of(path: &str, draft: &Draft) -> (String, String) {
    let path = path.trim_start_matches('.');
    if let Some(rest) = path.strip_prefix(EVALUATIONS) {
        return of_slot(rest, draft);
    }
    let flat = path.replace("objective_function.", "objective_function.function.");
    let known = spots().filter_map(|spot| {
        let within = within(path, spot.path).or_else(|| within(&flat, spot.path))?;
        Some((spot.path.to_owned(), within.to_owned()))
    });
    known
        .max_by_key(|(field, _)| field.len())
        .unwrap_or_else(|| (WHOLE.to_owned(), path.to_owned()))
}

fn within<'p>(path: &'p str, field: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(field)?;
    let is_inside = rest.is_empty() || rest.starts_with(['.', '[']);
    is_inside.then(|| rest.trim_start_matches('.'))
}

/// `[1].name` of faults, `["fairness"]` of findings.
fn of_slot(rest: &str, draft: &Draft) -> (String, String) {
    let inside = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let Some((place, rest)) = inside else {
        return (EVALUATIONS.to_owned(), rest.to_owned());
    };
    let all = evaluations(&draft.content);
    let named = |name: String| all.iter().position(|own| own["name"] == name.as_str());
    let place = place
        .parse()
        .ok()
        .or_else(|| named(serde_json::from_str(place).ok()?));
    let Some(slot) = place.and_then(|place: usize| draft.slots.get(place)) else {
        return (EVALUATIONS.to_owned(), String::new());
    };
    let rest = rest.trim_start_matches('.');
    let fields = EVALUATION
        .iter()
        .map(|spot| spot.path)
        .chain(["metric_groups"]);
    for field in fields {
        if let Some(within) = within(rest, field) {
            return (of_evaluation(*slot, field), within.to_owned());
        }
    }
    (of_evaluation(*slot, "name"), rest.to_owned())
}

fn name_of(field: &str, draft: &Draft) -> String {
    if field == EVALUATIONS {
        return "Evaluations".to_owned();
    }
    if let Some(spot) = spots().find(|spot| spot.path == field) {
        return spot.label.to_owned();
    }
    let slot = field
        .strip_prefix('e')
        .and_then(|rest| rest.split_once('.'));
    match slot {
        Some((slot, member)) => {
            let place = draft.slots.iter().position(|own| own.to_string() == slot);
            let own = place.and_then(|place| evaluations(&draft.content).get(place));
            let name = own
                .and_then(|own| own["name"].as_str())
                .unwrap_or("evaluation");
            let spot = EVALUATION.iter().find(|spot| spot.path == member);
            format!("{name}: {}", spot.map_or("Metrics", |spot| spot.label))
        }
        None => "The card".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            content: json!({"evaluation_details": [{"name": "quality"}, {"name": "fairness"}]}),
            faults: Vec::new(),
            slots: vec![0, 2],
        }
    }

    #[track_caller]
    fn check(path: &str, field: &str, within: &str) {
        let expected = (field.to_owned(), within.to_owned());
        assert_eq!(field_of(path, &draft()), expected);
    }

    #[test]
    fn paths_lead_to_fields() {
        check(
            ".intended_uses.risk_rating",
            "intended_uses.risk_rating",
            "",
        );
        check(
            "model_overview.model_artifact[3]",
            "model_overview.model_artifact",
            "[3]",
        );
        check(
            "training_details.training_job_details.hyper_parameters[2].name",
            "training_details.training_job_details.hyper_parameters",
            "[2].name",
        );
        check("evaluation_details[1].datasets[0]", "e2.datasets", "[0]");
        check("evaluation_details[\"fairness\"]", "e2.name", "");
        check("evaluation_details[\"gone\"]", "evaluation_details", "");
        check("business_details", "", "business_details");
        assert_eq!(name_of("e2.metric_groups", &draft()), "fairness: Metrics");
    }
}
