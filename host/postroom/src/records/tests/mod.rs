//! The port: what is signed, an ERP that behaves and one that does not, and a folder.

mod erp;
mod folder;
mod signature;
