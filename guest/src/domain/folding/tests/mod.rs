//! What is new in a text, by small texts and by a corpus.

mod corpus;
mod texts;

use super::*;
