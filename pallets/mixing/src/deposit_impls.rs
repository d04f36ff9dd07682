//! Notes that go into rings, and notes that are taken back.

use crate::{
	note_impls::start_of, proofs, Config, Error, Event, Fate, Keys, MemberKey, Members, Pallet,
	RingId, Rings,
};
use frame_support::{dispatch::DispatchResult, ensure};
use frame_system::pallet_prelude::BlockNumberFor;
use petra_primitives::{messages::mixing, Grid, Source};
use sp_core::H256;
use sp_runtime::{traits::Zero, AccountId32};

impl<T: Config> Pallet<T> {
	pub(crate) fn genesis() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	pub(crate) fn do_deposit(
		who: &AccountId32,
		source: Source,
		key: &MemberKey,
		possession: &[u8; 64],
	) -> DispatchResult {
		let note = Self::note_of(who, source)?;
		ensure!(start_of(&note).is_none_or(|start| T::Grid::now() < start), Error::<T>::AssetBegun);
		ensure!(!Keys::<T>::contains_key(key), Error::<T>::KeyUsed);
		let (id, ring) = Self::ring_for(&note)?;
		Self::take_note(who, source)?;
		let message = mixing::possession(Self::genesis(), who, &note);
		Self::ensure_signed_by(key, possession, &message)?;

		let index = Self::add_member(id, ring, key)?;
		Keys::<T>::insert(key, index);
		let ((pool, ring), members) = (id, index.saturating_add(1));
		Self::deposit_event(Event::NoteDeposited { pool, ring, index, member_key: *key });
		Self::deposit_event(Event::RingRevised { pool, ring, revision: index, members });
		Ok(())
	}

	fn ensure_signed_by(
		key: &MemberKey,
		signature: &[u8; 64],
		message: &[u8; 32],
	) -> Result<(), Error<T>> {
		if proofs::verify_signature(signature, message, key) {
			return Ok(());
		}
		ensure!(proofs::is_key(key), Error::<T>::BadKey);
		Err(Error::BadPossession)
	}

	pub(crate) fn do_reclaim(
		id: RingId,
		key: &MemberKey,
		recipient: AccountId32,
		signature: &[u8; 64],
	) -> DispatchResult {
		let mut ring = Rings::<T>::get(id).ok_or(Error::<T>::RingNotFound)?;
		ensure!(Self::fate(&id.0, &ring) == Fate::Failed, Error::<T>::RingNotFailed);
		ensure!(!Self::is_expired(&id.0), Error::<T>::NoteExpired);
		let index = Keys::<T>::get(key).ok_or(Error::<T>::NotAMember)?;
		let mut member = Members::<T>::get(id, index).ok_or(Error::<T>::NotAMember)?;
		ensure!(member.key == *key, Error::<T>::NotAMember);
		ensure!(!member.reclaimed, Error::<T>::AlreadyReclaimed);
		let message = mixing::reclaim(Self::genesis(), &id.0, id.1, &recipient);
		Self::ensure_signed_by(key, signature, &message)?;
		Self::ensure_can_give(&[(id.0, &recipient)])?;

		Self::decide(&id, &mut ring);
		member.reclaimed = true;
		Members::<T>::insert(id, index, member);
		Self::release(&id, ring)?;
		Self::give_note(&id.0, &recipient)?;
		let (pool, ring) = id;
		Self::deposit_event(Event::NoteReclaimed { pool, ring, member_key: *key, recipient });
		Ok(())
	}
}
