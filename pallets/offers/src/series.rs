//! Amounts per timestep: trees over time in the pallet's storage.

use crate::{Config, Pages, Roots, Series};
use core::marker::PhantomData;
use petra_schedule::timeline::{Page, PageKey, Root, Store, Timeline};

/// The storage of one [`Series`].
pub struct Kept<T>(Series, PhantomData<T>);

impl Series {
	/// The series' amounts in storage.
	pub(crate) fn timeline<T: Config>(self) -> Timeline<Kept<T>> {
		Timeline(Kept(self, PhantomData))
	}
}

impl<T: Config> Store for Kept<T> {
	fn root(&self) -> Root {
		Roots::<T>::get(self.0).unwrap_or_default()
	}

	fn set_root(&mut self, root: Root) {
		Roots::<T>::set(self.0, Some(root).filter(|root| *root != Root::default()));
	}

	fn page(&self, key: PageKey) -> Option<Page> {
		Pages::<T>::get(self.0, key)
	}

	fn set_page(&mut self, key: PageKey, page: Option<Page>) {
		Pages::<T>::set(self.0, key, page);
	}
}
