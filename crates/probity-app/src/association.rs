//! Associations: directed edges between what lineage knows, as `dataset ContributedTo training`.
//!
//! Source: AddAssociation in the SageMaker API reference, and the developer guide's page on
//! lineage entities (no edge between two entities of experiments). A pair has one edge. An entity
//! takes its edges with it when it is deleted: the SDK deletes trial components that have some.

use std::collections::BTreeMap;

use probity_domain::{Arn, ResourceKind};
use probity_store::Unit;
use probity_store::resource::{self, ListResources, Resource, ResourceKey, SortBy, SortOrder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::listing;
use crate::sorted_page;
use crate::stored::{self, Draft, Listing, Members, Shown, Stored};

pub(crate) static ASSOCIATION: Stored = Stored {
    kind: ResourceKind::Association,
    name_member: "SourceArn",
    arn_member: "AssociationArn",
    kept: &["SourceArn", "DestinationArn", "AssociationType"],
    shown: &[Shown::CreationTime, Shown::CreatedBy],
    attributes,
    list: Listing {
        items: "AssociationSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[
            ("SourceArn", "SourceArn"),
            ("DestinationArn", "DestinationArn"),
            ("SourceType", "SourceType"),
            ("DestinationType", "DestinationType"),
            ("AssociationType", "AssociationType"),
        ],
    },
};

fn attributes(body: &Members) -> BTreeMap<String, String> {
    let attributes = ASSOCIATION
        .list
        .filters
        .iter()
        .filter_map(|(member, attribute)| {
            let value = body.get(*member)?.as_str()?;
            Some(((*attribute).to_owned(), value.to_owned()))
        });
    attributes.collect()
}

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "SourceArn",
            "DestinationArn",
            "SourceType",
            "DestinationType",
            "AssociationType",
            "SourceName",
            "DestinationName",
            "CreationTime",
            "CreatedBy",
        ],
    )
}

/// The two ends of an edge, as requests name them.
#[derive(Clone, Copy, Debug)]
struct Ends<'a> {
    source: &'a str,
    destination: &'a str,
}

