//! How requests name a package: by ARN, as `group/3`, or by the name of one without a group.

use probity_store::resource::{self, Resource};

use super::MODEL_PACKAGE;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;

/// The name of the package's row.
pub(super) fn name_of(deed: &Deed<'_>, text: &str) -> Result<String, Fault> {
    lineage::name_of(deed, MODEL_PACKAGE.kind, text)
}

pub(crate) async fn find(deed: &Deed<'_>, text: &str) -> Result<Resource, Fault> {
    let name = name_of(deed, text)?;
    resource::get(&deed.app.store, MODEL_PACKAGE.key(deed, &name))
        .await?
        .ok_or_else(|| MODEL_PACKAGE.missing(&name))
}
