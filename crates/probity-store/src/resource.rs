//! Resources by kind, region and name.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use serde_json::Value;

/// What identifies a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceKey<'a> {
    pub kind: ResourceKind,
    pub region: &'a str,
    pub name: &'a str,
}

/// A resource as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub kind: ResourceKind,
    pub region: String,
    pub name: String,
    pub arn: String,
    /// Rises by one with every change.
    pub version: i64,
    /// Empty where the kind has no states.
    pub status: String,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub created_by: String,
    pub modified_by: String,
    /// What lists filter by beside names, times and states.
    pub attributes: BTreeMap<String, String>,
    pub body: Value,
}
