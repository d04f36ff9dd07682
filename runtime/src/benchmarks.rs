//! The pallets whose calls `make bench` weighs.

frame_benchmarking::define_benchmarks!(
	[frame_system, SystemBench::<Runtime>]
	[frame_system_extensions, SystemExtensionsBench::<Runtime>]
	[pallet_balances, Balances]
	[pallet_delivery, Delivery]
	[pallet_energy_assets, EnergyAssets]
	[pallet_free_calls, FreeCalls]
	[pallet_meter_registry, MeterRegistry]
	[pallet_mixing, Mixing]
	[pallet_multisig, Multisig]
	[pallet_offers, Offers]
	[pallet_proxy, Proxy]
	[pallet_regulation, Regulation]
	[pallet_safe_mode, SafeMode]
	[pallet_sudo, Sudo]
	[pallet_timestamp, Timestamp]
	[pallet_transaction_payment, TransactionPayment]
	[pallet_tx_pause, TxPause]
	[pallet_utility, Utility]
	[pallet_validator_set, ValidatorSet]
);

impl pallet_transaction_payment::BenchmarkConfig for crate::Runtime {}
