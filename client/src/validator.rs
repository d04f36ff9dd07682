//! What a validator's operator does and sees: session keys, authorities, who made a block.

use crate::{call, AccountId32, Call, Client, Error, Result, Value, H256};
use subxt::{
	config::substrate::DigestItem,
	ext::{scale_decode::DecodeAsType, scale_value},
	rpcs::rpc_params,
};

/// The engine that notes its slot in a header (Aura).
const AURA: [u8; 4] = *b"aura";

/// The public keys with which a validator does its duties.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct SessionKeys {
	/// Block production.
	pub aura: [u8; 32],
	/// Finality.
	pub grandpa: [u8; 32],
}

/// Who runs the chain after a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorities {
	/// The accounts of the validators of this session.
	pub validators: Vec<AccountId32>,
	/// The keys that make blocks.
	pub aura: Vec<[u8; 32]>,
	/// The keys that finalise them.
	pub grandpa: Vec<[u8; 32]>,
}

/// What a node answers when it has made new session keys: hexadecimal SCALE.
#[derive(serde::Deserialize)]
struct GeneratedKeys {
	keys: String,
	proof: Option<String>,
}

/// A GRANDPA authority: its key and its weight.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct GrandpaAuthority([u8; 32], #[allow(dead_code)] u64);

fn bytes_of(hexadecimal: &str) -> Result<Vec<u8>, hex::FromHexError> {
	hex::decode(hexadecimal.trim_start_matches("0x"))
}

impl Client {
	/// Has this node make new session keys for a validator's account, and returns the call with which that account
	/// makes them its own (`Session.set_keys`; the node proves that it holds them).
	///
	/// # Errors
	/// [`Error::NoSessionKeys`] if the node does not let us, or makes no proof.
	pub async fn rotate_keys(&self, owner: &AccountId32) -> Result<Call> {
		let refused = |reason: String| Error::NoSessionKeys { url: self.url.to_string(), reason };
		let owner = format!("0x{}", hex::encode(owner.0));
		let generated: GeneratedKeys = self
			.rpc
			.request("author_rotateKeysWithOwner", rpc_params![owner])
			.await
			.map_err(|error| refused(error.to_string()))?;
		let keys = bytes_of(&generated.keys).map_err(|error| refused(error.to_string()))?;
		let proof = generated.proof.ok_or_else(|| refused("no proof".into()))?;
		let proof = bytes_of(&proof).map_err(|error| refused(error.to_string()))?;
		Ok(call("Session", "set_keys", [self.opaque_keys(&keys).await?, Value::from_bytes(proof)]))
	}

	/// Session keys as an argument, in whatever order and number the chain has them.
	async fn opaque_keys(&self, keys: &[u8]) -> Result<Value> {
		let item = "Session.set_keys";
		let at = self.at(self.best_head().await?.hash).await?;
		let metadata = at.metadata_ref();
		let keys_type = metadata
			.pallet_by_name("Session")
			.and_then(|pallet| pallet.call_variant_by_name("set_keys"))
			.and_then(|call| call.fields.first())
			.map(|field| field.ty.id)
			.ok_or_else(|| Error::metadata(item, "no such call"))?;
		scale_value::scale::decode_as_type(&mut &*keys, keys_type, metadata.types())
			.map(|value| value.remove_context())
			.map_err(|error| Error::metadata(item, error))
	}

	/// The session keys that an account has set, if it has.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer, [`Error::Metadata`] if the chain has no sessions.
	pub async fn session_keys(&self, account: &AccountId32) -> Result<Option<SessionKeys>> {
		self.storage("Session", "NextKeys", (account.0,)).await
	}

	/// Number of the session after a block.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if the node does not have the block.
	pub async fn session_index(&self, block: H256) -> Result<u32> {
		let index = self.storage_at(block, "Session", "CurrentIndex", ()).await?;
		Ok(index.unwrap_or_default())
	}

	/// Who runs the chain after a block.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if the node does not have the block.
	pub async fn authorities(&self, block: H256) -> Result<Authorities> {
		let validators: Option<Vec<[u8; 32]>> =
			self.storage_at(block, "Session", "Validators", ()).await?;
		let aura: Option<Vec<[u8; 32]>> = self.storage_at(block, "Aura", "Authorities", ()).await?;
		let grandpa: Option<Vec<GrandpaAuthority>> =
			self.storage_at(block, "Grandpa", "Authorities", ()).await?;
		Ok(Authorities {
			validators: validators.unwrap_or_default().into_iter().map(AccountId32).collect(),
			aura: aura.unwrap_or_default(),
			grandpa: grandpa.unwrap_or_default().into_iter().map(|key| key.0).collect(),
		})
	}

	/// The Aura key that made a block: whose turn its slot was among the authorities after the block before.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if the node does not have the block or the state before it, [`Error::Metadata`] if its
	/// header notes no slot.
	pub async fn author(&self, block: H256) -> Result<[u8; 32]> {
		let no_slot = || Error::metadata("Aura slot", format!("none in the header of {block:?}"));
		let header = self.header(block).await?;
		let slot = header
			.digest
			.logs
			.iter()
			.find_map(|item| match item {
				DigestItem::PreRuntime(AURA, bytes) => {
					bytes.as_slice().try_into().ok().map(u64::from_le_bytes)
				},
				_ => None,
			})
			.ok_or_else(no_slot)?;
		let authorities: Option<Vec<[u8; 32]>> =
			self.storage_at(header.parent_hash, "Aura", "Authorities", ()).await?;
		let authorities = authorities.unwrap_or_default();
		u64::try_from(authorities.len())
			.ok()
			.and_then(|count| slot.checked_rem(count))
			.and_then(|index| usize::try_from(index).ok())
			.and_then(|index| authorities.get(index).copied())
			.ok_or_else(no_slot)
	}
}
