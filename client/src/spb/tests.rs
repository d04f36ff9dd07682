//! What is signed, against bytes that are built by hand from the public interface; and certificates over HTTP.

use super::*;
use crate::{
	dev,
	types::{Limits, MeterId, MeterInfo, Timestep},
	AccountId32, Keypair,
};
use codec::Encode;
use service::Registry;
use sp_core::{sr25519, Blake2Hasher, Hasher, Pair, H256};
use sp_runtime::{MultiSignature, MultiSigner};
use std::{collections::BTreeSet, net::SocketAddr, str::FromStr, time::Duration};
use subxt_signer::SecretUri;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{TcpListener, TcpStream},
};

const GENESIS: H256 = H256::repeat_byte(0xA7);
const NOW: Timestep = 1_234_567;
/// The meter that asks, and the one that signs.
const ASKING: MeterId = 7;
const SIGNER: MeterId = 12;

fn secret() -> OneTimeSecret {
	OneTimeSecret::from_entropy([3; 32])
}

fn tree(leaves: u32) -> KeyTree {
	KeyTree::derive(&secret(), 5, leaves).unwrap()
}

fn signer_key() -> Keypair {
	dev::bob()
}

fn account(key: &Keypair) -> AccountId32 {
	key.public_key().to_account_id()
}

fn certificate(tree: &KeyTree) -> Certificate {
	Certificate::sign(GENESIS, tree.root(), tree.leaves(), NOW, SIGNER, &signer_key())
}

fn blake2_256(bytes: &[u8]) -> [u8; 32] {
	Blake2Hasher::hash(bytes).0
}

/// A string in SCALE: its length, here below 64 and so in one byte, and its bytes.
fn domain(text: &str) -> Vec<u8> {
	[&[u8::try_from(text.len()).unwrap() * 4], text.as_bytes()].concat()
}

/// The 32 bytes that are signed, by hand.
fn message(text: &str, fields: &[&[u8]]) -> [u8; 32] {
	blake2_256(&[&domain(text)[..], GENESIS.as_bytes(), &fields.concat()].concat())
}

/// Whether a key of `MultiSigner` form signed a message, by the key's own crate.
fn signed_by(key: &MultiSigner, message: &[u8; 32], signature: &MultiSignature) -> bool {
	match (key, signature) {
		(MultiSigner::Sr25519(key), MultiSignature::Sr25519(signature)) => {
			sr25519::Pair::verify(signature, message, key)
		},
		_ => panic!("one-time keys are sr25519"),
	}
}

fn sr25519_of(key: &Keypair) -> MultiSigner {
	MultiSigner::Sr25519(sr25519::Public::from_raw(key.public_key().0))
}

#[test]
fn one_time_keys_should_be_those_that_other_programs_derive_at_the_documented_paths() {
	let tree = KeyTree::derive(&secret(), 9, 3).unwrap();
	for leaf in 0..3 {
		let uri = format!("0x{}//9//{leaf}", hex::encode([3; 32]));
		let key = Keypair::from_uri(&SecretUri::from_str(&uri).unwrap()).unwrap();
		assert_eq!(tree.public(leaf).unwrap(), sr25519_of(&key), "{leaf}");
	}
}

#[test]
fn secret_should_be_the_seed_that_other_programs_derive_from_the_phrase() {
	let words = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
	let phrase = crate::wallet::Phrase::parse(words).unwrap();
	let secret = OneTimeSecret::of_meter(&phrase, 7).unwrap();
	let tree = KeyTree::derive(&secret, 0, 2).unwrap();
	let uri = format!("{words}//petra//meter//7//delivery//0//1");
	let key = Keypair::from_uri(&SecretUri::from_str(&uri).unwrap()).unwrap();
	assert_eq!(tree.public(1).unwrap(), sr25519_of(&key));
	assert_eq!(format!("{secret:?}"), "OneTimeSecret");
}

