//! A chain in memory: blocks with their Aura digest, timestamp and signed transactions.

use codec::Encode;
use frame_support::traits::{TryState, TryStateSelect};
use petra_runtime::{
	genesis, AllPalletsWithSystem, BlockNumber, Executive, FreeCalls, Header, Nonce, Runtime,
	RuntimeCall, RuntimeGenesisConfig, SignedPayload, System, Timestamp, TxExtension,
	UncheckedExtrinsic, SLOT_DURATION,
};
use sp_consensus_aura::{Slot, AURA_ENGINE_ID};
use sp_genesis_builder::PresetId;
use sp_keyring::Sr25519Keyring;
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::{
	generic::{Digest, DigestItem, Era},
	ApplyExtrinsicResult, BuildStorage, MultiSignature,
};
use sp_storage::Storage;

/// The timestamp of the genesis, in milliseconds.
pub const START: u64 = 1_800_000_000_000;

/// The full genesis of a preset: the runtime's default with the preset's patch applied.
pub fn genesis_of(preset: &str) -> serde_json::Value {
	let mut full = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let patch = genesis::get_preset(&PresetId::from(preset)).expect("the preset exists");
	sc_chain_spec::json_patch::merge(&mut full, serde_json::from_slice(&patch).unwrap());
	full
}

/// A chain that starts from `preset`, with its first block under way.
pub fn chain(preset: &str) -> sp_io::TestExternalities {
	chain_from(storage_of(genesis_of(preset)))
}

/// The state that a full genesis builds.
pub fn storage_of(genesis: serde_json::Value) -> Storage {
	let config: RuntimeGenesisConfig = serde_json::from_value(genesis).unwrap();
	config.build_storage().unwrap()
}

/// A chain that starts from `storage`, with its first block under way.
pub fn chain_from(storage: Storage) -> sp_io::TestExternalities {
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	ext.execute_with(start_block);
	ext
}

/// Starts the block after the last, in the next slot.
fn start_block() {
	start_block_at(Timestamp::get().max(START) + SLOT_DURATION);
}

/// Starts the block after the last, in the slot of `time`.
pub fn start_block_at(time: u64) {
	let parent = System::block_number();
	let number = parent + 1;
	let slot = Slot::from(time / SLOT_DURATION);
	Executive::initialize_block(&Header {
		parent_hash: System::block_hash(parent),
		number,
		state_root: Default::default(),
		extrinsics_root: Default::default(),
		digest: Digest { logs: vec![DigestItem::PreRuntime(AURA_ENGINE_ID, slot.encode())] },
	});
	let inherent = UncheckedExtrinsic::new_bare(pallet_timestamp::Call::set { now: time }.into());
	Executive::apply_extrinsic(inherent)
		.expect("the inherent is valid")
		.expect("time goes on");
	assert_eq!(Timestamp::get(), time);
}

/// Finishes the block under way, after which every pallet's invariants must hold, and starts the next.
pub fn next_block() {
	finish_block();
	check_invariants();
	start_block();
}

/// Finishes the block under way and starts the next at `time`, as if the chain had stood still in between.
pub fn next_block_at(time: u64) {
	finish_block();
	start_block_at(time);
}

pub fn finish_block() {
	let header = Executive::finalize_block();
	// As the next block's header will say.
	frame_system::BlockHash::<Runtime>::insert(header.number, header.hash());
}

/// Every pallet's invariants.
pub fn check_invariants() {
	let select = TryStateSelect::All;
	AllPalletsWithSystem::try_state(System::block_number(), select).expect("invariants hold");
}

/// Makes blocks until `number` is under way.
pub fn run_to(number: BlockNumber) {
	while System::block_number() < number {
		next_block();
	}
}

/// The extensions of a transaction, as a wallet fills them in.
pub fn extensions(nonce: u32, era: Era) -> TxExtension {
	(
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		pallet_free_calls::FreeCallQuota((
			frame_system::CheckMortality::from(era),
			frame_system::CheckNonce::from(Nonce::from(nonce)),
			frame_system::CheckWeight::new(),
			pallet_transaction_payment::ChargeTransactionPayment::from(0),
		)),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	)
}

/// `call`, signed by `signer` with its next nonce.
pub fn signed(signer: Sr25519Keyring, call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	let account = signer.to_account_id();
	let extensions = extensions(*FreeCalls::next_nonce(&account), Era::immortal());
	let payload = SignedPayload::new(call.into(), extensions).expect("the extensions are valid");
	let signature = payload.using_encoded(|bytes| signer.sign(bytes));
	let (call, extensions, _) = payload.deconstruct();
	UncheckedExtrinsic::new_signed(
		call,
		account.into(),
		MultiSignature::Sr25519(signature),
		extensions,
	)
}

/// Puts `call` by `signer` into the block under way.
pub fn submit(signer: Sr25519Keyring, call: impl Into<RuntimeCall>) -> ApplyExtrinsicResult {
	Executive::apply_extrinsic(signed(signer, call))
}

/// Puts `call` into the block under way, as root, through Alice's sudo key; `Err` is what the inner call says.
pub fn sudo(call: impl Into<RuntimeCall>) -> sp_runtime::DispatchResult {
	let call = Box::new(call.into());
	submit(Sr25519Keyring::Alice, pallet_sudo::Call::sudo { call })
		.expect("sudo is valid")
		.expect("Alice has the sudo key");
	System::events()
		.into_iter()
		.rev()
		.find_map(|record| match record.event {
			petra_runtime::RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result }) => {
				Some(sudo_result)
			},
			_ => None,
		})
		.expect("sudo says what came of it")
}
