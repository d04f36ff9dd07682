//! Live power, created − deposited − expired, per kind and timestep: a tree over time in the pallet's storage.

use crate::{LivePages, LiveRoots};
use core::marker::PhantomData;
use petra_primitives::AssetKind;
use petra_schedule::timeline::{Page, PageKey, Root, Store};

/// Where the live power of a kind is stored. A stretch without live power has no pages, so what has expired leaves
/// nothing behind.
pub(crate) struct LivePower<T> {
	kind: AssetKind,
	pallet: PhantomData<T>,
}

impl<T> LivePower<T> {
	pub(crate) fn new(kind: AssetKind) -> Self {
		Self { kind, pallet: PhantomData }
	}
}

impl<T: crate::Config> Store for LivePower<T> {
	fn root(&self) -> Root {
		LiveRoots::<T>::get(self.kind).unwrap_or_default()
	}

	fn set_root(&mut self, root: Root) {
		LiveRoots::<T>::set(self.kind, (root != Root::default()).then_some(root))
	}

	fn page(&self, key: PageKey) -> Option<Page> {
		LivePages::<T>::get(self.kind, key)
	}

	fn set_page(&mut self, key: PageKey, page: Option<Page>) {
		LivePages::<T>::set(self.kind, key, page)
	}
}
