//! A model card as a document: HTML of one file, markup for the typesetter, Markdown, the
//! Hugging Face form, and JSON.
//!
//! What a card says is the data of strangers. It stands in every form as text: nothing in it
//! becomes markup, code or a link.

mod annex_iv;
mod body;
mod content;
mod cover;
mod decimal;
mod evaluation;
mod evidence_of;
mod field;
mod hugging_face;
mod json;
mod live;
mod markdown;
mod metric;
mod nist;
mod page;
mod paper;
mod point;
mod sample_data;
mod sample_texts;
mod samples;
mod standing;
mod template;
mod words;

pub use crate::article::Typesetting;
pub use body::body;
pub use hugging_face::hugging_face;
pub use json::json;
pub use markdown::markdown;
pub use page::html;
pub use paper::typesetting;
pub use samples::{CardSample, HOSTILE, SCRIPTS, samples};
pub use template::Template;