#[test]
fn one_time_keys_should_all_differ() {
	let trees = (0..8).map(|number| KeyTree::derive(&secret(), number, 8).unwrap());
	let keys: BTreeSet<_> = trees
		.flat_map(|tree| (0..8).map(move |leaf| tree.public(leaf).unwrap().encode()))
		.collect();
	assert_eq!(keys.len(), 64);
	let other = KeyTree::derive(&OneTimeSecret::from_entropy([4; 32]), 0, 1).unwrap();
	assert!(!keys.contains(&other.public(0).unwrap().encode()));
}

#[test]
fn tree_should_refuse_sizes_that_the_ledger_cannot_verify() {
	for leaves in [0, MAX_LEAVES + 1, u32::MAX] {
		assert!(matches!(
			KeyTree::derive(&secret(), 0, leaves),
			Err(SpbError::LeafCount(count)) if count == leaves
		));
	}
	let tree = tree(3);
	assert!(matches!(tree.receipt_key(3), Err(SpbError::NoSuchLeaf { leaf: 3, leaves: 3 })));
	assert!(matches!(tree.path(3), Err(SpbError::NoSuchLeaf { .. })));
}

/// The root over these hashes, as the interface's crate documents it: pairs are hashed, the last of an odd number goes up.
fn root_by_hand(mut row: Vec<[u8; 32]>) -> [u8; 32] {
	while row.len() > 1 {
		row = row
			.chunks(2)
			.map(|pair| match pair {
				[left, right] => blake2_256(&[*left, *right].concat()),
				_ => pair[0],
			})
			.collect();
	}
	row[0]
}

#[test]
fn root_and_receipt_keys_should_be_the_interfaces_bytes() {
	for leaves in 1..=9 {
		let tree = tree(leaves);
		let hashes: Vec<_> = (0..leaves)
			.map(|leaf| {
				let MultiSigner::Sr25519(key) = tree.public(leaf).unwrap() else { panic!() };
				// `Sr25519` is the second variant of `MultiSigner`.
				blake2_256(&[&[1], &key.0[..]].concat())
			})
			.collect();
		for (leaf, hash) in (0..).zip(&hashes) {
			assert_eq!(tree.receipt_key(leaf).unwrap().0, *hash);
		}
		assert_eq!(tree.root().0, root_by_hand(hashes), "{leaves} leaves");
	}
}

#[test]
fn certificate_should_sign_the_interfaces_bytes() {
	let tree = tree(4);
	let certificate = certificate(&tree);
	let by_hand = message(
		"petra/Delivery/coe",
		&[tree.root().as_bytes(), &4u32.to_le_bytes(), &NOW.to_le_bytes()],
	);
	assert!(signed_by(&sr25519_of(&signer_key()), &by_hand, &certificate.signature));
	assert!(!signed_by(&sr25519_of(&dev::eve()), &by_hand, &certificate.signature));
}

#[test]
fn certificate_should_be_refused_when_anything_in_it_is_changed() {
	let tree = tree(4);
	let key = account(&signer_key());
	let good = certificate(&tree);
	good.verify(GENESIS, &tree, &key).unwrap();
	let refused = |certificate: Certificate, genesis, tree: &KeyTree, key: &Keypair| {
		certificate.verify(genesis, tree, &account(key)).unwrap_err()
	};
	let bob = signer_key();
	let late = Certificate { issued_at: NOW + 1, ..good.clone() };
	assert!(matches!(refused(late, GENESIS, &tree, &bob), SpbError::BadCertificate(SIGNER)));
	let error = refused(good.clone(), H256::zero(), &tree, &bob);
	assert!(matches!(error, SpbError::BadCertificate(SIGNER)));
	let error = refused(good.clone(), GENESIS, &tree, &dev::eve());
	assert!(matches!(error, SpbError::BadCertificate(SIGNER)));
	let other = KeyTree::derive(&secret(), 6, 4).unwrap();
	assert!(matches!(refused(good.clone(), GENESIS, &other, &bob), SpbError::AnotherRoot(_)));
	let fewer = Certificate { leaves: 3, ..good };
	assert!(matches!(refused(fewer, GENESIS, &tree, &bob), SpbError::AnotherRoot(_)));
}

fn a_commitment() -> Commitment {
	Commitment {
		consumer: AccountId32([1; 32]),
		producer: AccountId32([2; 32]),
		block: 3,
		energy: 4,
		amount: 5,
		receipt_key: H256::repeat_byte(6),
		expiry: 8,
		partial: true,
		nonce: 9,
	}
}

