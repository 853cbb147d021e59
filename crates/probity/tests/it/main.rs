//! The command as a person types it: what it prints, what it leaves, how it exits.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod card;
mod cli;
mod reference;
