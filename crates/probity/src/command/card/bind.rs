//! `probity card bind` and `unbind`: an evaluation is taken from a report, or no longer. At a
//! server the server reads the report; in a file it lies beside the card, and its values, its hash
//! and its place are written into the card.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail};
use probity_domain::document::model_card::{Binding, Evaluation};
use serde_json::{Map, Value, json};

use super::card_file::CardFile;
use super::local::{place, read_file, values_of};
use super::review::lost;
use super::rewrite::{Comments, Rewritten, with_evaluation};
use super::{folder, now_ms, sha256};
use crate::arguments::{CardBindArguments, CardUnbindArguments, PrintArguments, ServerArguments};
use crate::client::Client;
use crate::command::outputs::write_file;
use crate::exit::{Exit, Usage};
use crate::moment::iso;
use crate::screen;

pub(super) async fn bind(server: &ServerArguments, arguments: &CardBindArguments) -> Result<Exit> {
    if !arguments.files.cards.is_empty() {
        return bind_in_file(arguments);
    }
    let mut input = json!({
        "ModelCardName": arguments.name,
        "EvaluationName": arguments.evaluation,
    });
    if let Some(report) = &arguments.to {
        if !report.starts_with("s3://") {
            bail!(Usage(format!(
                "`{report}` is no s3:// address; put the report there first, e.g. `aws s3 cp \
                 {report} s3://bucket/{report}`, or work on files with -f"
            )));
        }
        input["ReportS3Uri"] = Value::from(report.as_str());
    }
    if let Some(job) = &arguments.job {
        input["ProcessingJobName"] = Value::from(job.as_str());
    }
    if let Some(schedule) = &arguments.schedule {
        input["MonitoringScheduleName"] = Value::from(schedule.as_str());
    }
    if let Some(reason) = &arguments.message {
        input["Reason"] = Value::from(reason.as_str());
    }
    let client = Client::new(server)?;
    let answer = client
        .call("Probity.BindModelCardEvaluation", input)
        .await?;
    screen::print(arguments.print, &answer, || {
        format!(
            "card `{}` has version {} now: evaluation `{}` is bound\n",
            arguments.name, answer["ModelCardVersion"], arguments.evaluation
        )
    })?;
    Ok(Exit::NoViolation)
}

pub(super) async fn unbind(
    server: &ServerArguments,
    arguments: &CardUnbindArguments,
) -> Result<Exit> {
    if !arguments.files.cards.is_empty() {
        return unbind_in_file(arguments);
    }
    let input = json!({
        "ModelCardName": arguments.name,
        "EvaluationName": arguments.evaluation,
    });
    let client = Client::new(server)?;
    let answer = client
        .call("Probity.UnbindModelCardEvaluation", input)
        .await?;
    screen::print(arguments.print, &answer, || {
        format!(
            "card `{}` has version {} now: evaluation `{}` is a claim\n",
            arguments.name, answer["ModelCardVersion"], arguments.evaluation
        )
    })?;
    Ok(Exit::NoViolation)
}

fn bind_in_file(arguments: &CardBindArguments) -> Result<Exit> {
    let card = folder::one(&arguments.files.cards, Some(&arguments.name))?;
    let report = Path::new(arguments.to.as_deref().unwrap_or_default());
    let shown = report.display();
    let unusable = |problem: String| Usage(format!("`{shown}` cannot be bound: {problem}"));
    let bytes = read_file(report).map_err(unusable)?;
    let values = values_of(&bytes).map_err(unusable)?;
    let mut binding = Binding {
        report: path_beside(&card, report).map_err(unusable)?,
        sha256: sha256(&bytes),
        kind: values.kind.to_owned(),
        ..Binding::default()
    };
    // What could not be looked at afterwards is not bound.
    place(&card, &binding.report).map_err(unusable)?;
    binding.bound_at = Some(bound_at(&card, (&arguments.evaluation, &binding)));
    let mut evaluation = evaluation(&card, &arguments.evaluation)
        .unwrap_or_else(|| json!({ "name": arguments.evaluation }));
    set_binding(&mut evaluation, Some(&binding));
    evaluation["metric_groups"] = values.groups;
    let new = write(&card, &evaluation)?;
    let told = format!(
        "{}: evaluation `{}` is bound to {} ({}, sha256 {})\n",
        card.path.display(),
        arguments.evaluation,
        binding.report,
        binding.kind,
        binding.sha256.chars().take(12).collect::<String>()
    );
    say(arguments.print, (&card, &evaluation), (&told, new.comments))
}

