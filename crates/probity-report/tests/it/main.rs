//! Integration tests of the reports: every sample through every format.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod bias;
mod card;
mod card_paper;
mod card_standing;
mod clarify;
mod explanation;
mod html;
mod junit;
mod markdown;
mod model_quality;
