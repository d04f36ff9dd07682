//! Reading the chain: heads, blocks, storage, constants.

use crate::{Client, Error, PetraConfig, Result, H256};
use futures::{Stream, StreamExt};
use std::{
	pin::Pin,
	task::{Context, Poll},
};
use subxt::{
	client::OnlineClientAtBlock,
	config::substrate::SubstrateHeader,
	ext::{
		frame_decode::storage::{IntoDecodableValues, IntoEncodableValues},
		scale_decode::DecodeAsType,
	},
	rpcs::{client::RpcSubscription, rpc_params},
};

/// A block, by number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRef {
	/// Its number.
	pub number: u64,
	/// Its hash.
	pub hash: H256,
}

/// What code runs the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeVersion {
	/// Rises with every upgrade.
	pub spec_version: u32,
	/// Rises when transactions are written in a new way.
	pub transaction_version: u32,
}

/// Block numbers as they come, from a node's subscription.
pub struct Heads {
	url: std::sync::Arc<str>,
	inner: RpcSubscription<SubstrateHeader<H256>>,
}

impl Heads {
	/// The number of the next head. Numbers may skip: a node announces what it has got to.
	///
	/// # Errors
	/// [`Error::Disconnected`] if the node goes away.
	pub async fn next_number(&mut self) -> Result<u64> {
		match self.next().await {
			Some(number) => number,
			None => {
				Err(Error::Disconnected { url: self.url.to_string(), doing: "blocks were awaited" })
			},
		}
	}

	/// Waits until a head with at least this number, and returns its number.
	///
	/// # Errors
	/// [`Error::Disconnected`] if the node goes away.
	pub async fn reach(&mut self, number: u64) -> Result<u64> {
		loop {
			let head = self.next_number().await?;
			if head >= number {
				return Ok(head);
			}
		}
	}
}

impl Stream for Heads {
	type Item = Result<u64>;

	fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
		self.inner.poll_next_unpin(context).map(|head| {
			head.map(|head| {
				head.map(|header| header.number).map_err(Error::rpc("to announce blocks"))
			})
		})
	}
}

