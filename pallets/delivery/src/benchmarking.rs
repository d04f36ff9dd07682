//! Benchmarks, at the worst case: fresh addresses, the longest way to a root, a meter with as many changes as there may
//! be, keys and signatures that are the slowest to verify and are verified twice.

use crate::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate},
		Authorize, EnsureOrigin, Get,
	},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use petra_primitives::{
	delivery::{self, leaf_hash, AccountProof, CommitOptions, Commitment},
	Balance, BlockNumber, FreeOrder, Grid, MeterId, MeterWitnesses,
};
use sp_core::{ecdsa, H256};
use sp_runtime::{
	traits::{IdentifyAccount, SaturatedConversion},
	transaction_validity::TransactionSource,
	AccountId32, MultiSignature, MultiSigner,
};

const METER: MeterId = 7;
const KEY_TYPE: sp_core::crypto::KeyTypeId = sp_core::crypto::KeyTypeId(*b"ptra");
const PRICE: u64 = 1_000_000;
const ENERGY: u64 = 1_000;

const STOP: fn() -> BenchmarkError = || BenchmarkError::Stop("not prepared");

/// An ecdsa key, the slowest to verify, and its account.
fn key() -> (ecdsa::Public, AccountId32) {
	let key = sp_io::crypto::ecdsa_generate(KEY_TYPE, None);
	(key, MultiSigner::from(key).into_account())
}

/// A signature as wallets make it, which is verified twice.
fn sign(key: &ecdsa::Public, message: &[u8; 32]) -> Result<MultiSignature, BenchmarkError> {
	let text = [b"<Bytes>".as_slice(), message, b"</Bytes>".as_slice()].concat();
	sp_io::crypto::ecdsa_sign(KEY_TYPE, key, &text)
		.map(MultiSignature::from)
		.ok_or(STOP())
}

fn give_money<T: Config>(who: &AccountId32) -> Result<(), BenchmarkError> {
	let amount = T::Currency::minimum_balance()
		.saturating_mul(1_000)
		.saturating_add(T::BurnAmount::get())
		.saturating_add(Balance::from(PRICE).saturating_mul(ENERGY.into()).saturating_mul(4));
	T::Currency::mint_into(who, amount).map(|_| ()).map_err(|_| STOP())
}

/// A producer that has signed nothing yet, with one block of energy, and another of the same price.
fn put_producer<T: Config>(producer: &AccountId32) -> Result<(), BenchmarkError> {
	EnergyAccounts::<T>::insert(producer, EnergyAccount::default());
	for _ in 0..2 {
		Pallet::<T>::do_add_energy(producer.clone(), ENERGY, PRICE).map_err(|_| STOP())?;
	}
	Ok(())
}

/// The blocks after the present, at most.
fn soon<T: Config>(blocks: BlockNumber) -> BlockNumber {
	Pallet::<T>::this_block().saturating_add(blocks)
}

fn set_block<T: Config>(number: BlockNumber) {
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(number));
}

struct Trade<T: Config> {
	commitment: Commitment<AccountId32>,
	ctp_id: H256,
	consumer: ecdsa::Public,
	producer: ecdsa::Public,
	receipt: Receipt<T>,
}

/// A commitment that nobody has made yet, and its receipt for `energy`.
fn trade<T: Config>(energy: u64, amount: Balance) -> Result<Trade<T>, BenchmarkError> {
	T::Grid::benchmark_worst_case();
	set_block::<T>(1);
	let ((consumer_key, consumer), (producer_key, producer)) = (key(), key());
	T::Order::benchmark_worst_case(&consumer);
	give_money::<T>(&consumer)?;
	put_producer::<T>(&producer)?;
	let (leaf, _) = key();
	let leaf_key = MultiSigner::from(leaf);
	let receipt_key = leaf_hash(&leaf_key);
	let commitment = Commitment {
		consumer,
		producer,
		block: 0,
		energy: ENERGY,
		amount,
		receipt_key,
		expiry: soon::<T>(10),
		partial: true,
		nonce: 1,
	};
	let ctp_id = Pallet::<T>::ctp_id(&commitment);

	let (meter_key, meter) = key();
	T::Meters::benchmark_witness(METER, &meter);
	let path: Vec<_> = (0..T::MaxMerklePath::get())
		.map(|n| H256::repeat_byte(n.saturated_into()))
		.collect();
	let root = path.iter().fold(receipt_key, |node, beside| {
		let children = [node.as_bytes(), beside.as_bytes()].concat();
		sp_io::hashing::blake2_256(&children).into()
	});
	let leaves = 1u32.checked_shl(T::MaxMerklePath::get()).unwrap_or(u32::MAX);
	let (genesis, issued_at) = (Pallet::<T>::genesis_hash(), T::Grid::now());
	let certificate = delivery::certificate_message(genesis, root, leaves, issued_at);
	let confirmation = delivery::receipt_message(genesis, ctp_id, energy);
	let receipt = Receipt {
		leaf_key,
		leaf_index: 0,
		leaves,
		merkle_path: BoundedVec::truncate_from(path),
		root,
		issued_at,
		signer: METER,
		root_signature: sign(&meter_key, &certificate)?,
		signature: sign(&leaf, &confirmation)?,
	};
	Ok(Trade { commitment, ctp_id, consumer: consumer_key, producer: producer_key, receipt })
}

