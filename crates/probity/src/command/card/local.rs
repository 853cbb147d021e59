//! A card of a file with what can be known around it without a server: whether the reports that it
//! was taken from still lie beside it, with the same hash, and say what the card says.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail};
use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, Staleness, Verification,
};
use probity_domain::document::governance_policy::{EVIDENCE, Finding, GovernancePolicy};
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

/// What a policy that wants evidence makes of a report that lies in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unseen {
    /// Nobody looked, so that the evaluation is a claim.
    IsClaimed,
    /// Somebody else looks: a server, when the card is applied.
    IsTrusted,
}

/// Everything about the card of a file.
pub(super) fn dossier(card: &CardFile, policy: &GovernancePolicy, now_ms: i64) -> CardDossier {
    dossier_by(card, (policy, Unseen::IsClaimed), now_ms)
}

pub(super) fn dossier_by(
    card: &CardFile,
    (policy, unseen): (&GovernancePolicy, Unseen),
    now_ms: i64,
) -> CardDossier {
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
    dossier.findings = match unseen {
        Unseen::IsClaimed => policy.findings(&dossier, now_ms),
        Unseen::IsTrusted => policy.findings(&trusting(&dossier), now_ms),
    };
    // An archived card is held to nothing.
    if dossier.status != CardStatus::Archived {
        dossier.findings.extend(contradictions);
    }
    dossier
}

/// As if the reports that nobody could look at said what the card says.
fn trusting(dossier: &CardDossier) -> CardDossier {
    let mut dossier = dossier.clone();
    for standing in &mut dossier.evaluations {
        let is_unseen = |binding: &Binding| !is_beside(binding);
        if standing.binding.as_ref().is_some_and(is_unseen) {
            standing.verification = Verification::Verified;
        }
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
    let bytes = match place(card, report).and_then(|place| read_file(&place)) {
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
    let report = report_of(bytes)?;
    let (kind, groups) = metric_groups(&report).map_err(|error| error.to_string())?;
    Ok(Values {
        kind: kind.as_str(),
        groups: groups.iter().map(group_value).collect(),
    })
}

pub(super) fn report_of(bytes: &[u8]) -> Result<Value, String> {
    read_report(bytes).map_err(|error| error.to_string())
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

/// Where the report of a binding lies: in the card's folder, or in the folder where the command
/// works if the card is in that. A card may come from anybody, and nothing else on the machine is
/// its business: no absolute path is followed, and no way out, nor a link.
pub(super) fn place(card: &CardFile, report: &str) -> Result<PathBuf, String> {
    place_under(card, report, Path::new("."))
}

fn place_under(card: &CardFile, report: &str, working: &Path) -> Result<PathBuf, String> {
    let is_way = |part: Component<'_>| match part {
        Component::CurDir | Component::ParentDir | Component::Normal(_) => true,
        Component::Prefix(_) | Component::RootDir => false,
    };
    if !Path::new(report).components().all(is_way) {
        return Err("it is an absolute path; name the report from the card's folder".to_owned());
    }
    let whole = |path: &Path| fs::canonicalize(path).map_err(|error| error.to_string());
    let place = whole(&card.beside(report))?;
    let folder = whole(&card.beside("."))?;
    let working = whole(working)?;
    // From the root of the machine everything is below.
    let is_wider = working.parent().is_some() && folder.starts_with(&working);
    if place.starts_with(&folder) || is_wider && place.starts_with(&working) {
        return Ok(place);
    }
    Err("it lies outside of the card's folder and of the folder where the command works".to_owned())
}

/// Of a pipe or a device neither the length nor the end is known, hence only files are read.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is no file".to_owned());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    // What grows meanwhile is not read without a bound.
    file.take(LARGEST_REPORT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    match bytes.len() as u64 > LARGEST_REPORT {
        true => Err(format!("at most {LARGEST_REPORT} bytes are read of it")),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(folder: &Path) -> CardFile {
        fs::create_dir_all(folder).unwrap();
        CardFile::parse("{}".to_owned(), &folder.join("a.yaml")).unwrap()
    }

    #[test]
    fn a_report_lies_in_the_folder_of_the_card_or_where_the_command_works() {
        let root = tempfile::tempdir().unwrap();
        let repository = root.path().join("repository");
        let card = card(&repository.join("cards"));
        for path in [
            "repository/cards/here.json",
            "repository/runs/there.json",
            "outside.json",
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        let place = |report: &str, working: &Path| place_under(&card, report, working);
        let elsewhere = root.path().join("repository/runs");
        assert!(place("here.json", &elsewhere).is_ok());
        assert!(place("../runs/there.json", &repository).is_ok());
        assert!(place("../runs/there.json", &elsewhere).is_err());
        assert!(place("../../outside.json", &repository).is_err());
        assert!(place("../../outside.json", Path::new("/")).is_err());
        let absolute = repository.join("cards/here.json");
        assert!(place(&absolute.to_string_lossy(), &repository).is_err());
    }

    #[test]
    fn what_lies_in_a_bucket_is_no_evidence_unless_it_is_trusted() {
        let policy = "[card]\nevidence = \"bound\"\nstale = \"refused\"\n";
        let policy = GovernancePolicy::from_toml(policy).unwrap();
        let card = |report: &str| {
            let text = format!(
                "evaluation_details:\n- name: fairness\n  metadata:\n    'probity:report': \
                 '{report}'\n    'probity:sha256': '00'\n"
            );
            CardFile::parse(text, Path::new("cards/a.yaml")).unwrap()
        };
        let findings = |report: &str, unseen: Unseen| {
            let dossier = dossier_by(&card(report), (&policy, unseen), 0);
            dossier.findings.len()
        };
        for report in ["s3://nowhere/x.json", "https://nowhere.example/x.json"] {
            assert_eq!(findings(report, Unseen::IsClaimed), 1);
            assert_eq!(findings(report, Unseen::IsTrusted), 0);
            let dossier = dossier(&card(report), &policy, 0);
            assert_eq!(
                dossier.evaluations[0].verification,
                Verification::NotVerified
            );
        }
        // What lies beside the card is looked at, whoever is trusted.
        assert!(findings("missing.json", Unseen::IsTrusted) > 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let card = card(&root.path().join("cards"));
        fs::write(root.path().join("outside.json"), "{}").unwrap();
        let link = root.path().join("cards/link.json");
        std::os::unix::fs::symlink(root.path().join("outside.json"), link).unwrap();
        let found = place_under(&card, "link.json", &root.path().join("cards"));
        assert!(found.unwrap_err().contains("outside"));
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_end_is_not_read() {
        let told = read_file(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(told, "it is no file");
    }
}
