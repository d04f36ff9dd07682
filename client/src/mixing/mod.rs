//! Mixing: how a household breaks the link between what its meter withdrew and what it trades with (specification, section
//! 7; P1, "Transaction Anonymity").
//!
//! [`Mixer`] does it on a chain: deposits, withdrawals that are proven anew when the ring has moved on, reclaims. What
//! needs no chain is in modules of the crate `petra_mixing`: [`notes`] and [`basket`]s, [`member`] keys and [`proof`]s,
//! and the [`journal`] in which a program writes what it must not forget.

mod client;

pub use client::{
	reclaim_call, Deposited, MixError, Mixer, Patience, Position, Reclaim, Withdrawn,
};
pub use petra_mixing::{basket, journal, member, notes, proof, refusals, Note, Source, Withdrawal};
