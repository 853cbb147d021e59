//! What a card is about: the model or the model package that it names, as the store knows them,
//! and what became of them since an evaluation was bound.
//!
//! A card may describe a model that was never here, which says nothing about its evaluations: the
//! audit log tells one that is gone from one that never was.

use probity_domain::ResourceKind;
use probity_domain::document::UtcTime;
use probity_domain::document::api::model::Model;
use probity_domain::document::model_card::ModelCard;
use probity_store::audit::{self, ListEvents};
use probity_store::resource::{self, ListResources, Resource, SortBy, SortOrder};
use serde_json::Value;

use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::model::MODEL;
use crate::model_package::MODEL_PACKAGE;
use crate::stored::{self, Stored};

/// The attribute of packages that names their group.
const GROUP: &str = "ModelPackageGroupName";

#[derive(Clone, Debug, PartialEq)]
pub(super) enum About {
    /// The card names none, or one that was never here.
    Unknown,
    Gone {
        arn: String,
    },
    Known(Box<Resource>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subject {
    pub(super) model: About,
    pub(super) package: About,
    /// The newest version of the package's group, where that is another.
    newest: Option<Resource>,
    /// Data of the model that the card's artifacts lack.
    other_data: Option<String>,
}

impl Subject {
    pub(super) async fn of(deed: &Deed<'_>, card: &ModelCard) -> Result<Subject, Fault> {
        let overview = &card.overview;
        let id = overview.model_id.as_deref();
        let names = [id, overview.model_name.as_deref()];
        let model = find(deed, &MODEL, &names).await?;
        let details = card.package.as_ref();
        let of_package = details.and_then(|package| package.arn.as_deref());
        let package = find(deed, &MODEL_PACKAGE, &[of_package, id]).await?;
        let newest = match &package {
            About::Known(own) => newest(deed, own).await?,
            About::Unknown | About::Gone { .. } => None,
        };
        let other_data = match &model {
            About::Known(model) => other_data(model, &overview.artifacts)?,
            About::Unknown | About::Gone { .. } => None,
        };
        Ok(Subject {
            model,
            package,
            newest,
            other_data,
        })
    }

    pub(super) fn model_name(&self) -> Option<&str> {
        match &self.model {
            About::Known(model) => Some(&model.name),
            About::Unknown | About::Gone { .. } => None,
        }
    }

    pub(super) fn package(&self) -> Option<&Resource> {
        match &self.package {
            About::Known(package) => Some(package),
            About::Unknown | About::Gone { .. } => None,
        }
    }

    /// What changed since `bound_ms`, in sentences.
    pub(super) fn changes_since(&self, bound_ms: Option<i64>) -> Vec<String> {
        let mut changes = Vec::new();
        for about in [&self.model, &self.package] {
            match about {
                About::Unknown => {}
                About::Gone { arn } => changes.push(format!("`{arn}` was deleted")),
                About::Known(found) if is_later(found.created_ms, bound_ms) => {
                    let at = UtcTime::from_epoch_ms(found.created_ms);
                    changes.push(format!("`{}` was created anew at {at}", found.arn));
                }
                About::Known(_) => {}
            }
        }
        if let Some(data) = &self.other_data {
            changes.push(format!(
                "the model's data is `{data}`, which is not among the card's artifacts"
            ));
        }
        if let Some(newest) = &self.newest
            && is_later(newest.created_ms, bound_ms)
        {
            changes.push(format!("`{}` is a newer version of the model", newest.arn));
        }
        changes
    }
}

fn is_later(at_ms: i64, than_ms: Option<i64>) -> bool {
    than_ms.is_some_and(|than_ms| at_ms > than_ms)
}

/// The first of the names that is, or was, a resource of this kind here.
async fn find(deed: &Deed<'_>, stored: &Stored, names: &[Option<&str>]) -> Result<About, Fault> {
    let mut gone = None;
    for text in names.iter().flatten() {
        // An ARN of another account, region or kind is not ours to judge.
        let Ok(name) = lineage::name_of(deed, stored.kind, text) else {
            continue;
        };
        if let Some(found) = resource::get(&deed.app.store, stored.key(deed, &name)).await? {
            return Ok(About::Known(Box::new(found)));
        }
        let arn = deed
            .arn(format!("{}/{name}", stored.kind.as_str()))
            .to_string();
        if gone.is_none() && was_here(deed, &arn).await? {
            gone = Some(arn);
        }
    }
    Ok(gone.map_or(About::Unknown, |arn| About::Gone { arn }))
}

async fn was_here(deed: &Deed<'_>, arn: &str) -> Result<bool, Fault> {
    let wanted = ListEvents {
        resource_arn: Some(arn.to_owned()),
        limit: 1,
        ..ListEvents::default()
    };
    Ok(!audit::list(&deed.app.store, &wanted).await?.is_empty())
}

async fn newest(deed: &Deed<'_>, own: &Resource) -> Result<Option<Resource>, Fault> {
    let Some(group) = own.attributes.get(GROUP) else {
        return Ok(None);
    };
    let mut wanted = ListResources::all(ResourceKind::ModelPackage, deed.region, 1);
    wanted.attributes = vec![(GROUP.to_owned(), group.clone())];
    wanted.sort_by = SortBy::Created;
    wanted.order = SortOrder::Descending;
    let page = resource::list(&deed.app.store, &wanted).await?;
    let number = |package: &Resource| {
        package
            .body
            .get("ModelPackageVersion")
            .and_then(Value::as_i64)
    };
    Ok(page
        .items
        .into_iter()
        .find(|newest| number(newest) > number(own)))
}

/// Data of the model that the card does not name. A card without artifacts claims nothing.
fn other_data(model: &Resource, artifacts: &[String]) -> Result<Option<String>, Fault> {
    if artifacts.is_empty() {
        return Ok(None);
    }
    let model: Model = stored::read_body(model)?;
    let mut data = model
        .all_containers()
        .filter_map(|container| container.model_data_uri());
    Ok(data
        .find(|uri| !artifacts.iter().any(|own| own == uri))
        .map(str::to_owned))
}
