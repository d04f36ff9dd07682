//! What the regulator does: calls of root, through the sudo key.

use crate::{
	transaction::{failure, name_of_call},
	Client, Error, Outcome, PetraConfig, Result,
};
use codec::Encode;
use subxt::{
	error::DispatchError,
	tx::{DynamicPayload, Payload, Signer},
	utils::Static,
};

/// `Ok` in the SCALE encoding of a `Result`.
const OK: u8 = 0;

/// A call as its bytes, to be an argument of another call.
struct Encoded(Vec<u8>);

impl Encode for Encoded {
	fn encode_to<T: codec::Output + ?Sized>(&self, destination: &mut T) {
		destination.write(&self.0);
	}
}

/// The weight that a call is given which says of itself that it fills a block.
#[derive(Encode)]
struct Weight {
	#[codec(compact)]
	ref_time: u64,
	#[codec(compact)]
	proof_size: u64,
}

impl Client {
	/// Has root make a call, with the sudo key, and waits until that is final.
	///
	/// # Errors
	/// [`Error::Dispatch`] with the name of the **inner** call's error if that failed (sudo itself succeeds then, and
	/// says so in an event only), or with sudo's own (`Sudo::RequireSudo`: this is not the sudo key); otherwise as
	/// [`Client::send`].
	pub async fn sudo(
		&self,
		inner: &impl Payload,
		sudo: &impl Signer<PetraConfig>,
	) -> Result<Outcome> {
		let arguments = (Static(self.encoded(inner).await?),);
		self.root(inner, &DynamicPayload::new("Sudo", "sudo", arguments), sudo).await
	}

	/// As [`Client::sudo`], for calls that say of themselves that they fill a block (`System.set_code`): their weight is
	/// not counted.
	///
	/// # Errors
	/// As [`Client::sudo`].
	pub async fn sudo_unchecked_weight(
		&self,
		inner: &impl Payload,
		sudo: &impl Signer<PetraConfig>,
	) -> Result<Outcome> {
		let no_weight = Weight { ref_time: 0, proof_size: 0 };
		let arguments = (Static(self.encoded(inner).await?), Static(no_weight));
		let call = DynamicPayload::new("Sudo", "sudo_unchecked_weight", arguments);
		self.root(inner, &call, sudo).await
	}

	/// The bytes of a call that this chain has.
	async fn encoded(&self, call: &impl Payload) -> Result<Encoded> {
		let at = self.at(self.best_head().await?.hash).await?;
		let transactions = at.transactions();
		transactions
			.validate(call)
			.and_then(|()| transactions.call_data(call))
			.map(Encoded)
			.map_err(|error| Error::metadata(name_of_call(call), error))
	}

	async fn root(
		&self,
		inner: &impl Payload,
		outer: &impl Payload,
		sudo: &impl Signer<PetraConfig>,
	) -> Result<Outcome> {
		let outcome = self.send(outer, sudo).await?;
		let name = name_of_call(inner);
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
				Err(failure(&name, &error, block))
			},
			None => Err(Error::NoEvent { call: name, event: "Sudo.Sudid", block }),
		}
	}
}