/// Now; where the same report is bound already it stays what it was, so that a job that binds every
/// day changes a file only when the report did.
fn bound_at(card: &CardFile, (evaluation, new): (&str, &Binding)) -> String {
    let evaluations = &card.content.card().evaluations;
    let before = evaluations
        .iter()
        .find(|one| one.name == evaluation)
        .and_then(Evaluation::binding)
        .filter(|before| before.report == new.report && before.sha256 == new.sha256);
    before
        .and_then(|before| before.bound_at)
        .unwrap_or_else(|| iso(now_ms()))
}

fn unbind_in_file(arguments: &CardUnbindArguments) -> Result<Exit> {
    let card = folder::one(&arguments.files.cards, Some(&arguments.name))?;
    let name = &arguments.evaluation;
    let Some(mut evaluation) = evaluation(&card, name) else {
        bail!(Usage(format!(
            "card `{}` has no evaluation `{name}`",
            card.name
        )));
    };
    set_binding(&mut evaluation, None);
    let new = write(&card, &evaluation)?;
    let told = format!("{}: evaluation `{name}` is a claim\n", card.path.display());
    say(arguments.print, (&card, &evaluation), (&told, new.comments))
}

fn evaluation(card: &CardFile, name: &str) -> Option<Value> {
    let list = card.content.value()["evaluation_details"].as_array()?;
    list.iter().find(|one| one["name"] == name).cloned()
}

/// What users keep in `metadata` stays.
fn set_binding(evaluation: &mut Value, binding: Option<&Binding>) {
    let mut metadata = evaluation["metadata"]
        .as_object()
        .cloned()
        .unwrap_or_else(Map::new);
    metadata.retain(|name, _| !Binding::owns(name));
    for (name, value) in binding.iter().flat_map(|binding| binding.members()) {
        metadata.insert(name.to_owned(), Value::from(value));
    }
    if let Some(members) = evaluation.as_object_mut() {
        match metadata.is_empty() {
            true => members.shift_remove("metadata"),
            false => members.insert("metadata".to_owned(), Value::Object(metadata)),
        };
    }
}

fn write(card: &CardFile, evaluation: &Value) -> Result<Rewritten> {
    let new = with_evaluation(card, evaluation)?;
    write_file(&card.path, &new.text)?;
    Ok(new)
}

fn say(
    print: PrintArguments,
    (card, evaluation): (&CardFile, &Value),
    (told, comments): (&str, Comments),
) -> Result<Exit> {
    let value = json!({
        "name": card.name,
        "file": card.path.display().to_string(),
        "evaluation": evaluation,
        "comments_lost": comments == Comments::Lost,
    });
    screen::print(print, &value, || format!("{told}{}", lost(comments)))?;
    Ok(Exit::NoViolation)
}

/// The way from the card's folder to the report, with slashes, so that it holds on every machine.
fn path_beside(card: &CardFile, report: &Path) -> Result<String, String> {
    let whole = |path: &Path| fs::canonicalize(path).map_err(|error| error.to_string());
    let folder = match card.path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => whole(folder)?,
        Some(_) | None => whole(Path::new("."))?,
    };
    let report = whole(report)?;
    let way = way(&folder, &report);
    let mut parts = Vec::new();
    for part in way.components() {
        match part.as_os_str().to_str() {
            Some(part) => parts.push(part),
            None => return Err("its path is not UTF-8".to_owned()),
        }
    }
    Ok(parts.join("/"))
}

fn way(from: &Path, to: &Path) -> PathBuf {
    let from: Vec<Component<'_>> = from.components().collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    up.chain(to[shared..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_report_goes_up_where_it_must() {
        let way = |from: &str, to: &str| way(Path::new(from), Path::new(to));
        assert_eq!(
            way("/a/cards", "/a/cards/reports/x.json"),
            Path::new("reports/x.json")
        );
        assert_eq!(
            way("/a/cards", "/a/runs/x.json"),
            Path::new("../runs/x.json")
        );
    }

    #[test]
    fn what_users_keep_beside_a_binding_stays() {
        let mut evaluation =
            json!({"name": "f", "metadata": {"own": "1", "probity:sha256": "old"}});
        let binding = Binding {
            report: "a.json".to_owned(),
            sha256: "new".to_owned(),
            ..Binding::default()
        };
        set_binding(&mut evaluation, Some(&binding));
        assert_eq!(evaluation["metadata"]["own"], "1");
        assert_eq!(evaluation["metadata"]["probity:sha256"], "new");
        set_binding(&mut evaluation, None);
        assert_eq!(evaluation, json!({"name": "f", "metadata": {"own": "1"}}));
    }
}
