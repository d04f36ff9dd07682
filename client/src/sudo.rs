//! What the regulator does: calls of root, through the sudo key.

use crate::{call, transaction::name_of, Call, Client, Error, Keypair, Outcome, Result, Value};
use subxt::error::DispatchError;

/// `Ok` in the SCALE encoding of a `Result`.
const OK: u8 = 0;

impl Client {
	/// Has root make a call, with the sudo key, and waits until that is final.
	///
	/// # Errors
	/// [`Error::Dispatch`] with the name of the **inner** call's error if that failed (sudo itself succeeds then, and
	/// says so in an event only), or with sudo's own (`Sudo::RequireSudo`: this is not the sudo key); otherwise as
	/// [`Client::send`].
	pub async fn sudo(&self, inner: &Call, sudo: &Keypair) -> Result<Outcome> {
		let outcome = self.send(&call("Sudo", "sudo", [inner.clone().into_value()]), sudo).await?;
		self.check_sudo(inner, outcome).await
	}

	/// As [`Client::sudo`], for calls that say of themselves that they fill a block (`System.set_code`): their weight is
	/// not counted.
	///
	/// # Errors
	/// As [`Client::sudo`].
	pub async fn sudo_unchecked_weight(&self, inner: &Call, sudo: &Keypair) -> Result<Outcome> {
		let no_weight =
			Value::named_composite([("ref_time", Value::u128(0)), ("proof_size", Value::u128(0))]);
		let arguments = [inner.clone().into_value(), no_weight];
		let outcome = self.send(&call("Sudo", "sudo_unchecked_weight", arguments), sudo).await?;
		self.check_sudo(inner, outcome).await
	}

	async fn check_sudo(&self, inner: &Call, outcome: Outcome) -> Result<Outcome> {
		let name = format!("{}.{}", inner.pallet_name(), inner.call_name());
		let block = outcome.block.number;
		let sudid = outcome.event("Sudo", "Sudid").ok_or_else(|| Error::NoEvent {
			call: name.clone(),
			event: "Sudo.Sudid",
			block,
		})?;
		match sudid.field_bytes.split_first() {
			Some((&OK, _)) => Ok(outcome),
			Some((_, error)) => {
				// By the metadata of the block before: the call may have changed the code.
				let at = self.at(self.header(outcome.block.hash).await?.parent_hash).await?;
				let error = DispatchError::decode_from(error, at.metadata())
					.map_err(|error| Error::metadata("Sudo.Sudid", error))?;
				Err(Error::Dispatch { call: name, error: name_of(&error), block })
			},
			None => Err(Error::NoEvent { call: name, event: "Sudo.Sudid", block }),
		}
	}
}
