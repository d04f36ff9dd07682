//! Transfers with several owners: one proposes, the others sign (each on a machine of its own, without a node), one of
//! them sends it with the signatures (specification, section 3).

use crate::{
	calls::{self, TypedCall},
	petra::energy_assets::calls::Transfer,
	types::{BlockNumber, CoSignatures, TransferInputs, TransferOutputs},
	wallet::Account,
	AccountId32, H256,
};
use chacha20poly1305::aead::{rand_core::RngCore, OsRng};
use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use subxt::utils::MultiSignature;

/// The domain of the message that co-owners sign.
const DOMAIN: &str = "petra/EnergyAssets/transfer";

/// A transfer that is to be made, as all its owners see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
	/// The chain.
	pub genesis: H256,
	/// Who will send it.
	pub origin: AccountId32,
	/// What it spends.
	pub inputs: TransferInputs,
	/// What it creates.
	pub outputs: TransferOutputs,
	/// Makes it one of its own.
	pub salt: H256,
	/// The last block in which it may be.
	pub deadline: BlockNumber,
}

/// An owner's signature of a [`Proposal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consent {
	/// Who signs.
	pub signer: AccountId32,
	/// A `MultiSignature` in SCALE, hexadecimal: as it is, or as wallets make it of `<Bytes>…</Bytes>`.
	pub signature: String,
}

/// Why a consent is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConsentError {
	/// The text is no signature.
	#[error("the signature of {0} is no MultiSignature in hexadecimal")]
	NoSignature(AccountId32),
	/// It is not this signer's, or of another proposal.
	#[error("the signature of {0} is not theirs, or is not for this proposal")]
	BadSignature(AccountId32),
}

impl Proposal {
	/// A proposal with a salt of its own.
	pub fn new(
		genesis: H256,
		origin: AccountId32,
		(inputs, outputs): (TransferInputs, TransferOutputs),
		deadline: BlockNumber,
	) -> Self {
		let mut salt = H256::zero();
		OsRng.fill_bytes(&mut salt.0);
		Self { genesis, origin, inputs, outputs, salt, deadline }
	}

	/// The 32 bytes to sign.
	pub fn message(&self) -> [u8; 32] {
		let fields = (&self.origin, &self.inputs, &self.outputs, self.salt.0, self.deadline);
		petra_primitives::messages::digest(DOMAIN, sp_core::H256(self.genesis.0), fields)
	}

	/// Signs it.
	pub fn sign(&self, account: &Account) -> Consent {
		let signature = account.sign_bytes(&self.message());
		Consent {
			signer: account.address(),
			signature: format!("0x{}", hex::encode(signature.encode())),
		}
	}

	/// The transfer with the signatures of all owners but the one who sends it.
	///
	/// # Errors
	/// [`ConsentError`] if a signature is not good: the ledger would refuse the transfer.
	pub fn call(&self, consents: &[Consent]) -> Result<TypedCall<Transfer>, ConsentError> {
		let signatures = consents
			.iter()
			.map(|consent| Ok((consent.signer, self.checked(consent)?)))
			.collect::<Result<_, _>>()?;
		let co_signatures = CoSignatures { salt: self.salt.0, deadline: self.deadline, signatures };
		Ok(calls::transfer(
			self.inputs.clone(),
			self.outputs.clone(),
			(!consents.is_empty()).then_some(co_signatures),
		))
	}

	fn checked(&self, consent: &Consent) -> Result<MultiSignature, ConsentError> {
		let none = || ConsentError::NoSignature(consent.signer);
		let bytes = hex::decode(consent.signature.trim_start_matches("0x")).map_err(|_| none())?;
		let signature = sp_runtime::MultiSignature::decode(&mut &*bytes).map_err(|_| none())?;
		let signer = sp_core::crypto::AccountId32::new(consent.signer.0);
		if !petra_primitives::messages::verify(&signature, &self.message(), &signer) {
			return Err(ConsentError::BadSignature(consent.signer));
		}
		MultiSignature::decode(&mut &*bytes).map_err(|_| none())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		dev,
		types::{AssetKind, AssetOutput},
	};

	fn proposal() -> Proposal {
		let (alice, bob) = (account(dev::alice()).address(), account(dev::bob()).address());
		let inputs = TransferInputs { assets: vec![7], money: vec![(bob, 5)] };
		let outputs = TransferOutputs {
			assets: vec![AssetOutput {
				address: bob,
				kind: AssetKind::Production,
				power: 500,
				start: 10,
				end: 12,
				feeder: 1,
				traded: false,
			}],
			money: vec![(alice, 5)],
		};
		Proposal::new(H256([9; 32]), alice, (inputs, outputs), 100)
	}

	fn account(key: crate::Keypair) -> Account {
		key.into()
	}

	#[test]
	fn message_should_be_the_interfaces() {
		let proposal = proposal();
		// The tuple of the interface, field by field.
		let alice = dev::alice().public_key().0;
		let bob = dev::bob().public_key().0;
		let fields = (
			DOMAIN,
			[9_u8; 32],
			alice,
			(vec![7_u64], vec![(bob, 5_u128)]),
			(vec![(bob, 0_u8, 500_u64, 10_u64, 12_u64, 1_u32, false)], vec![(alice, 5_u128)]),
			proposal.salt.0,
			100_u32,
		);
		assert_eq!(proposal.message(), sp_io::hashing::blake2_256(&fields.encode()));
	}

	#[test]
	fn proposal_should_be_the_same_after_a_file() {
		let proposal = proposal();
		let text = serde_json::to_string(&proposal).unwrap();
		assert_eq!(serde_json::from_str::<Proposal>(&text).unwrap(), proposal);
	}

	#[test]
	fn call_should_carry_the_signatures_of_the_others() {
		let proposal = proposal();
		let consent = proposal.sign(&account(dev::bob()));
		let call = proposal.call(std::slice::from_ref(&consent)).unwrap();
		let sent = call.call_data().co_signatures.as_ref().unwrap();
		assert_eq!((sent.salt, sent.deadline), (proposal.salt.0, 100));
		assert_eq!(sent.signatures.len(), 1);
		assert!(proposal.call(&[]).unwrap().call_data().co_signatures.is_none());
	}

	#[test]
	fn call_should_carry_signatures_of_wallets_that_wrap_what_they_sign() {
		let proposal = proposal();
		let wrapped = [&b"<Bytes>"[..], &proposal.message(), b"</Bytes>"].concat();
		let signature = account(dev::bob()).sign_bytes(&wrapped);
		let consent = Consent {
			signer: account(dev::bob()).address(),
			signature: hex::encode(signature.encode()),
		};
		assert!(proposal.call(&[consent]).is_ok());
	}

	#[test]
	fn call_should_be_refused_when_a_signature_is_not_good() {
		let proposal = proposal();
		let good = proposal.sign(&account(dev::bob()));
		let eve = account(dev::eve()).address();
		let stolen = Consent { signer: eve, ..good.clone() };
		assert_eq!(proposal.call(&[stolen]), Err(ConsentError::BadSignature(eve)));
		let other = Proposal { deadline: 101, ..proposal.clone() };
		assert_eq!(
			other.call(std::slice::from_ref(&good)),
			Err(ConsentError::BadSignature(good.signer))
		);
		for text in ["", "0x", "0xzz", "0x05"] {
			let none = Consent { signature: text.into(), ..good.clone() };
			assert_eq!(proposal.call(&[none]), Err(ConsentError::NoSignature(good.signer)));
		}
	}
}
