//! What is kept beside the texts of cards: steps, versions, tags, and what wrote the reports that
//! they are bound to. It is read for a page of cards at once, one statement for each of these.

use std::collections::HashMap;

use probity_domain::document::model_card::Binding;
use probity_store::model_card_review::{self, CardReview};
use probity_store::model_card_version::{self, CardTextFact};
use probity_store::monitoring_execution::{self as executions, Execution};
use probity_store::tag;

use super::source::{Writers, named_execution};
use super::version::{self, CardVersion, VersionRow};
use crate::deed::Deed;
use crate::fault::Fault;

#[derive(Debug, Default)]
pub(super) struct Around {
    /// By the cards' names.
    reviews: HashMap<String, Vec<CardReview>>,
    facts: HashMap<String, Vec<CardTextFact>>,
    /// By their ARNs.
    tags: HashMap<String, Vec<(String, String)>>,
    pub(super) writers: Writers,
    /// The last run with a verdict of each schedule that an evaluation follows, by its name.
    last: HashMap<String, Execution>,
    /// Runs that wrote reports, by their ids.
    runs: HashMap<String, Execution>,
}

impl Around {
    pub(super) async fn of(deed: &Deed<'_>, cards: &[CardVersion]) -> Result<Around, Fault> {
        let store = &deed.app.store;
        let names = cards.iter().map(|card| card.resource.name.as_str());
        let names: Vec<&str> = names.collect();
        let mut around = Around::default();
        let steps = model_card_review::list_of_each(store, deed.region, &names).await?;
        for (card, step) in steps {
            around.reviews.entry(card).or_default().push(step);
        }
        let facts = model_card_version::facts_of_each(store, deed.region, &names).await?;
        for (card, fact) in facts {
            around.facts.entry(card).or_default().push(fact);
        }
        let arns: Vec<&str> = cards
            .iter()
            .map(|card| card.resource.arn.as_str())
            .collect();
        for (arn, name, value) in tag::list_of(store, &arns).await? {
            around.tags.entry(arn).or_default().push((name, value));
        }
        let evaluations = cards
            .iter()
            .flat_map(|card| &card.content.card().evaluations);
        let bindings: Vec<Binding> = evaluations.filter_map(|own| own.binding()).collect();
        around.look_at(deed, &bindings).await?;
        Ok(around)
    }

    async fn look_at(&mut self, deed: &Deed<'_>, bindings: &[Binding]) -> Result<(), Fault> {
        let store = &deed.app.store;
        let reports = bindings.iter().map(|binding| binding.report.as_str());
        self.writers = Writers::of(deed, reports).await?;
        let mut schedules: Vec<String> = bindings.iter().filter_map(followed).collect();
        schedules.sort_unstable();
        schedules.dedup();
        let schedules: Vec<&str> = schedules.iter().map(String::as_str).collect();
        let last = executions::last_with_verdict_of_each(store, deed.region, &schedules).await?;
        let last = last.into_iter().map(|run| (run.schedule.clone(), run));
        self.last = last.collect();
        let ids: Vec<String> = bindings
            .iter()
            .filter_map(|binding| Some(named_execution(binding.source.as_deref()?)?.1))
            .collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let runs = executions::get_each(store, &ids).await?;
        self.runs = runs.into_iter().map(|run| (run.id.clone(), run)).collect();
        Ok(())
    }

    /// The oldest first.
    pub(super) fn reviews(&self, card: &str) -> &[CardReview] {
        self.reviews.get(card).map_or(&[], Vec::as_slice)
    }

    /// The newest first.
    pub(super) fn versions(&self, card: &CardVersion) -> Result<Vec<VersionRow>, Fault> {
        let name = &card.resource.name;
        let facts = self.facts.get(name).cloned().unwrap_or_default();
        version::rows_of(&card.resource, (self.reviews(name), facts))
    }

    pub(super) fn tags(&self, card: &CardVersion) -> Vec<(String, String)> {
        let tags = self.tags.get(&card.resource.arn);
        tags.cloned().unwrap_or_default()
    }

    /// The last run with a verdict of what an evaluation follows.
    pub(super) fn last_run(&self, binding: &Binding) -> Option<&Execution> {
        self.last.get(&followed(binding)?)
    }

    pub(super) fn run(&self, id: &str) -> Option<&Execution> {
        self.runs.get(id)
    }
}

/// The schedule that the evaluation follows, or that one of its runs wrote the report.
pub(super) fn followed(binding: &Binding) -> Option<String> {
    let own = || Some(named_execution(binding.source.as_deref()?)?.0);
    binding.follows.clone().or_else(own)
}
