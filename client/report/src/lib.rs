//! What a simulated day on a petra network came to: figures, and the page that shows them.

mod model;
mod statistics;
mod text;

pub use model::*;
pub use statistics::MAX_BINS;