/// The commitment's fields, in the interface's order.
fn commitment_bytes() -> Vec<u8> {
	let mut bytes = [[1; 32], [2; 32]].concat();
	bytes.extend(3u32.to_le_bytes());
	bytes.extend(4u64.to_le_bytes());
	bytes.extend(5u128.to_le_bytes());
	bytes.extend([6; 32]);
	bytes.extend(8u32.to_le_bytes());
	bytes.push(1);
	bytes.extend(9u64.to_le_bytes());
	bytes
}

#[test]
fn commitments_id_and_signatures_should_be_of_the_interfaces_bytes() {
	let id = commitment_id(GENESIS, &a_commitment());
	assert_eq!(id.0, message("petra/Delivery/ctp", &[&commitment_bytes()]));

	let amount = message("petra/Delivery/amount", &[id.as_bytes()]);
	assert!(signed_by(&sr25519_of(&dev::bob()), &amount, &negotiated(GENESIS, id, &dev::bob())));
	let settled = message("petra/Delivery/settle", &[id.as_bytes()]);
	assert!(signed_by(&sr25519_of(&dev::eve()), &settled, &settlement(GENESIS, id, &dev::eve())));

	let producer = AccountId32([2; 32]);
	let proof = account_certificate(GENESIS, &producer, 77, &dev::alice());
	let AccountProof::Certificate { authority, expiry: 77, signature } = proof else { panic!() };
	assert_eq!(authority, account(&dev::alice()));
	let by_hand = message("petra/Delivery/account", &[&[2; 32], &77u32.to_le_bytes()]);
	assert!(signed_by(&sr25519_of(&dev::alice()), &by_hand, &signature));
}

#[test]
fn settlement_should_expire_no_later_than_its_lock() {
	let lock = Lock { amount: 5, until: 20, last_nonce: Some(6) };
	for (expiry, settled) in [(8, 8), (20, 20), (21, 20), (900, 20)] {
		let commitment = Commitment { expiry, ..a_commitment() };
		let fitting = lock.settling(commitment, 19).unwrap();
		assert_eq!(fitting, Commitment { expiry: settled, nonce: 7, ..a_commitment() });
	}
	for best in [20, 21] {
		let error = lock.settling(a_commitment(), best).unwrap_err();
		assert!(matches!(error, SpbError::LockEnds { until: 20, best: said } if said == best));
	}
	let new = Lock { last_nonce: None, ..lock };
	assert_eq!(new.settling(a_commitment(), 0).unwrap().nonce, 0);
}

#[test]
fn receipt_should_be_the_interfaces_bytes_and_verify() {
	let id = H256::repeat_byte(0x1D);
	for leaves in [1, 2, 3, 4, 5, 8, 100] {
		let tree = tree(leaves);
		let certificate = certificate(&tree);
		for leaf in [0, leaves / 2, leaves - 1] {
			let receipt = tree.receipt(leaf, &certificate, GENESIS, id, 500).unwrap();
			let MultiSigner::Sr25519(key) = receipt.leaf_key.clone() else { panic!() };
			let MultiSignature::Sr25519(by_meter) = receipt.root_signature.clone() else {
				panic!()
			};
			let MultiSignature::Sr25519(by_leaf) = receipt.signature.clone() else { panic!() };
			let mut bytes = [&[1], &key.0[..]].concat();
			bytes.extend(leaf.to_le_bytes());
			bytes.extend(leaves.to_le_bytes());
			bytes.push(u8::try_from(receipt.merkle_path.len()).unwrap() * 4);
			receipt.merkle_path.iter().for_each(|hash| bytes.extend(hash.as_bytes()));
			bytes.extend(tree.root().as_bytes());
			bytes.extend(NOW.to_le_bytes());
			bytes.extend(SIGNER.to_le_bytes());
			bytes.extend([&[1], &by_meter.0[..], &[1], &by_leaf.0[..]].concat());
			assert_eq!(receipt.encode(), bytes);

			let confirmed = message("petra/Delivery/erc", &[id.as_bytes(), &500u64.to_le_bytes()]);
			assert!(signed_by(&receipt.leaf_key, &confirmed, &receipt.signature));
			let mut hash = blake2_256(&receipt.leaf_key.encode());
			assert_eq!(hash, tree.receipt_key(leaf).unwrap().0);
			let (mut place, mut width) = (leaf, leaves);
			let mut path = receipt.merkle_path.iter();
			while width > 1 {
				// The last of an odd row goes up as it is.
				if place % 2 == 1 {
					hash = blake2_256(&[path.next().unwrap().0, hash].concat());
				} else if place + 1 < width {
					hash = blake2_256(&[hash, path.next().unwrap().0].concat());
				}
				(place, width) = (place / 2, width.div_ceil(2));
			}
			assert_eq!(hash, tree.root().0, "leaf {leaf} of {leaves}");
			assert!(path.next().is_none());
		}
	}
}

