//! General transactions: unsigned, of version 5, that the runtime authorises by what is in them (`#[pallet::authorize]`).

use crate::{transaction::name_of_call, Client, Error, PetraConfig, Result, Submitted};
use codec::{Compact, Encode};
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
		self.submit_bytes(&at, name_of_call(call), bytes).await
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
