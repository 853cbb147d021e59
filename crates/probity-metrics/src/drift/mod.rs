//! How far two columns are apart, and how sure that is.