#[test]
fn receipt_should_not_be_made_with_a_certificate_of_another_tree() {
	let other = KeyTree::derive(&secret(), 6, 4).unwrap();
	let result = tree(4).receipt(0, &certificate(&other), GENESIS, H256::zero(), 1);
	assert!(matches!(result, Err(SpbError::AnotherRoot(_))));
}

#[test]
fn calls_should_encode_as_the_interface_has_them() {
	let commitment = a_commitment();
	let call = calls::commit_to_pay(&commitment, None);
	assert_eq!((call.pallet_name(), call.call_name()), ("Delivery", "commit_to_pay"));
	// Without the consumer, who signs, and with the rest of the options at the end.
	let mut by_hand = commitment_bytes().split_off(32);
	let (partial, nonce) = (1u8, 9u64);
	by_hand.truncate(32 + 4 + 8 + 16 + 32 + 4);
	by_hand.push(partial);
	by_hand.extend(nonce.to_le_bytes());
	by_hand.push(0);
	assert_eq!(call.call_data().encode(), by_hand);

	let tree = tree(2);
	let receipt = tree.receipt(1, &certificate(&tree), GENESIS, H256::zero(), 4).unwrap();
	let call = calls::confirm_receipt(H256::repeat_byte(9), 4, receipt.clone());
	let by_hand = [&[9; 32][..], &4u64.to_le_bytes(), &receipt.encode()].concat();
	assert_eq!(call.call_data().encode(), by_hand);

	let signature = settlement(GENESIS, H256::zero(), &dev::eve());
	let call = calls::settle(commitment, signature.clone(), 4, receipt.clone());
	let by_hand =
		[commitment_bytes(), signature.encode(), 4u64.encode(), receipt.encode()].concat();
	assert_eq!(call.call_data().encode(), by_hand);
}

#[test]
fn meter_file_should_never_give_a_key_twice_when_it_is_opened_again() {
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("meter.spb");
	let mut given = BTreeSet::new();
	for _ in 0..3 {
		let file = MeterFile::open(&path, ASKING).unwrap();
		let tree = KeyTree::derive(&secret(), file.fresh_tree().unwrap(), 2).unwrap();
		file.add(&tree, &certificate(&tree)).unwrap();
		for _ in 0..2 {
			// Another program has it open, too.
			let file = MeterFile::open(&path, ASKING).unwrap();
			let leaf = file.use_leaf(NOW, 100, &secret()).unwrap();
			let (found, index, certificate) = file.find(leaf.receipt_key, &secret()).unwrap();
			assert_eq!((found.number(), index), (leaf.tree, leaf.leaf));
			certificate.verify(GENESIS, &found, &account(&signer_key())).unwrap();
			given.insert(leaf.receipt_key);
		}
		assert!(matches!(file.use_leaf(NOW, 100, &secret()), Err(SpbError::NoLeafLeft(NOW))));
	}
	assert_eq!(given.len(), 6);
}

