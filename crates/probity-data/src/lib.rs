//! Bytes kept elsewhere, made usable: locations, the dataset formats, and models.

pub mod capture;
pub mod dataset;
mod format;
#[doc(hidden)]
pub mod fuzzing;
pub mod location;
pub mod model;
pub mod serving;
mod window;

pub use dataset::{
    CaptureSide, ColumnChoice, ColumnsPosition, Dataset, DatasetType, EXPRESSION, Format, Header,
    InvalidExpression, InvalidRecordColumns, JoinDatasets, JoinSide, Nested, ORIGINAL_NAME,
    Partition, Projection, ReadDataset, ReadOptions, RecordColumns, RecordExpression, RecordRole,
    RecordValue, UnknownColumn, UnknownDatasetType, join, open, resolve_in_table,
};
pub use format::value_list::{NotAList, list_of_values};
pub use window::Window;
