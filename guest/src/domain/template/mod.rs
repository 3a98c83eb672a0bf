//! Texts: the shipped ones and those a company or a user put in their place, rendered to the subject, the
//! HTML and the plain body of one mail, in one language.
//!
//! Rendering is a pure function of its request. A template can read the fields of [`context`] and nothing
//! else, can't loop for ever, and can't inject a header.

mod body;
pub mod context;
mod engine;
mod fault;
pub mod format;
mod greeting;
mod items;
mod language;
mod layout;
pub mod lint;
mod names;
mod nearest;
mod pay_by;
mod record;
mod render;
mod request;
mod samples;
pub mod shipped;
mod signature;
mod subject_amount;
mod unbroken;
mod value;
pub mod variables;
mod words;

pub(in crate::domain) use body::{paragraphs, plain, tidy};
pub use fault::{RULES, Rule, TemplateFault};
pub use language::{Chosen, LanguageReason, LanguageSources, choose_language};
pub use layout::{LONGEST_LINK, is_web};
pub use nearest::nearest;
pub use pay_by::pay_by;
pub use render::{Rendered, render};
pub use request::{Attached, Edits, Logo, Portal, RenderRequest, Sender};
pub use signature::{Signature, safe_signature, signature_of, signature_text};

#[cfg(test)]
mod detail_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod texts;
