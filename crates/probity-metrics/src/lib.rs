//! Columns into numbers, numbers into verdicts.
//!
//! Everything here is a pure function of its input and seed: same input, same bytes out.
//! No file, network, clock or query engine. In reading order:
//!
//! * [`summary`]: what one scan keeps of a column, and how parts merge;
//! * [`drift`]: how far two columns are apart, and how sure that is;
//! * [`constraints`]: what a baseline suggests, and what a check decides;
//! * [`bias`]: how differently the groups of a facet are treated;
//! * [`quality`]: how well predictions agree with labels;
//! * [`model`]: tree ensembles and linear models, and their scores;
//! * [`explain`]: what moved a prediction, and how sure that is.

pub mod bias;
pub mod constraints;
pub mod drift;
pub mod explain;
pub mod model;
pub mod quality;
pub mod summary;