#[test]
fn meter_file_should_ask_for_another_root_when_a_certificate_is_half_as_old_as_it_may_be() {
	let directory = tempfile::tempdir().unwrap();
	let file = MeterFile::open(directory.path().join("meter.spb"), ASKING).unwrap();
	let tree = KeyTree::derive(&secret(), file.fresh_tree().unwrap(), 4).unwrap();
	file.add(&tree, &certificate(&tree)).unwrap();
	assert_eq!(file.leaves_left(NOW + 49, 100).unwrap(), 4);
	let leaf = file.use_leaf(NOW + 49, 100, &secret()).unwrap();
	assert!(matches!(file.use_leaf(NOW + 50, 100, &secret()), Err(SpbError::NoLeafLeft(_))));
	// What was given out can still confirm.
	assert!(file.find(leaf.receipt_key, &secret()).is_ok());
	assert!(file.use_leaf(NOW + 100, 100, &secret()).is_err());
	assert!(file.find(leaf.receipt_key, &secret()).is_ok(), "a failed change changes nothing");
	let next = KeyTree::derive(&secret(), file.fresh_tree().unwrap(), 4).unwrap();
	let certificate = Certificate { issued_at: NOW + 100, ..certificate(&next) };
	file.add(&next, &certificate).unwrap();
	assert_eq!(file.use_leaf(NOW + 100, 100, &secret()).unwrap().tree, 1);
	let gone = file.find(leaf.receipt_key, &secret());
	assert!(matches!(gone, Err(SpbError::UnknownLeaf { .. })));
}

#[test]
fn meter_file_should_hold_no_secret_and_be_of_one_meter() {
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("meter.spb");
	let file = MeterFile::open(&path, ASKING).unwrap();
	let tree = KeyTree::derive(&secret(), file.fresh_tree().unwrap(), 2).unwrap();
	file.add(&tree, &certificate(&tree)).unwrap();
	file.update_delivered(|delivered| delivered.watch(H256::zero(), 5, 6, true))
		.unwrap();
	let text = std::fs::read_to_string(&path).unwrap();
	assert!(!text.contains(&hex::encode([3; 32])));
	assert_eq!(MeterFile::open(&path, ASKING).unwrap().delivered().unwrap().watched().len(), 1);
	assert!(matches!(MeterFile::open(&path, SIGNER), Err(SpbError::File { .. })));
	std::fs::write(&path, "{").unwrap();
	assert!(matches!(MeterFile::open(&path, ASKING), Err(SpbError::File { .. })));
}

/// A ledger with two meters, [`ASKING`] with Alice's key and [`SIGNER`] with Bob's, and a banned one, 13, with Eve's.
#[derive(Clone, Copy)]
struct TwoMeters(Timestep);

impl Registry for TwoMeters {
	async fn look_up(&self, meter: MeterId) -> Result<Meters, crate::Error> {
		let key = match meter {
			ASKING => Some((dev::alice(), true)),
			SIGNER => Some((signer_key(), true)),
			13 => Some((dev::eve(), false)),
			_ => None,
		};
		let meter = key.map(|(key, authorized)| MeterInfo {
			pubkey: account(&key),
			feeder: 1,
			limits: Limits::default(),
			path: crate::types::Path::Meter,
			authorized,
		});
		Ok(Meters { genesis: GENESIS, now: self.0, meter })
	}
}

fn service(limits: ServiceLimits) -> CertificateSigner<TwoMeters, Keypair> {
	CertificateSigner::new(SIGNER, signer_key(), TwoMeters(NOW), limits)
}

