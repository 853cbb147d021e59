//! Typst markup into PDF, in a crate of its own because the typesetter is slow to compile.
