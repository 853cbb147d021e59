//! The analyses on real files, through the public face of the crate.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bias;
mod check;
mod documents;
mod explain;
mod folder;
mod merge;
mod model_quality;
mod threads;
