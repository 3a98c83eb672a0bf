//! What the shipped texts promise, held to it: the plan that all languages are written from, a sheet of every branch to read
//! through, and the rules of docs/texts.md, each over every text that it concerns.

mod plan;
mod promises;
mod regions;
mod sheet;
mod variants;
mod wording;
