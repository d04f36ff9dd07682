//! `client/metadata.scale`, from which the client's types are generated, is this runtime's.
//!
//! `make metadata` writes it: this test does that when `PETRA_WRITE_METADATA` is set.

use codec::{Decode, Encode};
use frame_metadata::{v15::RuntimeMetadataV15, RuntimeMetadata, RuntimeMetadataPrefixed};
use petra_runtime::Runtime;
use scale_info::{form::PortableForm, Field, TypeDef};
use std::path::PathBuf;

const WRITE: &str = "PETRA_WRITE_METADATA";
/// The version of the format that the file has.
const VERSION: u32 = 15;
/// What a node's runtime does not have, although this one is compiled with it (docs/adr/0002).
const NOT_IN_NODES: [&str; 2] = ["Benchmark", "TryRuntime"];

/// The file. Asked when it runs: what another checkout has compiled may be used here.
fn file() -> PathBuf {
	let runtime = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
	PathBuf::from(runtime).join("../client/metadata.scale")
}

/// What the file must hold: this runtime's metadata, without documentation, which is read from nodes.
fn expected() -> Vec<u8> {
	// The default of `System.Account` holds the number of the block, because nonces begin with it: here there is none.
	let opaque = sp_io::TestExternalities::default()
		.execute_with(|| Runtime::metadata_at_version(VERSION))
		.expect("the runtime knows this version");
	let RuntimeMetadataPrefixed(magic, metadata) =
		Decode::decode(&mut opaque.as_slice()).expect("metadata can be decoded");
	let RuntimeMetadata::V15(mut metadata) = metadata else { panic!("another version") };
	metadata.apis.retain(|api| !NOT_IN_NODES.contains(&api.name.as_str()));
	strip(&mut metadata);
	RuntimeMetadataPrefixed(magic, RuntimeMetadata::V15(metadata)).encode()
}

fn strip(metadata: &mut RuntimeMetadataV15) {
	let strip_fields = |fields: &mut [Field<PortableForm>]| {
		fields.iter_mut().for_each(|field| field.docs.clear());
	};
	for portable in &mut metadata.types.types {
		portable.ty.docs.clear();
		match &mut portable.ty.type_def {
			TypeDef::Composite(composite) => strip_fields(&mut composite.fields),
			TypeDef::Variant(variants) => {
				for variant in &mut variants.variants {
					variant.docs.clear();
					strip_fields(&mut variant.fields);
				}
			},
			_ => (),
		}
	}
	for pallet in &mut metadata.pallets {
		pallet.docs.clear();
		pallet.constants.iter_mut().for_each(|constant| constant.docs.clear());
		if let Some(storage) = &mut pallet.storage {
			storage.entries.iter_mut().for_each(|entry| entry.docs.clear());
		}
	}
	for api in &mut metadata.apis {
		api.docs.clear();
		api.methods.iter_mut().for_each(|method| method.docs.clear());
	}
}

#[test]
fn metadata_of_the_client_should_be_this_runtimes() {
	let expected = expected();
	if std::env::var_os(WRITE).is_some() {
		std::fs::write(file(), &expected).expect("the file can be written");
	}
	let found = std::fs::read(file()).unwrap_or_default();
	assert!(
		found == expected,
		"client/metadata.scale ({} bytes) is not of this runtime ({} bytes): run `make metadata`",
		found.len(),
		expected.len(),
	);
}