async fn running(limits: ServiceLimits) -> Running {
	service(limits).start(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

fn request(tree: &KeyTree) -> CertificateRequest {
	CertificateRequest::sign(GENESIS, ASKING, SIGNER, tree, NOW, &dev::alice())
}

fn bytes(request: &CertificateRequest) -> Vec<u8> {
	serde_json::to_vec(request).unwrap()
}

#[tokio::test]
async fn root_should_be_certified_over_http_when_a_meter_asks_another() {
	let running = running(ServiceLimits::default()).await;
	let (tree, secret, key) = (tree(4), secret(), dev::alice());
	let asking = Asking { meter: ASKING, key: &key, secret: &secret };
	let witnesses = [
		// No meter asks itself, nor one that is not authorised, nor one that is not there.
		Witness { meter: ASKING, url: running.url() },
		Witness { meter: 13, url: running.url() },
		Witness { meter: 99, url: running.url() },
		Witness { meter: SIGNER, url: running.url() },
	];
	for _ in 0..5 {
		let certificate =
			certify::ask_around(&TwoMeters(NOW), &asking, &tree, &witnesses).await.unwrap();
		assert_eq!((certificate.signer, certificate.issued_at), (SIGNER, NOW));
		certificate.verify(GENESIS, &tree, &account(&signer_key())).unwrap();
	}
	let error = certify::ask_around(&TwoMeters(NOW), &asking, &tree, &witnesses[..3]).await;
	let Err(SpbError::NoWitness(said)) = error else { panic!() };
	assert_eq!(said.len(), 2, "{said:?}");
}

#[tokio::test]
async fn asked_bytes_should_be_the_documented_ones() {
	let tree = tree(4);
	let request = request(&tree);
	let by_hand = message(
		"petra/Delivery/coe-request",
		&[
			&ASKING.to_le_bytes(),
			&SIGNER.to_le_bytes(),
			tree.root().as_bytes(),
			&4u32.to_le_bytes(),
			&NOW.to_le_bytes(),
		],
	);
	assert!(signed_by(&sr25519_of(&dev::alice()), &by_hand, &request.signature));
	assert_eq!(serde_json::from_slice::<CertificateRequest>(&bytes(&request)).unwrap(), request);
}

#[tokio::test]
async fn service_should_refuse_when_a_request_is_not_in_order() {
	let tree = tree(4);
	let good = request(&tree);
	let service = service(ServiceLimits::default());
	let signed = |meter, signer, issued_at, key: Keypair| {
		CertificateRequest::sign(GENESIS, meter, signer, &tree, issued_at, &key)
	};
	let flawed = [
		(
			403,
			CertificateRequest {
				signature: request(&KeyTree::derive(&secret(), 6, 4).unwrap()).signature,
				..good.clone()
			},
		),
		(403, CertificateRequest { leaves: 5, ..good.clone() }),
		(403, signed(ASKING, SIGNER, NOW, dev::eve())),
		(403, signed(13, SIGNER, NOW, dev::eve())),
		(403, signed(99, SIGNER, NOW, dev::eve())),
		(403, signed(SIGNER, SIGNER, NOW, signer_key())),
		(404, signed(ASKING, 13, NOW, dev::alice())),
		(409, signed(ASKING, SIGNER, NOW + 1, dev::alice())),
		(409, signed(ASKING, SIGNER, NOW - 2, dev::alice())),
		(409, CertificateRequest { genesis: H256::zero(), ..good.clone() }),
		(400, CertificateRequest { leaves: 0, ..good.clone() }),
		(400, CertificateRequest { leaves: MAX_LEAVES + 1, ..good.clone() }),
	];
	for (index, (status, request)) in flawed.iter().enumerate() {
		let refused = service.decide(&bytes(request)).await.unwrap_err();
		assert_eq!(refused.0.as_u16(), *status, "{index}: {}", refused.1);
	}
	for body in [&b""[..], b"{}", b"[]", &bytes(&good)[1..]] {
		assert_eq!(service.decide(body).await.unwrap_err().0.as_u16(), 400);
	}
	let signed_now = service.decide(&bytes(&good)).await.unwrap();
	signed_now.verify(GENESIS, &tree, &account(&signer_key())).unwrap();
	assert_eq!((signed_now.signer, signed_now.issued_at), (SIGNER, NOW));
	let earlier = signed(ASKING, SIGNER, NOW - 1, dev::alice());
	assert_eq!(service.decide(&bytes(&earlier)).await.unwrap().issued_at, NOW - 1);
}

#[tokio::test]
async fn service_should_sign_few_roots_of_a_meter_in_a_timestep() {
	let service = service(ServiceLimits { per_meter: 2, ..Default::default() });
	let asks: Vec<_> = (0..3)
		.map(|number| bytes(&request(&KeyTree::derive(&secret(), number, 1).unwrap())))
		.collect();
	for ask in &asks[..2] {
		service.decide(ask).await.unwrap();
	}
	assert_eq!(service.decide(&asks[2]).await.unwrap_err().0.as_u16(), 429);
	// An answer that was lost can be asked for again.
	service.decide(&asks[0]).await.unwrap();
}

/// What a service answers to these bytes, its status line.
async fn raw(running: &Running, bytes: &[u8]) -> String {
	let mut stream = TcpStream::connect(running.address()).await.unwrap();
	stream.write_all(bytes).await.unwrap();
	let mut answer = String::new();
	let _ = stream.read_to_string(&mut answer).await;
	answer.lines().next().unwrap_or_default().into()
}

#[tokio::test]
async fn service_should_answer_in_bounded_time_and_room_when_http_is_misused() {
	let limits = ServiceLimits {
		patience: Duration::from_millis(300),
		connections: 1,
		..Default::default()
	};
	let running = running(limits).await;
	let post = |path: &str, body: &str| {
		let length = body.len();
		format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}")
	};
	assert!(raw(&running, post("/", "{}").as_bytes()).await.contains("404"));
	let got = raw(&running, b"GET /certificates HTTP/1.1\r\nHost: x\r\n\r\n").await;
	assert!(got.contains("405"), "{got}");
	assert!(raw(&running, post("/certificates", "{}").as_bytes()).await.contains("400"));
	let long = "x".repeat(2_000);
	assert!(raw(&running, post("/certificates", &long).as_bytes()).await.contains("413"));
	// Who says nothing holds the only place, for a while.
	let silent = TcpStream::connect(running.address()).await.unwrap();
	assert!(raw(&running, post("/certificates", "{}").as_bytes()).await.contains("400"));
	drop(silent);
}

#[tokio::test]
async fn service_should_turn_addresses_away_when_they_come_too_often() {
	let running = running(ServiceLimits { per_address: 2, ..Default::default() }).await;
	let ask = b"GET /certificates HTTP/1.1\r\nHost: x\r\n\r\n";
	let answers = [raw(&running, ask).await, raw(&running, ask).await, raw(&running, ask).await];
	assert!(answers[0].contains("405") && answers[1].contains("405"), "{answers:?}");
	assert_eq!(answers[2], "");
}

/// A service of somebody else: answers every request with this.
async fn impostor(body: &'static str) -> String {
	let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
	let url = format!("http://{}/certificates", listener.local_addr().unwrap());
	tokio::spawn(async move {
		loop {
			let (mut stream, _) = listener.accept().await.unwrap();
			let mut request = [0; 2048];
			let _ = stream.read(&mut request).await;
			let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
			let _ = stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).await;
		}
	});
	url
}

