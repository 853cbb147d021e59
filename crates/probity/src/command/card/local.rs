//! A card of a file with what can be known around it without a server: whether the reports that it
//! was taken from still lie beside it, with the same hash, and say what the card says.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, Staleness, Verification,
};
use probity_domain::document::governance_policy::{Finding, GovernancePolicy};
use probity_domain::document::model_card::difference::differences;
use probity_domain::document::model_card::report::{group_value, metric_groups, read_report};
use probity_domain::document::model_card::{Binding, Evaluation};
use probity_domain::resource::CardStatus;
use serde_json::Value;

use super::card_file::CardFile;
use super::sha256;
use crate::exit::Usage;

/// Reports of days with many columns are some megabytes.
const LARGEST_REPORT: u64 = 64 << 20;
const POLICY_FILE: &str = "governance.toml";

/// The rule of a finding that no policy can switch off: the card says something else than the
/// report that it names.
pub(super) const EVIDENCE: &str = "evidence";

/// The policy of the option; else `governance.toml` in a folder of cards, or beside a card.
pub(super) fn policy(option: Option<&Path>, cards: &[PathBuf]) -> Result<GovernancePolicy> {
    if let Some(path) = option {
        return read_policy(path);
    }
    let beside = cards.iter().map(|path| match path.is_dir() {
        true => path.join(POLICY_FILE),
        false => path.with_file_name(POLICY_FILE),
    });
    match beside.into_iter().find(|path| path.is_file()) {
        Some(path) => read_policy(&path),
        None => Ok(GovernancePolicy::default()),
    }
}

pub(super) fn read_policy(path: &Path) -> Result<GovernancePolicy> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Usage(format!("failed to read `{shown}`: {error}")))?;
    match GovernancePolicy::from_toml(&text) {
        Ok(policy) => Ok(policy),
        Err(invalid) => {
            let line = invalid.line.map(|line| format!(":{line}"));
            let key = match invalid.key.as_str() {
                "" => String::new(),
                key => format!(" `{key}`:"),
            };
            bail!(Usage(format!(
                "{shown}{}:{key} {}",
                line.unwrap_or_default(),
                invalid.problem
            )))
        }
    }
}

/// Everything about the card of a file.
pub(super) fn dossier(card: &CardFile, policy: &GovernancePolicy, now_ms: i64) -> CardDossier {
    let text = card.content.text();
    let hash = sha256(text.as_bytes());
    let mut dossier = CardDossier::of_content(&card.name, card.content.card(), hash);
    dossier.status = card.status.unwrap_or(CardStatus::Draft);
    dossier.tags = card.tags.clone().unwrap_or_default();
    dossier.evaluations.clear();
    let mut contradictions = Vec::new();
    for evaluation in &dossier.card.evaluations {
        let (standing, contradiction) = standing(card, evaluation);
        dossier.evaluations.push(standing);
        contradictions.extend(contradiction);
    }
    dossier.findings = policy.findings(&dossier, now_ms);
    // An archived card is held to nothing.
    if dossier.status != CardStatus::Archived {
        dossier.findings.extend(contradictions);
    }
    dossier
}

/// How an evaluation stands to its report, and what is wrong where they contradict each other.
fn standing(card: &CardFile, evaluation: &Evaluation) -> (EvaluationStanding, Option<Finding>) {
    let binding = evaluation.binding();
    let looked = match &binding {
        Some(binding) if is_beside(binding) => look(card, evaluation, binding),
        // What lies elsewhere is not looked at without a server.
        Some(_) | None => Looked::Not,
    };
    let verification = match &looked {
        Looked::Agrees => Verification::Verified,
        Looked::Stale(..) | Looked::Contradicts(_) => Verification::Refuted,
        Looked::Not => Verification::NotVerified,
    };
    let (stale, problem) = match looked {
        Looked::Agrees | Looked::Not => (Vec::new(), None),
        Looked::Stale(reason, problem) => (vec![reason], Some(problem)),
        Looked::Contradicts(problem) => (vec![Staleness::ValuesDiffer], Some(problem)),
    };
    let standing = EvaluationStanding {
        evaluation: evaluation.name.clone(),
        binding,
        stale,
        verification,
    };
    let finding = problem.map(|message| Finding {
        rule: EVIDENCE.to_owned(),
        path: path_of(&evaluation.name),
        message,
    });
    (standing, finding)
}

/// As differences and findings of a policy spell it.
pub(super) fn path_of(evaluation: &str) -> String {
    format!("evaluation_details[{}]", Value::from(evaluation))
}

/// Whether the report lies where a file can name it.
pub(super) fn is_beside(binding: &Binding) -> bool {
    !binding.report.contains("://")
}

#[derive(Debug)]
enum Looked {
    Not,
    Agrees,
    Stale(Staleness, String),
    Contradicts(String),
}

fn look(card: &CardFile, evaluation: &Evaluation, binding: &Binding) -> Looked {
    let report = &binding.report;
    let bytes = match read_file(&card.beside(report)) {
        Ok(bytes) => bytes,
        Err(problem) => {
            let told =
                format!("the report `{report}` that it is bound to cannot be read: {problem}");
            return Looked::Stale(Staleness::ReportMissing, told);
        }
    };
    if sha256(&bytes) != binding.sha256 {
        let told = format!("the report `{report}` has changed since it was bound; bind it again");
        return Looked::Stale(Staleness::ReportChanged, told);
    }
    match values_of(&bytes) {
        Err(problem) => {
            Looked::Contradicts(format!("the report `{report}` gives no metrics: {problem}"))
        }
        Ok(values) => match first_difference(evaluation, &values) {
            None => Looked::Agrees,
            Some(path) => Looked::Contradicts(format!(
                "the values are not those of the report `{report}` that it is bound to, first at \
                 `{path}`; bind it again, or unbind it"
            )),
        },
    }
}

/// The groups of metrics of a report, as a card has them, and what kind of report it is.
pub(super) fn values_of(bytes: &[u8]) -> Result<Values, String> {
    let report = read_report(bytes).map_err(|error| error.to_string())?;
    let (kind, groups) = metric_groups(&report).map_err(|error| error.to_string())?;
    Ok(Values {
        kind: kind.as_str(),
        groups: groups.iter().map(group_value).collect(),
    })
}

#[derive(Debug)]
pub(super) struct Values {
    pub(super) kind: &'static str,
    pub(super) groups: Value,
}

fn first_difference(evaluation: &Evaluation, values: &Values) -> Option<String> {
    let said: Value = evaluation.groups.iter().map(group_value).collect();
    let changes = differences(&said, &values.groups);
    Some(format!("metric_groups{}", changes.first()?.path))
}

pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST_REPORT {
        return Err(format!(
            "it has {size} bytes, at most {LARGEST_REPORT} are read"
        ));
    }
    fs::read(path).map_err(|error| error.to_string())
}
