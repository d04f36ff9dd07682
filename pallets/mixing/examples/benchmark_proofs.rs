//! Writes `src/benchmarking/proofs.bin`: what the benchmarks verify, since a runtime cannot make ring proofs. To be run again
//! when the messages, the crate `verifiable` or the constants of `src/benchmarking/fixture.rs` change.
//!
//! ```sh
//! cargo run --release -p pallet-mixing --example benchmark_proofs
//! ```

#![allow(
	clippy::arithmetic_side_effects,
	clippy::expect_used,
	clippy::indexing_slicing,
	clippy::unwrap_used
)]

use codec::Encode;
use petra_primitives::{messages::mixing, Note, Withdrawal};
use sp_core::H256;
use sp_runtime::AccountId32;
use verifiable::{
	ring::{
		ark_vrf::ring::SrsLookup,
		bandersnatch::{BandersnatchSha512Ell2 as Suite, BandersnatchVrfVerifiable as Scheme},
		ring_verifier_builder_params, RingDomainSize, StaticChunk,
	},
	GenerateVerifiable,
};

const DOMAIN: RingDomainSize = RingDomainSize::Domain11;
/// How many proofs: at least as many as a batch may have.
const PROOFS: u8 = 32;

fn main() -> std::io::Result<()> {
	let genesis = H256([69; 32]);
	let (pool, ring) = (Note::Financial { amount: 1 << 30 }, 0);
	let secrets: Vec<_> = (0..255).map(|index| Scheme::new_secret([index; 32])).collect();
	let keys: Vec<_> = secrets.iter().map(Scheme::member_from_secret).collect();
	let params = ring_verifier_builder_params::<Suite>(DOMAIN);
	let lookup = |range| {
		(&params)
			.lookup(range)
			.map(|all| all.into_iter().map(StaticChunk).collect())
			.ok_or(())
	};
	let mut members = Scheme::start_members(DOMAIN);
	Scheme::push_members(&mut members, keys[..253].iter().copied(), lookup).unwrap();
	let mut bytes = members.encode();
	Scheme::push_members(&mut members, keys[253..].iter().copied(), lookup).unwrap();
	bytes.extend(Scheme::finish_members(members).encode());

	let context = mixing::nullifier_context(genesis, &pool, ring);
	for (index, secret) in secrets.iter().enumerate().take(PROOFS.into()) {
		let nullifier = Scheme::alias_in_context(secret, &context).unwrap();
		let withdrawal = Withdrawal {
			pool,
			ring,
			revision: 254,
			nullifier,
			deadline: u32::MAX,
			proof: Default::default(),
			recipient: AccountId32::new([index as u8 + 1; 32]),
		};
		let message = mixing::withdrawal(genesis, &withdrawal);
		let opened = Scheme::open(DOMAIN, &keys[index], keys.iter().copied()).unwrap();
		let (proof, _) = Scheme::create(opened, secret, &context, &message).unwrap();
		bytes.extend(nullifier);
		bytes.extend(proof);
	}
	let folder = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
	let path = std::path::Path::new(&folder).join("src/benchmarking/proofs.bin");
	println!("{}: {} bytes", path.display(), bytes.len());
	std::fs::write(path, bytes)
}