#[tokio::test]
async fn answers_should_not_be_used_when_they_are_not_the_meters() {
	let (tree, secret, key) = (tree(4), secret(), dev::alice());
	let asking = Asking { meter: ASKING, key: &key, secret: &secret };
	let forged = format!(r#"{{"signature":"0x01{}"}}"#, "00".repeat(64));
	for (body, expected) in [
		(&*forged.leak(), "has not signed"),
		("{}", "missing field"),
		("not json", "expected"),
		(&*"x".repeat(10_000).leak(), "its answer"),
	] {
		let witnesses = [Witness { meter: SIGNER, url: impostor(body).await }];
		let error = certify::ask_around(&TwoMeters(NOW), &asking, &tree, &witnesses).await;
		let Err(SpbError::NoWitness(said)) = error else { panic!("{body}") };
		assert!(said[0].contains(expected), "{said:?}");
	}
	for url in ["ftp://127.0.0.1/x", "no address", "http://127.0.0.1:1/x"] {
		let witnesses = [Witness { meter: SIGNER, url: url.into() }];
		let error = certify::ask_around(&TwoMeters(NOW), &asking, &tree, &witnesses).await;
		assert!(matches!(error, Err(SpbError::NoWitness(said)) if said.len() == 1));
	}
}

#[test]
fn witness_should_be_read_from_meter_and_address() {
	let url = "http://10.0.0.12:9620/certificates".to_string();
	assert_eq!(format!("12={url}").parse(), Ok(Witness { meter: 12, url }));
	for wrong in ["", "12", "x=http://a", "=http://a"] {
		assert!(wrong.parse::<Witness>().is_err(), "{wrong}");
	}
}
