//! Tests with real nodes, one file a promise. Each starts a network of its own, and two run at a time, but for tests that
//! measure times or need both cores.
//!
//! `make test` runs them as they are, but for those that are ignored, which `make test-long` runs. `make test-full` sets
//! `PETRA_KILLS`, `PETRA_SERVICE_KILLS`, `PETRA_TRANSFERS` and `PETRA_FLOOD` for more of the same.
//! They need the programs petra-node and petra (`PETRA_NODE` and `PETRA_TOOL`, or built beside), curl and Chromium, which
//! `make setup` installs, and `PETRA_NODE_MODULES` and `PETRA_PYTHON`, which `make test` sets; one that is missing fails its
//! test.

#![allow(clippy::arithmetic_side_effects, clippy::expect_used, clippy::indexing_slicing)]

mod bad_input;
mod blocks_and_finality;
mod clearing;
mod clients_not_ours;
mod command;
mod delivery;
mod dso_service;
mod finality_latency;
mod flood;
mod guide;
mod killed_all_at_once;
mod killed_validator;
mod meter;
mod mixing;
mod reconnect;
mod runtime_cache;
mod runtime_upgrade;
mod safe_mode;
mod simulate;
mod single_node;
mod support;
mod tool;
mod tool_mix;
mod tool_spb;
mod unauthorised_node;
mod validator_comes_and_goes;
