//! Typst markup into PDF, in a crate of its own because the typesetter is slow to compile.
//!
//! The markup sees nothing but the files that are handed in: no file system, no packages, no
//! network, no clock. The same input gives the same bytes.

mod fonts;
mod missing;
mod typeset;
mod world;

pub use fonts::{Fonts, UnusableFont};
pub use missing::MissingGlyph;
pub use typeset::{Document, Typeset, typeset};
