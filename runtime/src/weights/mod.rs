//! What calls cost: one file a pallet, written by `make bench` from benchmarks over this runtime.

pub mod frame_system;
pub mod frame_system_extensions;
pub mod pallet_balances;
pub mod pallet_delivery;
pub mod pallet_energy_assets;
pub mod pallet_free_calls;
pub mod pallet_meter_registry;
pub mod pallet_mixing;
pub mod pallet_multisig;
pub mod pallet_offers;
pub mod pallet_proxy;
pub mod pallet_regulation;
pub mod pallet_safe_mode;
pub mod pallet_sudo;
pub mod pallet_timestamp;
pub mod pallet_transaction_payment;
pub mod pallet_tx_pause;
pub mod pallet_utility;
pub mod pallet_validator_set;
