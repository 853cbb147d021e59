//! Where captures lie: below the destinations that endpoints and their configurations name, in
//! folders that are called as an endpoint of this server is or was. Nothing else is looked at.

use std::collections::{BTreeMap, BTreeSet};

use probity_data::location::list_folders;
use probity_domain::ResourceKind;
use probity_store::endpoint_traffic;
use probity_store::resource::{self, ListResources, Resource};
use serde_json::Value;
use tracing::warn;

use super::Expire;
use crate::worker::Parts;

const PAGE: u32 = 100;

/// The captures of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) region: String,
    pub(super) endpoint: String,
    /// `DESTINATION/ENDPOINT`.
    pub(super) root: String,
}

pub(super) async fn captured(parts: &Parts) -> Result<Vec<Captured>, Expire> {
    let store = &parts.app.store;
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (region, endpoint) in endpoint_traffic::endpoints(store).await? {
        names.entry(region).or_default().insert(endpoint);
    }
    let mut destinations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for kind in [ResourceKind::Endpoint, ResourceKind::EndpointConfig] {
        for region in resource::regions(store, kind).await? {
            for row in all(parts, kind, &region).await? {
                if let Some(destination) = destination(&row) {
                    let known = destinations.entry(region.clone()).or_default();
                    known.insert(destination.trim_end_matches('/').to_owned());
                }
                if kind == ResourceKind::Endpoint {
                    names.entry(region.clone()).or_default().insert(row.name);
                }
            }
        }
    }
    let mut found: BTreeMap<String, Captured> = BTreeMap::new();
    for (region, destinations) in &destinations {
        let Some(names) = names.get(region) else {
            continue;
        };
        for destination in destinations {
            let folders = match list_folders(destination, &parts.environment).await {
                Ok(folders) => folders,
                // The others are looked at all the same.
                Err(error) => {
                    warn!(
                        destination,
                        error = &error as &dyn std::error::Error,
                        "failed to look for captures in `{destination}`"
                    );
                    continue;
                }
            };
            for folder in folders {
                if !names.contains(&folder) {
                    continue;
                }
                let root = format!("{destination}/{folder}");
                // Regions that share a bucket: each folder once.
                found.entry(root.clone()).or_insert(Captured {
                    region: region.clone(),
                    endpoint: folder,
                    root,
                });
            }
        }
    }
    Ok(found.into_values().collect())
}

async fn all(parts: &Parts, kind: ResourceKind, region: &str) -> Result<Vec<Resource>, Expire> {
    let mut wanted = ListResources::all(kind, region, PAGE);
    let mut all = Vec::new();
    loop {
        let page = resource::list(&parts.app.store, &wanted).await?;
        all.extend(page.items);
        wanted.after = page.next;
        if wanted.after.is_none() {
            return Ok(all);
        }
    }
}

/// Of a configuration, or of the one that an endpoint has in service.
fn destination(row: &Resource) -> Option<&str> {
    let in_service = row.body.pointer("/InService/Config");
    let config = in_service.unwrap_or(&row.body);
    let destination = config.pointer("/DataCaptureConfig/DestinationS3Uri");
    destination
        .and_then(Value::as_str)
        .filter(|destination| destination.starts_with("s3://"))
}