fn full_price() -> Balance {
	Balance::from(PRICE).saturating_mul(ENERGY.into())
}

/// A commitment of which a part is going to be confirmed.
fn committed<T: Config>() -> Result<Trade<T>, BenchmarkError> {
	let trade = trade::<T>(ENERGY / 2, full_price())?;
	Pallet::<T>::do_commit_to_pay(trade.commitment.clone(), None).map_err(|_| STOP())?;
	Ok(trade)
}

/// What `settle` needs.
fn locked<T: Config>() -> Result<(Trade<T>, MultiSignature), BenchmarkError> {
	let trade = trade::<T>(ENERGY / 2, full_price())?;
	let Commitment { consumer, producer, .. } = trade.commitment.clone();
	Pallet::<T>::do_lock_for(consumer, producer, full_price(), soon::<T>(10))
		.map_err(|_| STOP())?;
	let message = delivery::settle_message(Pallet::<T>::genesis_hash(), trade.ctp_id);
	let signature = sign(&trade.consumer, &message)?;
	Ok((trade, signature))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn open_energy_account_certified() -> Result<(), BenchmarkError> {
		set_block::<T>(1);
		let (_, producer) = key();
		let (authority_key, authority) = key();
		let others = (1..T::MaxAuthorities::get()).map(|n| account("authority", n, 0));
		let authorities: Vec<_> = others.chain([authority.clone()]).collect();
		Authorities::<T>::put(BoundedVec::truncate_from(authorities));
		let expiry = soon::<T>(10);
		let message = delivery::account_message(Pallet::<T>::genesis_hash(), &producer, expiry);
		let signature = sign(&authority_key, &message)?;
		let proof = AccountProof::Certificate { authority, expiry, signature };

		#[extrinsic_call]
		open_energy_account(RawOrigin::Signed(producer.clone()), proof);

		assert!(EnergyAccounts::<T>::contains_key(&producer));
		Ok(())
	}

	#[benchmark]
	fn open_energy_account_burning() -> Result<(), BenchmarkError> {
		let producer: AccountId32 = account("producer", 0, 0);
		give_money::<T>(&producer)?;

		#[extrinsic_call]
		open_energy_account(RawOrigin::Signed(producer.clone()), AccountProof::Burn);

		assert!(EnergyAccounts::<T>::contains_key(&producer));
		Ok(())
	}

	#[benchmark]
	fn close_energy_account(b: Linear<0, { T::MaxBlocks::get() }>) -> Result<(), BenchmarkError> {
		let producer: AccountId32 = account("producer", 0, 0);
		EnergyAccounts::<T>::insert(&producer, EnergyAccount::default());
		for price in 0..b {
			Pallet::<T>::do_add_energy(producer.clone(), ENERGY, price.into())
				.map_err(|_| STOP())?;
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(producer.clone()));

		assert!(!EnergyAccounts::<T>::contains_key(&producer));
		assert_eq!(BlocksByPrice::<T>::iter_keys().count(), 0);
		Ok(())
	}

	#[benchmark]
	fn add_energy() -> Result<(), BenchmarkError> {
		let producer: AccountId32 = account("producer", 0, 0);
		EnergyAccounts::<T>::insert(&producer, EnergyAccount::default());

		#[extrinsic_call]
		_(RawOrigin::Signed(producer.clone()), ENERGY, PRICE);

		assert!(Blocks::<T>::contains_key(&producer, 0));
		Ok(())
	}

	#[benchmark]
	fn remove_energy() -> Result<(), BenchmarkError> {
		let producer: AccountId32 = account("producer", 0, 0);
		put_producer::<T>(&producer)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(producer.clone()), 0);

		assert!(!Blocks::<T>::contains_key(&producer, 0));
		Ok(())
	}

	/// All that is left of the block.
	#[benchmark]
	fn commit_to_pay() -> Result<(), BenchmarkError> {
		let trade = trade::<T>(ENERGY, full_price())?;
		let Commitment { consumer, producer, block, energy, amount, receipt_key, expiry, .. } =
			trade.commitment;
		let options = CommitOptions { partial: true, nonce: 1, producer_signature: None };

		#[extrinsic_call]
		_(
			RawOrigin::Signed(consumer),
			producer,
			block,
			energy,
			amount,
			receipt_key,
			expiry,
			options,
		);

		assert!(Commitments::<T>::contains_key(trade.ctp_id));
		Ok(())
	}

	#[benchmark]
	fn commit_to_pay_negotiated() -> Result<(), BenchmarkError> {
		let trade = trade::<T>(ENERGY, full_price().saturating_sub(1))?;
		let message = delivery::amount_message(Pallet::<T>::genesis_hash(), trade.ctp_id);
		let producer_signature = Some(sign(&trade.producer, &message)?);
		let Commitment { consumer, producer, block, energy, amount, receipt_key, expiry, .. } =
			trade.commitment;
		let options = CommitOptions { partial: true, nonce: 1, producer_signature };

		#[extrinsic_call]
		commit_to_pay(
			RawOrigin::Signed(consumer),
			producer,
			block,
			energy,
			amount,
			receipt_key,
			expiry,
			options,
		);

		assert!(Commitments::<T>::contains_key(trade.ctp_id));
		Ok(())
	}

	/// A part of the energy: the producer's account is new, and the rest returns.
	#[benchmark]
	fn confirm_receipt() -> Result<(), BenchmarkError> {
		let Trade { ctp_id, receipt, .. } = committed::<T>()?;

		#[extrinsic_call]
		_(RawOrigin::<AccountId32>::Authorized, ctp_id, ENERGY / 2, receipt);

		assert!(!Commitments::<T>::contains_key(ctp_id));
		Ok(())
	}

	#[benchmark]
	fn authorize_confirm_receipt() -> Result<(), BenchmarkError> {
		let Trade { ctp_id, receipt, .. } = committed::<T>()?;
		let call = Call::<T>::confirm_receipt { ctp_id, energy: ENERGY / 2, receipt };

		#[block]
		{
			call.authorize(TransactionSource::External).ok_or(STOP())??;
		}

		Ok(())
	}

	#[benchmark]
	fn settle() -> Result<(), BenchmarkError> {
		let (Trade { commitment, receipt, .. }, signature) = locked::<T>()?;
		let receipt_key = commitment.receipt_key;

		#[extrinsic_call]
		_(RawOrigin::<AccountId32>::Authorized, commitment, signature, ENERGY / 2, receipt);

		assert!(UsedLeaves::<T>::contains_key(receipt_key));
		Ok(())
	}

	#[benchmark]
	fn authorize_settle() -> Result<(), BenchmarkError> {
		let (Trade { commitment, receipt, .. }, consumer_signature) = locked::<T>()?;
		let energy = ENERGY / 2;
		let call = Call::<T>::settle { commitment, consumer_signature, energy, receipt };

		#[block]
		{
			call.authorize(TransactionSource::External).ok_or(STOP())??;
		}

		Ok(())
	}

	#[benchmark]
	fn lock_for() -> Result<(), BenchmarkError> {
		let (consumer, producer): (AccountId32, AccountId32) =
			(account("consumer", 0, 0), account("producer", 0, 0));
		give_money::<T>(&consumer)?;
		set_block::<T>(1);

		#[extrinsic_call]
		_(RawOrigin::Signed(consumer.clone()), producer.clone(), full_price(), soon::<T>(10));

		assert!(Locks::<T>::contains_key(&consumer, &producer));
		Ok(())
	}

	#[benchmark]
	fn unlock() -> Result<(), BenchmarkError> {
		let (consumer, producer): (AccountId32, AccountId32) =
			(account("consumer", 0, 0), account("producer", 0, 0));
		give_money::<T>(&consumer)?;
		set_block::<T>(1);
		Pallet::<T>::do_lock_for(consumer.clone(), producer.clone(), full_price(), soon::<T>(10))
			.map_err(|_| STOP())?;
		set_block::<T>(soon::<T>(11));

		#[extrinsic_call]
		_(RawOrigin::Signed(consumer.clone()), producer.clone());

		assert!(!Locks::<T>::contains_key(&consumer, &producer));
		Ok(())
	}

	#[benchmark]
	fn expire() -> Result<(), BenchmarkError> {
		let Trade { ctp_id, commitment, .. } = committed::<T>()?;
		set_block::<T>(commitment.expiry.saturating_add(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(account("anyone", 0, 0)), ctp_id);

		assert!(!Commitments::<T>::contains_key(ctp_id));
		Ok(())
	}

	#[benchmark]
	fn set_authorities(a: Linear<0, { T::MaxAuthorities::get() }>) -> Result<(), BenchmarkError> {
		let origin = T::RegulatorOrigin::try_successful_origin().map_err(|_| STOP())?;
		let authorities: Vec<_> = (0..a).map(|n| account("authority", n, 0)).collect();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, BoundedVec::truncate_from(authorities));

		assert_eq!(Authorities::<T>::get().len(), a as usize);
		Ok(())
	}

	#[benchmark]
	fn expire_commitment() -> Result<(), BenchmarkError> {
		let Trade { ctp_id, commitment, .. } = committed::<T>()?;
		set_block::<T>(commitment.expiry.saturating_add(1));

		#[block]
		{
			Pallet::<T>::expire_first();
		}

		assert!(!Commitments::<T>::contains_key(ctp_id));
		Ok(())
	}

	#[benchmark]
	fn forget_leaf() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (leaf, now) = (H256::repeat_byte(7), T::Grid::now());
		UsedLeaves::<T>::insert(leaf, now);
		LeafQueue::<T>::insert(now.to_be_bytes(), leaf, ());

		#[block]
		{
			Pallet::<T>::forget_first_leaf();
		}

		assert!(!UsedLeaves::<T>::contains_key(leaf));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
