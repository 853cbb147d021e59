//! Bytes kept elsewhere, made usable: locations, and the dataset formats.

pub mod dataset;
mod format;
#[doc(hidden)]
pub mod fuzzing;
pub mod location;

pub use dataset::{
    ColumnsPosition, Dataset, Format, Header, Nested, Partition, Projection, ReadDataset,
    ReadOptions, open,
};
