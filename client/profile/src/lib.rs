//! Load and generation profiles of a microgrid: reading them, writing them, and making them up.
//!
//! A profile is a CSV file of at most one day. Its first line names columns, `Time` and one for each household; each other
//! line has the beginning of an interval, as `H:MM` or `HH:MM`, and what each household produced (above zero) or consumed
//! (below zero), net. Values are exact decimals, in kW (mean over the interval) or kWh (in the interval): the file does not
//! say which, so whoever reads it does. Lines end as on Unix or as on Windows; a cell may be in quotes, and is in one line.
//!
//! ```text
//! Time,7/1,7/2
//! 0:00,-0.3,1.25
//! 0:15,-0.28,1.3
//! ```
//!
//! Inside petra, powers are net consumption in mean watts, above zero when drawn (P1): [`Profile::net_consumption`] turns
//! the sign and converts.
//!
//! What a file may be is bounded: [`MAX_BYTES`], [`MAX_COLUMNS`], [`MAX_ROWS`], [`MAX_NAME`], and nine digits on either side
//! of a decimal point. Anything else is refused with the line and the column in which it stands.

mod decimal;
mod error;
mod made_up;
mod profile;
mod read;
mod time;
mod write;

pub use decimal::Decimal;
pub use error::{Problem, ProfileError};
pub use made_up::made_up;
pub use profile::{Column, Options, Profile, Unit};
pub use time::TimeOfDay;
pub use write::single_column;

/// The most bytes of a file.
pub const MAX_BYTES: u64 = 64 << 20;
/// The most households.
pub const MAX_COLUMNS: usize = 1_000;
/// The most rows: a day has as many minutes.
pub const MAX_ROWS: usize = 1_440;
/// The longest name of a household, in bytes.
pub const MAX_NAME: usize = 100;
