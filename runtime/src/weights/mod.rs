//! What calls cost: one file a pallet, written by `make bench` from benchmarks over this runtime.
