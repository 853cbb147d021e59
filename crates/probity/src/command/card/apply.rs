//! `probity card apply`: the cards of files are brought to a server. All of them are valid before
//! anything is sent; what is the same already is left alone.

use anyhow::{Result, bail};
use probity_app::model_card::BIND_TAG;
use probity_domain::document::model_card::difference::differences;
use probity_domain::resource::CardStatus;
use serde_json::{Value, json};

use super::card_file::CardFile;
use super::kept_evidence::with_evidence_of;
use super::remote::{self, RemoteCard};
use super::{folder, member};
use crate::arguments::{CardApplyArguments, ServerArguments};
use crate::client::{CallError, Client};
use crate::exit::{Exit, Failed, Usage};
use crate::screen;
use crate::table::counted;

type Tags = Vec<(String, String)>;

pub(super) async fn run(server: &ServerArguments, arguments: &CardApplyArguments) -> Result<Exit> {
    if arguments.prune && arguments.tag.is_none() {
        bail!(Usage(
            "--prune archives cards that carry a tag and that no file describes: name it with --tag"
                .to_owned()
        ));
    }
    let cards = folder::load(&arguments.cards)?;
    let applying = Applying {
        client: Client::new(server)?,
        arguments,
    };
    let mut outcomes = Vec::new();
    for card in &cards {
        let mut outcome = Outcome::of(&card.name);
        if let Err(error) = applying.card(card, &mut outcome).await {
            outcome.refused = Some(refusal(error)?);
        }
        outcomes.push(outcome);
    }
    if arguments.prune {
        applying.prune(&cards, &mut outcomes).await?;
    }
    screen::print(arguments.print, &value(&outcomes), || text(&outcomes))?;
    let refused = outcomes.iter().filter(|one| one.refused.is_some()).count();
    if refused > 0 {
        bail!(Failed(format!(
            "{refused} of {} could not be applied",
            counted(outcomes.len() as u64, "card")
        )));
    }
    Ok(Exit::NoViolation)
}

/// What the server says of one card; anything else ends the run.
fn refusal(error: anyhow::Error) -> Result<String> {
    match error.downcast_ref::<CallError>() {
        Some(refused @ CallError::Refused { .. }) => Ok(refused.to_string()),
        Some(_) | None => Err(error),
    }
}

/// What was done with a card, or would be.
#[derive(Debug)]
struct Outcome {
    name: String,
    version: Option<i64>,
    done: Vec<String>,
    notes: Vec<String>,
    refused: Option<String>,
}

impl Outcome {
    fn of(name: &str) -> Outcome {
        Outcome {
            name: name.to_owned(),
            version: None,
            done: Vec::new(),
            notes: Vec::new(),
            refused: None,
        }
    }
}

#[derive(Debug)]
struct Applying<'a> {
    client: Client,
    arguments: &'a CardApplyArguments,
}

