//! How each pallet is set up, one file a domain.

mod consensus;
mod convenience;
mod energy;
mod governance;
mod mixing;
mod money;
mod system;

pub use governance::{RegulatorOrigin, SAFE_MODE_DURATION};
pub use money::{DsoAccount, FreeCallCosts};
pub use system::{RuntimeBlockLength, RuntimeBlockWeights, NORMAL_DISPATCH_RATIO, SS58_PREFIX};
