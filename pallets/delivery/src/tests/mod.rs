//! Tests, one file a subject.

mod accounts;
mod authorization;
mod commit;
mod confirm;
mod energy;
mod expiry;
mod histories;
mod leaves;
mod locks;
mod model;
mod queries;
mod receipts;
mod settle;
mod share;
mod try_state;
