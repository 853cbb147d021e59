//! Constraint rules: what a baseline suggests, and what a check decides.
