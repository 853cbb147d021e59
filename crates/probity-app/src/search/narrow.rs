//! Which rows a search has to read. Filters that every hit must satisfy, and that the store can
//! answer, are put to it: a search by name reads one row, not all. The store may give too much,
//! never too little; every row is compared again.

use probity_store::resource::{self, ListResources, Resource, ResourceKey, SortBy};

use super::expression::{Boolean, Expression, Filter, Test};
use super::kept::Kept;
use super::operand::Operand;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::sorted_page;
use crate::trial_component;

pub(super) async fn rows(
    deed: &Deed<'_>,
    kept: Kept,
    expression: &Expression,
) -> Result<Vec<Resource>, Fault> {
    let mut wanted = ListResources::all(kept.kind(), deed.region, 0);
    let all_must_hold = expression.operator == Boolean::And;
    for filter in expression.filters.iter().filter(|_| all_must_hold) {
        if let Some(name) = exact_name(kept, filter) {
            let key = ResourceKey {
                kind: kept.kind(),
                region: deed.region,
                name,
            };
            let row = resource::get(&deed.app.store, key).await?;
            return Ok(row.into_iter().collect());
        }
        narrow(&mut wanted, kept, filter);
    }
    wanted.sort_by = SortBy::Name;
    sorted_page::every(deed, wanted).await
}

/// The property's name without the `Model.` that records of models allow.
fn property(kept: Kept, filter: &Filter) -> &str {
    match kept {
        Kept::Model => filter.name.strip_prefix("Model.").unwrap_or(&filter.name),
        Kept::Endpoint
        | Kept::Experiment
        | Kept::ModelCard
        | Kept::ModelPackage
        | Kept::ModelPackageGroup
        | Kept::Trial
        | Kept::TrialComponent => &filter.name,
    }
}

fn is_name(kept: Kept, filter: &Filter) -> bool {
    property(kept, filter).strip_prefix(kept.wrapper()) == Some("Name")
}

fn exact_name(kept: Kept, filter: &Filter) -> Option<&str> {
    match &filter.test {
        Test::Equals(name) if is_name(kept, filter) => Some(name.text()),
        _ => None,
    }
}

fn narrow(wanted: &mut ListResources, kept: Kept, filter: &Filter) {
    if let Test::Contains(part) = &filter.test
        && is_name(kept, filter)
    {
        wanted.name_contains = Some(part.text().to_owned());
    }
    let (from, to) = bounds(&filter.test);
    match property(kept, filter) {
        "CreationTime" => {
            wanted.created_after_ms = wanted.created_after_ms.max(from);
            wanted.created_before_ms = least(wanted.created_before_ms, to);
        }
        // Models have none of their own.
        "LastModifiedTime" if kept != Kept::Model => {
            wanted.modified_after_ms = wanted.modified_after_ms.max(from);
            wanted.modified_before_ms = least(wanted.modified_before_ms, to);
        }
        _ => {}
    }
    if let Test::Equals(value) = &filter.test
        && kept == Kept::ModelCard
        && filter.name == "ModelCardStatus"
    {
        wanted.status = Some(value.text().to_owned());
    }
    if let Test::Equals(value) = &filter.test
        && let Some(attribute) = attribute(kept, &filter.name, value.text())
    {
        wanted.attributes.push(attribute);
    }
}

/// Milliseconds, rounded outwards.
fn bounds(test: &Test) -> (Option<i64>, Option<i64>) {
    let whole = |operand: &Operand, round: fn(f64) -> f64| {
        let ms = round(operand.milliseconds()?);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and within ±1e17 which i64 holds"
        )]
        (ms.abs() < 1e17).then_some(ms as i64)
    };
    match test {
        Test::GreaterThan(own) | Test::GreaterThanOrEqualTo(own) => (whole(own, f64::floor), None),
        Test::LessThan(own) | Test::LessThanOrEqualTo(own) => (None, whole(own, f64::ceil)),
        Test::Equals(_)
        | Test::NotEquals(_)
        | Test::Contains(_)
        | Test::Exists
        | Test::NotExists
        | Test::In(_) => (None, None),
    }
}

/// `None` is no bound at all, not the least.
fn least(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// What the store knows about a property: the attribute that rows with this value have.
fn attribute(kept: Kept, property: &str, value: &str) -> Option<(String, String)> {
    match (kept, property) {
        (Kept::ModelCard, "ModelId" | "RiskRating" | "ModelPackageGroupName")
        | (Kept::ModelPackage, "ModelPackageGroupName" | "ModelApprovalStatus")
        | (Kept::Trial, "ExperimentName") => Some((property.to_owned(), value.to_owned())),
        (Kept::TrialComponent, "Parents.TrialName") => Some(trial_component::of_trial(value)),
        (Kept::TrialComponent, "Parents.ExperimentName") => {
            Some(trial_component::of_experiment(value))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use probity_domain::ResourceKind;
    use serde_json::{Value, json};

    use super::*;

    fn narrowed(kept: Kept, name: &str, operator: &str, value: &str) -> ListResources {
        let filter = json!({"Name": name, "Operator": operator, "Value": value});
        let expression: Value = json!({"Filters": [filter]});
        let expression = Expression::read(&expression).unwrap();
        let mut wanted = ListResources::all(ResourceKind::Model, "r", 1);
        narrow(&mut wanted, kept, &expression.filters[0]);
        wanted
    }

    #[test]
    fn times_become_bounds_that_lose_nothing() {
        let wanted = narrowed(Kept::Experiment, "CreationTime", "GreaterThan", "1.0005");
        assert_eq!(wanted.created_after_ms, Some(1000));
        let wanted = narrowed(Kept::Experiment, "LastModifiedTime", "LessThan", "1.0005");
        assert_eq!(wanted.modified_before_ms, Some(1001));
        let wanted = narrowed(Kept::Model, "Model.CreationTime", "LessThan", "1970-01-01");
        assert_eq!(wanted.created_before_ms, Some(0));
    }

    #[test]
    fn names_and_groups_are_put_to_the_store() {
        let wanted = narrowed(Kept::Model, "ModelName", "Contains", "x");
        assert_eq!(wanted.name_contains.as_deref(), Some("x"));
        let wanted = narrowed(Kept::TrialComponent, "Parents.TrialName", "Equals", "t");
        assert_eq!(wanted.attributes, [trial_component::of_trial("t")]);
        let wanted = narrowed(Kept::ModelPackage, "ModelApprovalStatus", "NotEquals", "t");
        assert!(wanted.attributes.is_empty());
    }
}
