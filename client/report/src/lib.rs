//! What a simulated day on a petra network came to: figures, and the page that shows them.
//!
//! A [`Report`] is written as `report.json`, which programs read, as `trades.csv`, and as a page for people ([`Report::html`]).

mod file;
mod model;
mod page;
#[doc(hidden)]
pub mod sample;
mod statistics;
mod text;

pub use file::{FileError, MAX_REPORT_BYTES};
pub use model::*;
pub use statistics::MAX_BINS;
