//! Tests, one file per subject.

mod accept;
mod clearing;
mod gate;
mod post;
