//! Having a root signed by another meter, chosen by chance.

use super::{
	http,
	service::{Registry, Said, Signature},
	Certificate, CertificateRequest, KeyTree, MeterFile, OneTimeSecret, SpbError,
};
use crate::{types::MeterId, Client, PetraConfig};
use rand::seq::SliceRandom;
use std::str::FromStr;
use subxt::tx::Signer;

/// Another meter, and where its service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
	/// Its number.
	pub meter: MeterId,
	/// Address of its service.
	pub url: String,
}

impl FromStr for Witness {
	type Err = String;

	/// `<meter>=<address>`, such as `12=http://10.0.0.12:9620/certificates`.
	fn from_str(text: &str) -> Result<Self, String> {
		let wrong =
			|| format!("`{text}` is no meter and address (12=http://10.0.0.12:9620/certificates)");
		let (meter, url) = text.split_once('=').ok_or_else(wrong)?;
		let meter = meter.trim().parse().map_err(|_| wrong())?;
		Ok(Self { meter, url: url.trim().into() })
	}
}

/// A meter that wants a root signed.
#[derive(Debug)]
pub struct Asking<'a, K> {
	/// Its number.
	pub meter: MeterId,
	/// Its key, registered on the ledger.
	pub key: &'a K,
	/// Its one-time keys.
	pub secret: &'a OneTimeSecret,
}

/// Makes a new tree of one-time keys, has one of the witnesses sign its root, and keeps the certificate. Witnesses are asked
/// in an order of chance until one signs; its answer is checked with the key that the ledger has of it.
///
/// # Errors
/// [`SpbError::NoWitness`] with what each said, if none signs; [`SpbError::File`].
pub async fn certify<K: Signer<PetraConfig>>(
	client: &Client,
	asking: &Asking<'_, K>,
	file: &MeterFile,
	leaves: u32,
	witnesses: &[Witness],
) -> Result<Certificate, SpbError> {
	let tree = KeyTree::derive(asking.secret, file.fresh_tree()?, leaves)?;
	let certificate = ask_around(client, asking, &tree, witnesses).await?;
	file.add(&tree, &certificate)?;
	Ok(certificate)
}

/// As [`certify`], from any registry, and without keeping it.
pub(super) async fn ask_around<K: Signer<PetraConfig>>(
	registry: &impl Registry,
	asking: &Asking<'_, K>,
	tree: &KeyTree,
	witnesses: &[Witness],
) -> Result<Certificate, SpbError> {
	let mut others: Vec<_> =
		witnesses.iter().filter(|witness| witness.meter != asking.meter).collect();
	others.shuffle(&mut rand::rng());
	let mut said = Vec::new();
	for witness in others {
		match ask(registry, asking, tree, witness).await {
			Ok(certificate) => return Ok(certificate),
			Err(error) => said.push(error.to_string()),
		}
	}
	Err(SpbError::NoWitness(said))
}

async fn ask<K: Signer<PetraConfig>>(
	registry: &impl Registry,
	asking: &Asking<'_, K>,
	tree: &KeyTree,
	witness: &Witness,
) -> Result<Certificate, SpbError> {
	let signer = witness.meter;
	let looked_up = registry.look_up(signer).await?;
	let (genesis, issued_at) = (looked_up.genesis, looked_up.now);
	let info = looked_up
		.meter
		.filter(|info| info.authorized)
		.ok_or(SpbError::NotAuthorized(signer))?;
	let request =
		CertificateRequest::sign(genesis, asking.meter, signer, tree, issued_at, asking.key);
	let broken = |reason: String| SpbError::Service { url: witness.url.clone(), reason };
	let body = serde_json::to_vec(&request).map_err(|error| broken(error.to_string()))?;
	let (status, answer) = http::post(&witness.url, body).await?;
	if status != 200 {
		let said = serde_json::from_slice::<Said>(&answer);
		let message = said.map_or_else(|_| "without a reason".into(), |said| said.error);
		return Err(SpbError::Refused { url: witness.url.clone(), status, message });
	}
	let Signature { signature } =
		serde_json::from_slice(&answer).map_err(|error| broken(error.to_string()))?;
	let (root, leaves) = (tree.root(), tree.leaves());
	let certificate = Certificate { root, leaves, issued_at, signer, signature };
	certificate.verify(genesis, tree, &info.pubkey)?;
	Ok(certificate)
}
