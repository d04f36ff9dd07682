//! Tests, one file per subject.

mod accounts;
mod bounds;
mod conservation;
mod deposits;
mod expiry;
mod issuance;
mod ledger;
mod money;
mod quota;
mod signatures;
mod transfer;
mod try_state;
mod withdraw;