impl Client {
	/// The last block that this node holds to be final.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn finalized_head(&self) -> Result<BlockRef> {
		let hash = self
			.methods
			.chain_get_finalized_head()
			.await
			.map_err(Error::rpc("to say its last final block"))?;
		self.block_ref(hash).await
	}

	/// The block on top of the chain that this node follows; it may still be replaced.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn best_head(&self) -> Result<BlockRef> {
		let hash = self
			.methods
			.chain_get_block_hash(None)
			.await
			.map_err(Error::rpc("to say its best block"))?
			.ok_or_else(|| Error::BlockNotFound("on top of the chain".into()))?;
		self.block_ref(hash).await
	}

	/// The hash of a block on the chain that this node follows, if it has come so far.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn block_hash(&self, number: u64) -> Result<Option<H256>> {
		self.methods
			.chain_get_block_hash(Some(number.into()))
			.await
			.map_err(Error::rpc("to say a block's hash"))
	}

	/// The header of a block.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if the node does not have it, [`Error::Rpc`] if it does not answer.
	pub async fn header(&self, hash: H256) -> Result<SubstrateHeader<H256>> {
		self.methods
			.chain_get_header(Some(hash))
			.await
			.map_err(Error::rpc("to say a block's header"))?
			.ok_or_else(|| Error::BlockNotFound(format!("{hash:?}")))
	}

	async fn block_ref(&self, hash: H256) -> Result<BlockRef> {
		let header = self.header(hash).await?;
		Ok(BlockRef { number: header.number, hash })
	}

	/// Announces the numbers of blocks that become final.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn finalized_heads(&self) -> Result<Heads> {
		let inner = self
			.methods
			.chain_subscribe_finalized_heads()
			.await
			.map_err(Error::rpc("to announce final blocks"))?;
		Ok(Heads { url: self.url.clone(), inner })
	}

	/// Announces the numbers of the best blocks.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn best_heads(&self) -> Result<Heads> {
		let inner = self
			.methods
			.chain_subscribe_new_heads()
			.await
			.map_err(Error::rpc("to announce best blocks"))?;
		Ok(Heads { url: self.url.clone(), inner })
	}

	/// How many other nodes this node is connected to.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn peers(&self) -> Result<usize> {
		let health = self.methods.system_health().await.map_err(Error::rpc("to say how it is"))?;
		Ok(health.peers)
	}

	/// The version of the code that runs the chain after the node's best block.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn runtime_version(&self) -> Result<RuntimeVersion> {
		let version = self
			.methods
			.state_get_runtime_version(None)
			.await
			.map_err(Error::rpc("to say its runtime's version"))?;
		Ok(RuntimeVersion {
			spec_version: version.spec_version,
			transaction_version: version.transaction_version,
		})
	}

	/// The number that an account's next transaction has, those waiting in the node's pool counted.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn next_nonce(&self, account: &crate::AccountId32) -> Result<u64> {
		self.rpc
			.request("system_accountNextIndex", rpc_params![account.to_string()])
			.await
			.map_err(Error::rpc("to say an account's next number"))
	}

	/// The state after a block, and what can be done with it.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if the node does not have it.
	pub async fn at(&self, hash: H256) -> Result<OnlineClientAtBlock<PetraConfig>> {
		self.api
			.at_block(hash)
			.await
			.map_err(|error| Error::BlockNotFound(format!("{hash:?} ({error})")))
	}

	/// The state after a block of which the number is known: a question less than [`Client::at`].
	pub(crate) async fn at_block(
		&self,
		block: BlockRef,
	) -> Result<OnlineClientAtBlock<PetraConfig>> {
		self.api
			.at_block_hash_and_number(block.hash, block.number)
			.await
			.map_err(|error| Error::BlockNotFound(format!("{} ({error})", block.number)))
	}

	/// A value of the state after the best block, by pallet, item and keys; none if it was never set and has no default.
	///
	/// # Errors
	/// [`Error::Metadata`] if there is no such item, or it is not of type `T`.
	pub async fn storage<K, T>(&self, pallet: &str, item: &str, keys: K) -> Result<Option<T>>
	where
		K: IntoEncodableValues + IntoDecodableValues,
		T: DecodeAsType,
	{
		let best = self.best_head().await?;
		self.storage_at(best.hash, pallet, item, keys).await
	}

	/// As [`Client::storage`], after a given block.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if the node does not have the block, [`Error::Metadata`] if there is no such item, or it
	/// is not of type `T`.
	pub async fn storage_at<K, T>(
		&self,
		block: H256,
		pallet: &str,
		item: &str,
		keys: K,
	) -> Result<Option<T>>
	where
		K: IntoEncodableValues + IntoDecodableValues,
		T: DecodeAsType,
	{
		let name = || format!("{pallet}.{item}");
		let at = self.at(block).await?;
		let entry = at
			.storage()
			.entry(subxt::dynamic::storage::<K, T>(pallet, item))
			.map_err(|error| Error::metadata(name(), error))?;
		let value = entry
			.try_fetch(keys)
			.await
			.map_err(|error| Error::metadata(name(), error))?
			.or_else(|| entry.default_value());
		value
			.map(|value| value.decode().map_err(|error| Error::metadata(name(), error)))
			.transpose()
	}

	/// A constant of a pallet.
	///
	/// # Errors
	/// [`Error::Metadata`] if there is no such constant, or it is not of type `T`.
	pub async fn constant<T: DecodeAsType>(&self, pallet: &str, name: &str) -> Result<T> {
		let best = self.best_head().await?;
		let at = self.at(best.hash).await?;
		at.constants()
			.entry(subxt::dynamic::constant::<T>(pallet, name))
			.map_err(|error| Error::metadata(format!("{pallet}.{name}"), error))
	}

	/// The free money of an account, in billionths of a EUR; zero if the account does not exist.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn free_balance(&self, account: &crate::AccountId32) -> Result<u128> {
		let account = self.storage::<_, AccountInfo>("System", "Account", (account.0,)).await?;
		Ok(account.map_or(0, |account| account.data.free))
	}
}

/// What the chain knows of an account, as far as it is read here.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
	data: AccountData,
}

/// The money of an account, as far as it is read here.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountData {
	free: u128,
}
