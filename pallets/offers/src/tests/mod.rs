//! Tests, one file per subject.

mod accept;
mod books;
mod clearing;
mod example;
mod feeders;
mod gate;
mod growth;
mod histories;
mod model;
mod post;
mod queries;
mod try_state;

/// Random books and the reference for their clearing, as the crate of pure functions has them.
#[path = "../../../../schedule/tests/common/books.rs"]
#[allow(missing_docs, dead_code)]
mod reference;
