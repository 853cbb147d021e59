//! Verbs on a database, as the server calls them.

mod denied_registry;
mod lineage;
mod registry;
mod search;
mod world;
