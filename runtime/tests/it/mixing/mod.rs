//! Mixing, attacked (issue 5, point 2): every way that we know of to take out what is not one's own, to take it out twice, to
//! make others' notes stay in, or to make validators work for nothing; with real proofs, over the composed runtime. Each
//! attack is shown to be refused, for the reason it should be, without a trace, and the same call without the flaw to work.

mod batches;
mod deposits;
mod flood;
mod rings;
mod speed;
mod valves;
mod withdrawals;
mod world;
