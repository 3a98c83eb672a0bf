//! A business document, in the terms of EN 16931, whatever form it came in.

mod model;

pub use model::{
    Contact, Currency, Document, Endpoint, Line, Money, Party, PaymentMeans, PostalAddress, References,
    TaxSubtotal, Totals,
};
