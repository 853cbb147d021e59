//! Models that are computed here: tree ensembles and linear models, in one form whatever
//! library trained them.
//!
//! Only forms and arithmetic: reading a file of a library into them, and calling a model that
//! runs elsewhere, is the work of `probity-data`.

mod ensemble;
mod features;
mod linear;
mod link;
mod tree;

pub use ensemble::{EnsembleTree, InvalidEnsemble, Precision, Target, TreeEnsemble};
pub use features::{Feature, FeatureKind, FeatureMatrix};
pub use linear::{InvalidLinear, LinearModel};
pub use link::Link;
pub use tree::{Branch, CategorySet, Condition, InvalidTree, Node, Split, Tree};
