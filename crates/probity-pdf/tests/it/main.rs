//! Integration tests of the typesetter.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod typeset;