impl Applying<'_> {
    async fn card(&self, card: &CardFile, outcome: &mut Outcome) -> Result<()> {
        let there = remote::find(&self.client, &card.name).await?;
        let before = match &there {
            None => {
                self.create(card, outcome).await?;
                CardStatus::Draft
            }
            Some(there) => {
                outcome.version = Some(there.version);
                self.edit(card, there, outcome).await?;
                self.tag(card, there, outcome).await?;
                there.status
            }
        };
        self.status(card, before, outcome).await
    }

    async fn create(&self, card: &CardFile, outcome: &mut Outcome) -> Result<()> {
        if self.arguments.dry_run {
            outcome.done.push("would be created".to_owned());
            return Ok(());
        }
        let mut input = json!({
            "ModelCardName": card.name,
            "Content": card.content.text(),
            "ModelCardStatus": CardStatus::Draft.as_str(),
        });
        let tags = self.tags(card);
        if !tags.is_empty() {
            input["Tags"] = tag_list(&tags);
        }
        self.client.call("SageMaker.CreateModelCard", input).await?;
        outcome.version = Some(1);
        outcome.done.push("created".to_owned());
        // `CreateModelCard` is SageMaker's, and takes none.
        if self.arguments.message.is_some() {
            outcome
                .notes
                .push("-m is kept with edits and steps, not with a new card".to_owned());
        }
        Ok(())
    }

    async fn edit(&self, card: &CardFile, there: &RemoteCard, outcome: &mut Outcome) -> Result<()> {
        let content = with_evidence_of(&there.content, card.content.value());
        let changes = differences(&there.content, &content);
        if changes.is_empty() {
            return Ok(());
        }
        let changed = counted(changes.len() as u64, "change");
        if self.arguments.dry_run {
            outcome.done.push(format!("would be edited, {changed}"));
            return Ok(());
        }
        let mut input = json!({
            "ModelCardName": card.name,
            "Content": content.to_string(),
            "ExpectedVersion": there.version,
        });
        if let Some(reason) = &self.arguments.message {
            input["Reason"] = Value::from(reason.as_str());
        }
        let answer = self.client.call("Probity.EditModelCard", input).await?;
        outcome.version = answer["ModelCardVersion"].as_i64();
        outcome.done.push(format!("edited, {changed}"));
        Ok(())
    }

    /// Tags that the file does not name are others' business.
    async fn tag(&self, card: &CardFile, there: &RemoteCard, outcome: &mut Outcome) -> Result<()> {
        let mut tags = self.tags(card);
        if tags.is_empty() {
            return Ok(());
        }
        let are = there.tags(&self.client).await?;
        tags.retain(|tag| !are.contains(tag));
        if tags.is_empty() {
            return Ok(());
        }
        if self.arguments.dry_run {
            outcome.done.push("would be tagged".to_owned());
            return Ok(());
        }
        let input = json!({"ResourceArn": there.arn, "Tags": tag_list(&tags)});
        self.client.call("SageMaker.AddTags", input).await?;
        outcome.done.push("tagged".to_owned());
        Ok(())
    }

    fn tags(&self, card: &CardFile) -> Tags {
        let mut tags = card.tags.clone().unwrap_or_default();
        if let Some((key, value)) = &self.arguments.tag {
            tags.retain(|(other, _)| other != key);
            tags.push((key.clone(), value.clone()));
        }
        tags
    }

    async fn status(
        &self,
        card: &CardFile,
        before: CardStatus,
        outcome: &mut Outcome,
    ) -> Result<()> {
        // An edit may have taken an approval back.
        let is = match outcome.done.is_empty() || self.arguments.dry_run {
            true => before,
            false => {
                let now = remote::describe(&self.client, &card.name, None).await?;
                // A tag that binds makes a version of its own.
                if self
                    .tags(card)
                    .iter()
                    .any(|(key, _)| key.starts_with(BIND_TAG))
                {
                    outcome.version = Some(now.version);
                }
                now.status
            }
        };
        if is != before {
            outcome
                .notes
                .push(format!("its status is {} now", is.as_str()));
        }
        let Some(wanted) = card.status.filter(|wanted| *wanted != is) else {
            return Ok(());
        };
        if !self.arguments.statuses {
            outcome.notes.push(format!(
                "the file says {}, the server {}: --statuses changes it",
                wanted.as_str(),
                is.as_str()
            ));
            return Ok(());
        }
        self.step(
            (&card.name, wanted),
            self.arguments.message.as_deref(),
            outcome,
        )
        .await
    }

    async fn step(
        &self,
        (name, to): (&str, CardStatus),
        comment: Option<&str>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        if self.arguments.dry_run {
            outcome.done.push(format!("would become {}", to.as_str()));
            // No operation tells which steps the policy permits.
            outcome.notes.push(
                "the server's policy may refuse the step; a dry run does not ask it".to_owned(),
            );
            return Ok(());
        }
        let mut input = json!({"ModelCardName": name, "ModelCardStatus": to.as_str()});
        if let Some(comment) = comment {
            input["Comment"] = Value::from(comment);
        }
        if let Some(version) = outcome.version {
            input["ExpectedVersion"] = Value::from(version);
        }
        self.client.call("Probity.ReviewModelCard", input).await?;
        outcome.done.push(format!("became {}", to.as_str()));
        Ok(())
    }

    /// Cards are archived, never deleted: their history is evidence.
    async fn prune(&self, cards: &[CardFile], outcomes: &mut Vec<Outcome>) -> Result<()> {
        let Some((key, value)) = &self.arguments.tag else {
            return Ok(());
        };
        let filter = json!({"Name": format!("Tags.{key}"), "Operator": "Equals", "Value": value});
        let input = json!({
            "Resource": "ModelCard",
            "SearchExpression": {"Filters": [filter]},
            "MaxResults": 100,
        });
        let found = self
            .client
            .pages("SageMaker.Search", input, "Results")
            .await?;
        for one in &found {
            let there = &one["ModelCard"];
            let name = member(there, "ModelCardName");
            let is_described = cards.iter().any(|card| card.name == name);
            if is_described || member(there, "ModelCardStatus") == CardStatus::Archived.as_str() {
                continue;
            }
            let mut outcome = Outcome::of(name);
            let comment = self
                .arguments
                .message
                .as_deref()
                .unwrap_or("no file describes it any more");
            let step = self
                .step((name, CardStatus::Archived), Some(comment), &mut outcome)
                .await;
            if let Err(error) = step {
                outcome.refused = Some(refusal(error)?);
            }
            outcomes.push(outcome);
        }
        Ok(())
    }
}

fn tag_list(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

fn value(outcomes: &[Outcome]) -> Value {
    outcomes
        .iter()
        .map(|one| {
            json!({
                "name": one.name,
                "version": one.version,
                "done": one.done,
                "notes": one.notes,
                "refused": one.refused,
            })
        })
        .collect()
}

fn text(outcomes: &[Outcome]) -> String {
    let mut told = String::new();
    for one in outcomes {
        let mut said = one.done.clone();
        if said.is_empty() && one.refused.is_none() {
            said.push("unchanged".to_owned());
        }
        if let Some(refused) = &one.refused {
            said.push(format!("refused: {refused}"));
        }
        let version = one
            .version
            .map_or_else(String::new, |version| format!(" (version {version})"));
        told.push_str(&format!("{}{version}: {}\n", one.name, said.join(", ")));
        for note in &one.notes {
            told.push_str(&format!("  note: {note}\n"));
        }
    }
    told
}
