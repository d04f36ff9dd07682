//! General transactions: unsigned, of version 5, that the runtime authorises by what is in them (`#[pallet::authorize]`).

use crate::{transaction::name_of_call, Client, Error, PetraConfig, Result, Submitted};
use codec::{Compact, Encode};
use petra_mixing::refusals::code_of;
use scale_info::TypeDef;
use subxt::{client::OnlineClientAtBlock, tx::Payload, Metadata};

/// What a general transaction of version 5 begins with.
const GENERAL_V5: u8 = 0b0100_0101;
/// The version of the extensions that is encoded.
const EXTENSIONS: u8 = 0;
/// What the extensions that hold data hold in a transaction that nobody signed: immortal, number 0, no tip, no hash of
/// the metadata. All others must be empty.
const DATA: [(&str, &[u8]); 5] = [
	("CheckMortality", &[0]),
	("CheckEra", &[0]),
	("CheckNonce", &[0]),
	("ChargeTransactionPayment", &[0]),
	("CheckMetadataHash", &[0]),
];

/// Pallets that refuse general transactions with errors of their own, and what the code of the first one is: `Custom error:
/// 110`.
const REFUSALS: [(&str, u8); 2] = [("Mixing", 110), ("Delivery", 160)];

/// A general transaction with this call (the bytes of pallet, call and arguments).
///
/// # Errors
/// [`Error::Metadata`] if the chain has an extension that this client does not know and that needs data.
pub fn general(metadata: &Metadata, call: &[u8]) -> Result<Vec<u8>> {
	let mut transaction = vec![GENERAL_V5, EXTENSIONS];
	let extensions = metadata
		.extrinsic()
		.transaction_extensions_by_version(EXTENSIONS)
		.ok_or_else(|| Error::metadata("transaction extensions", "there are none"))?;
	for extension in extensions {
		let identifier = extension.identifier();
		match DATA.iter().find(|(known, _)| *known == identifier) {
			Some((_, data)) => transaction.extend_from_slice(data),
			None if is_empty(metadata, extension.extra_ty()) => (),
			None => {
				return Err(Error::metadata(
					format!("transaction extension {identifier}"),
					"this client has no data for it",
				))
			},
		}
	}
	transaction.extend_from_slice(call);
	let length = u32::try_from(transaction.len())
		.map_err(|_| Error::metadata("transaction", "it is too long"))?;
	Ok([Compact(length).encode(), transaction].concat())
}

/// Whether values of a type encode to nothing.
fn is_empty(metadata: &Metadata, id: u32) -> bool {
	match metadata.types().resolve(id).map(|ty| &ty.type_def) {
		Some(TypeDef::Composite(composite)) => {
			composite.fields.iter().all(|field| is_empty(metadata, field.ty.id))
		},
		Some(TypeDef::Tuple(tuple)) => tuple.fields.iter().all(|ty| is_empty(metadata, ty.id)),
		_ => false,
	}
}

impl Client {
	/// Hands a general transaction to the node's pool: nobody signs it, and nobody pays for it.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such call, [`Error::Refused`] if the runtime does not authorise it.
	pub async fn submit_general<C: Payload>(&self, call: &C) -> Result<Submitted> {
		let at = self.at(self.best_head().await?.hash).await?;
		let bytes = general_call(&at, call)?;
		let submitted = self.submit_bytes(&at, name_of_call(call), bytes).await;
		submitted.map_err(|error| match error {
			Error::Refused { call: name, reason } => {
				let reason = named(at.metadata_ref(), call.pallet_name(), reason);
				Error::Refused { call: name, reason }
			},
			error => error,
		})
	}
}

/// What a node says of a refusal, after the ledger's name for it and what that means.
fn named(metadata: &Metadata, pallet: &str, reason: String) -> String {
	let first = REFUSALS.iter().find(|(known, _)| *known == pallet).map(|(_, first)| *first);
	let error = code_of(&reason)
		.zip(first)
		.and_then(|(code, first)| code.checked_sub(first))
		.and_then(|place| metadata.pallet_by_name(pallet)?.error_variant_by_index(place));
	match error {
		Some(error) => {
			let meaning = error.docs.join(" ");
			format!("{pallet}::{}. {} (the node says: {reason})", error.name, meaning.trim())
		},
		None => reason,
	}
}

fn general_call<C: Payload>(at: &OnlineClientAtBlock<PetraConfig>, call: &C) -> Result<Vec<u8>> {
	let call_data = at
		.transactions()
		.validate(call)
		.and_then(|()| at.transactions().call_data(call))
		.map_err(|error| Error::metadata(name_of_call(call), error))?;
	general(at.metadata_ref(), &call_data)
}

#[cfg(test)]
mod tests {
	use super::*;
	use subxt::ext::codec::Decode;

	fn metadata() -> Metadata {
		Metadata::decode(&mut &include_bytes!("../metadata.scale")[..]).unwrap()
	}

	#[test]
	fn general_transaction_should_hold_the_extensions_data_and_the_call() {
		// `0x45 0x00`, then mortality, number, tip and metadata hash; petra's own extensions hold nothing.
		let transaction = general(&metadata(), &[0xAA, 0xBB, 0xCC]).unwrap();
		assert_eq!(transaction, [9 << 2, 0x45, 0x00, 0, 0, 0, 0, 0xAA, 0xBB, 0xCC]);
	}

	#[test]
	fn refusal_should_have_the_ledgers_name_when_the_pallet_has_one_for_it() {
		let said = |code: u8| format!("Invalid Transaction (1010): Custom error: {code}");
		for (pallet, code, name) in [
			("Mixing", 110, "Mixing::DeadlinePassed. "),
			("Mixing", 118, "Mixing::BadProof. "),
			("Delivery", 160, "Delivery::NoEnergyAccount. "),
		] {
			let reason = named(&metadata(), pallet, said(code));
			assert!(reason.starts_with(name) && reason.contains(&said(code)), "{reason}");
		}
		for (pallet, reason) in [
			("Mixing", said(109)),
			("Mixing", said(255)),
			("System", said(110)),
			("Mixing", "Priority is too low (1014)".into()),
		] {
			assert_eq!(named(&metadata(), pallet, reason.clone()), reason);
		}
	}

	#[test]
	fn general_transaction_should_decode_to_its_call() {
		use subxt::ext::frame_decode::extrinsics::decode_extrinsic;
		let metadata = metadata();
		let (pallet, call) = {
			let pallet = metadata.pallet_by_name("System").unwrap();
			(pallet.call_index(), pallet.call_variant_by_name("remark").unwrap().index)
		};
		let call = [vec![pallet, call], vec![1u8, 2, 3].encode()].concat();
		let transaction = general(&metadata, &call).unwrap();
		let decoded = decode_extrinsic(&mut &*transaction, &metadata, metadata.types()).unwrap();
		assert_eq!((decoded.pallet_name(), decoded.call_name()), ("System", "remark"));
		assert!(!decoded.is_signed());
		assert_eq!(&transaction[decoded.call_data_range()], call);
	}
}