impl<'a> Ends<'a> {
    fn of(input: &'a Value) -> Result<Ends<'a>, Fault> {
        Ok(Ends {
            source: stored::text(input, "SourceArn")?,
            destination: stored::text(input, "DestinationArn")?,
        })
    }

    /// The name of the edge's row.
    fn name(&self) -> String {
        let digest = Sha256::digest(format!("{} {}", self.source, self.destination));
        digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn answer(&self) -> Value {
        json!({"SourceArn": self.source, "DestinationArn": self.destination})
    }

    fn missing(&self) -> Fault {
        Fault::NotFound {
            kind: ResourceKind::Association,
            name: format!("{} -> {}", self.source, self.destination),
        }
    }
}

pub async fn add(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:AddAssociation")?;
    let ends = Ends::of(&input)?;
    let mut unit = app.store.begin().await?;
    let (source, destination) = lock_both(&mut unit, &deed, ends).await?;
    if is_of_experiments(source.kind) && is_of_experiments(destination.kind) {
        return Err(Fault::invalid(
            "An association between two experiment entities is not allowed",
        ));
    }
    let mut body = match &input {
        Value::Object(members) => stored::pick(members, ASSOCIATION.kept),
        _ => Members::new(),
    };
    for (end, entity) in [("Source", &source), ("Destination", &destination)] {
        if let Some(kind) = type_of(entity) {
            body.insert(format!("{end}Type"), Value::from(kind));
        }
        if let Some(name) = name_of(entity) {
            body.insert(format!("{end}Name"), Value::from(name));
        }
    }
    let draft = Draft {
        name: ends.name(),
        status: "",
        body,
        tags: Vec::new(),
        job: None,
    };
    match stored::insert_in(&mut unit, &deed, &ASSOCIATION, draft).await {
        Ok(_) => {}
        Err(Fault::Exists { kind, .. }) => {
            let name = format!("{} -> {}", ends.source, ends.destination);
            return Err(Fault::Exists { kind, name });
        }
        Err(other) => return Err(other),
    }
    unit.commit().await?;
    Ok(ends.answer())
}

/// Both ends, so that neither goes before the edge is there. Always in the order of their ARNs:
/// two edges in opposite directions must not wait for each other.
async fn lock_both(
    unit: &mut Unit,
    deed: &Deed<'_>,
    ends: Ends<'_>,
) -> Result<(Resource, Resource), Fault> {
    if ends.source == ends.destination {
        return Err(Fault::invalid(
            "Source and destination of an association must differ",
        ));
    }
    if ends.source < ends.destination {
        let source = lock(unit, deed, ends.source).await?;
        let destination = lock(unit, deed, ends.destination).await?;
        return Ok((source, destination));
    }
    let destination = lock(unit, deed, ends.destination).await?;
    let source = lock(unit, deed, ends.source).await?;
    Ok((source, destination))
}

async fn lock(unit: &mut Unit, deed: &Deed<'_>, arn: &str) -> Result<Resource, Fault> {
    let kind = arn
        .parse()
        .ok()
        .and_then(|arn: Arn| ResourceKind::from_arn_type(arn.resource_type()))
        .ok_or_else(|| Fault::invalid(format!("{arn} is no entity that can be associated")))?;
    let name = lineage::name_of(deed, kind, arn)?;
    let key = ResourceKey {
        kind,
        region: deed.region,
        name: &name,
    };
    let missing = || Fault::NotFound {
        kind,
        name: name.clone(),
    };
    resource::lock(unit, key).await?.ok_or_else(missing)
}

fn is_of_experiments(kind: ResourceKind) -> bool {
    matches!(
        kind,
        ResourceKind::Experiment | ResourceKind::Trial | ResourceKind::TrialComponent
    )
}

/// What lists filter by as `SourceType`: the type that the entity's maker gave it.
fn type_of(entity: &Resource) -> Option<&str> {
    ["ArtifactType", "ActionType", "ContextType"]
        .iter()
        .find_map(|member| entity.body.get(*member))
        .and_then(Value::as_str)
}

fn name_of(entity: &Resource) -> Option<&str> {
    [
        "ArtifactName",
        "ActionName",
        "ContextName",
        "TrialComponentName",
        "ExperimentName",
    ]
    .iter()
    .find_map(|member| entity.body.get(*member))
    .and_then(Value::as_str)
}

pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteAssociation")?;
    let ends = Ends::of(&input)?;
    match stored::delete(&deed, &ASSOCIATION, &ends.name(), |_| Ok(())).await {
        Ok(()) => Ok(ends.answer()),
        Err(Fault::NotFound { .. }) => Err(ends.missing()),
        Err(other) => Err(other),
    }
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListAssociations")?;
    let input = lineage::with_list_names(input);
    match input.get("SortBy").and_then(Value::as_str) {
        None | Some("CreationTime") => listing::list(&deed, &ASSOCIATION, &input).await,
        // The store sorts by what every row has; these orders are rare and edges few.
        Some(_) => {
            let mut wanted = ListResources::all(ASSOCIATION.kind, deed.region, 0);
            let filters = ASSOCIATION.list.filters.iter();
            let asked = filters.filter_map(|(member, attribute)| {
                let value = input.get(*member)?.as_str()?;
                Some(((*attribute).to_owned(), value.to_owned()))
            });
            wanted.attributes = asked.collect();
            let rows = sorted_page::every(&deed, wanted).await?;
            sorted_page::list_of(&deed, &ASSOCIATION, &input, rows)
        }
    }
}

/// Deletes an entity together with its edges, and answers with its ARN.
pub(crate) async fn delete_entity(
    deed: &Deed<'_>,
    stored: &Stored,
    name: &str,
) -> Result<String, Fault> {
    let mut unit = deed.app.store.begin().await?;
    let key = stored.key(deed, name);
    let entity = resource::lock(&mut unit, key)
        .await?
        .ok_or_else(|| stored.missing(name))?;
    delete_edges(&mut unit, deed, &entity.arn).await?;
    stored::delete_in(&mut unit, deed, key, |_| Ok(())).await?;
    unit.commit().await?;
    Ok(entity.arn)
}

/// Whoever calls holds the entity's lock, so that no edge is added meanwhile.
pub(crate) async fn delete_edges(unit: &mut Unit, deed: &Deed<'_>, arn: &str) -> Result<(), Fault> {
    for end in ["SourceArn", "DestinationArn"] {
        let mut wanted = ListResources::all(ASSOCIATION.kind, deed.region, 0);
        wanted.attributes = vec![(end.to_owned(), arn.to_owned())];
        for edge in sorted_page::every(deed, wanted).await? {
            match stored::delete_in(unit, deed, edge.key(), |_| Ok(())).await {
                // Somebody else deleted this edge meanwhile.
                Ok(()) | Err(Fault::NotFound { .. }) => {}
                Err(other) => return Err(other),
            }
        }
    }
    Ok(())
}
