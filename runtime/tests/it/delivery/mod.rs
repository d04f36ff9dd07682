//! Payment against delivery in the composed runtime: the paper's two scenarios, and whoever tries to get around it.

mod cost;
mod filters;
mod money;
mod order;
mod receipts;
mod scenarios;
mod world;
