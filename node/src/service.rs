//! How the parts of a node are put together: database, pool, network, block production, finality, RPC.

use crate::{chain_spec, equivocation, executor, rpc};
use futures::FutureExt;
use petra_runtime::{apis::RuntimeApi, opaque::Block};
use sc_client_api::Backend;
use sc_consensus_aura::{
	standalone::slot_duration_at, ImportQueueParams, SlotProportion, StartAuraParams,
};
use sc_consensus_grandpa::{
	FinalityProofProvider, SharedVoterState, ThreeQuartersOfTheUnfinalizedChain, VotingRule,
	VotingRulesBuilder,
};
use sc_network::multiaddr::Protocol;
use sc_service::{error::Error as ServiceError, Configuration, TaskManager, WarpSyncConfig};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_api::ProvideRuntimeApi;
use sp_consensus_aura::{
	inherents::InherentDataProvider as SlotProvider, sr25519::AuthorityPair as AuraPair,
};
use sp_consensus_grandpa::GrandpaApi;
use sp_keystore::KeystorePtr;
use std::{
	io::ErrorKind,
	net::{IpAddr, SocketAddr, TcpListener},
	path::Path,
	sync::Arc,
	time::Duration,
};

/// The chain, as this node holds it.
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, executor::Executor>;
type FullBackend = sc_service::TFullBackend<Block>;
type FullSelectChain = sc_consensus::LongestChain<FullBackend, Block>;
type GrandpaBlockImport =
	sc_consensus_grandpa::GrandpaBlockImport<FullBackend, Block, FullClient, FullSelectChain>;
type GrandpaLink = sc_consensus_grandpa::LinkHalf<Block, FullClient, FullSelectChain>;

/// Blocks between justifications that are kept: a light client starts from one.
const JUSTIFICATION_PERIOD: u32 = 512;
/// How often GRANDPA gossips: three times a block.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);
/// The share of a slot in which a block is made; the rest is for sending and importing it.
const PROPOSAL_SHARE: f32 = 2.0 / 3.0;

/// The parts that a node and the subcommands have in common.
pub type Service = sc_service::PartialComponents<
	FullClient,
	FullBackend,
	FullSelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	sc_transaction_pool::TransactionPoolHandle<Block, FullClient>,
	(GrandpaBlockImport, GrandpaLink, Option<Telemetry>),
>;

/// Votes for the best block while finality keeps up, and further back when it lags: with blocks of one second, the
/// default rule's two blocks behind the best would add two seconds to every transaction (docs/adr/0003).
fn voting_rule() -> impl VotingRule<Block, FullClient> + Clone {
	VotingRulesBuilder::new().add(ThreeQuartersOfTheUnfinalizedChain).build()
}

/// An error if the chain has a genesis without validators, whatever the spec said: GRANDPA would panic. It asks only while
/// there is no other block, which such a chain never has; later the state of the genesis may be pruned.
fn check_genesis(client: &FullClient) -> Result<(), ServiceError> {
	let info = client.chain_info();
	if info.best_number > 0 {
		return Ok(());
	}
	let authorities = client
		.runtime_api()
		.grandpa_authorities(info.genesis_hash)
		.map_err(sp_blockchain::Error::from)?;
	if authorities.is_empty() {
		return Err(ServiceError::Other(format!(
			"{}. The genesis without them is stored already: before that, remove it with `petra-node purge-chain`, with the \
			 same --chain and --base-path",
			chain_spec::NO_VALIDATORS,
		)));
	}
	Ok(())
}

/// Opens the database and makes pool and import queue. Compiled runtimes are kept in `runtime_cache`, if there is one.
pub fn new_partial(
	config: &Configuration,
	runtime_cache: Option<&Path>,
) -> Result<Service, ServiceError> {
	chain_spec::check_validators(&*config.chain_spec).map_err(ServiceError::Other)?;
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let executor = executor::new(&config.executor, runtime_cache).map_err(ServiceError::Other)?;
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			Vec::new(),
		)?;
	check_genesis(&client)?;
	let client = Arc::new(client);
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});
	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = Arc::from(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);
	let (grandpa_block_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry.as_ref().map(|telemetry| telemetry.handle()),
	)?;

	let inherents_client = client.clone();
	let import_queue =
		sc_consensus_aura::import_queue::<AuraPair, _, _, _, _, _>(ImportQueueParams {
			block_import: grandpa_block_import.clone(),
			justification_import: Some(Box::new(grandpa_block_import.clone())),
			client: client.clone(),
			create_inherent_data_providers: move |parent, _| {
				let client = inherents_client.clone();
				async move {
					let slot_duration = slot_duration_at(&*client, parent)?;
					let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
					let slot =
						SlotProvider::from_timestamp_and_slot_duration(*timestamp, slot_duration);
					Ok((slot, timestamp))
				}
			},
			spawner: &task_manager.spawn_essential_handle(),
			registry: config.prometheus_registry(),
			check_for_equivocation: Default::default(),
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
			compatibility_mode: Default::default(),
		})?;

	Ok(sc_service::PartialComponents {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (grandpa_block_import, grandpa_link, telemetry),
	})
}

/// A validator without keys makes no blocks: say so, but run, since keys can be made by RPC.
fn check_keys(keystore: &KeystorePtr) {
	use sp_core::crypto::key_types::{AURA, GRANDPA};
	for (name, key_type) in [("aura", AURA), ("gran", GRANDPA)] {
		if matches!(keystore.keys(key_type), Ok(keys) if keys.is_empty()) {
			log::error!(
				"This validator has no `{name}` key in its keystore and takes no part in consensus. Make one with the RPC \
				 `author_rotateKeysWithOwner` or insert one with `petra-node key insert --key-type {name}`.",
			);
		}
	}
}

/// An error if another program listens at `address`.
fn check_free(address: SocketAddr, whom: &str, option: &str) -> Result<(), ServiceError> {
	match TcpListener::bind(address) {
		Err(error) if error.kind() == ErrorKind::AddrInUse => Err(ServiceError::Other(format!(
			"port {}, where {whom} should find this node, is in use: stop the program that uses it, or choose another port \
			 with {option}",
			address.port(),
		))),
		// Other faults, such as IPv6 that is switched off, are for those who need the port to tell.
		_ => Ok(()),
	}
}

/// An error if a port is in use without which the node would run and not be found.
fn check_ports(config: &Configuration) -> Result<(), ServiceError> {
	for address in &config.network.listen_addresses {
		let mut parts = address.iter();
		let ip: IpAddr = match parts.next() {
			Some(Protocol::Ip4(ip)) => ip.into(),
			Some(Protocol::Ip6(ip)) => ip.into(),
			_ => continue,
		};
		if let Some(Protocol::Tcp(port)) = parts.next() {
			check_free((ip, port).into(), "peers", "--port")?;
		}
	}
	if let Some(prometheus) = &config.prometheus_config {
		check_free(prometheus.port, "the monitoring", "--prometheus-port")?;
	}
	for endpoint in config.rpc.addr.iter().flatten() {
		if !endpoint.is_optional && !endpoint.retry_random_port {
			check_free(endpoint.listen_addr, "clients", "--rpc-port")?;
		}
	}
	Ok(())
}

/// Starts a node.
pub fn new_full<N: sc_network::NetworkBackend<Block, petra_runtime::Hash>>(
	config: Configuration,
	runtime_cache: Option<&Path>,
) -> Result<TaskManager, ServiceError> {
	check_ports(&config)?;
	let sc_service::PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (block_import, grandpa_link, mut telemetry),
	} = new_partial(&config, runtime_cache)?;

	let mut net_config = sc_network::config::FullNetworkConfiguration::<_, _, N>::new(
		&config.network,
		config.prometheus_registry().cloned(),
	);
	let metrics = N::register_notification_metrics(config.prometheus_registry());
	let grandpa_protocol_name = sc_consensus_grandpa::protocol_standard_name(
		&client.chain_info().genesis_hash,
		&config.chain_spec,
	);
	let (grandpa_protocol_config, grandpa_notification_service) =
		sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
			grandpa_protocol_name.clone(),
			metrics.clone(),
			net_config.peer_store_handle(),
		);
	net_config.add_notification_protocol(grandpa_protocol_config);
	let warp_sync = Arc::new(sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		grandpa_link.shared_authority_set().clone(),
		Vec::new(),
	));

	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	if config.offchain_worker.enabled {
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			is_validator: config.role.is_authority(),
			keystore: Some(keystore_container.keystore()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(transaction_pool.clone())),
			network_provider: Arc::new(network.clone()),
			enable_http_requests: false,
			custom_extensions: |_| vec![],
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers-runner",
			"offchain-worker",
			workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
		);
	}

	let role = config.role;
	let force_authoring = config.force_authoring;
	let name = config.network.node_name.clone();
	let enable_grandpa = !config.disable_grandpa;
	let prometheus_registry = config.prometheus_registry().cloned();
	let shared_voter_state = SharedVoterState::empty();

	task_manager.spawn_handle().spawn(
		"aura-equivocations",
		None,
		equivocation::monitor(client.clone(), prometheus_registry.as_ref())?,
	);

	let rpc_builder = {
		let client = client.clone();
		let pool = transaction_pool.clone();
		let shared_voter_state = shared_voter_state.clone();
		let shared_authority_set = grandpa_link.shared_authority_set().clone();
		let justification_stream = grandpa_link.justification_stream();
		let finality_provider = FinalityProofProvider::new_for_service(
			backend.clone(),
			Some(shared_authority_set.clone()),
		);
		Box::new(move |subscription_executor| {
			rpc::create_full(rpc::FullDeps {
				client: client.clone(),
				pool: pool.clone(),
				grandpa: rpc::GrandpaDeps {
					shared_voter_state: shared_voter_state.clone(),
					shared_authority_set: shared_authority_set.clone(),
					justification_stream: justification_stream.clone(),
					subscription_executor,
					finality_provider: finality_provider.clone(),
				},
			})
			.map_err(Into::into)
		})
	};

	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		network: Arc::new(network.clone()),
		client: client.clone(),
		keystore: keystore_container.keystore(),
		task_manager: &mut task_manager,
		transaction_pool: transaction_pool.clone(),
		rpc_builder,
		backend,
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		config,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	if role.is_authority() {
		check_keys(&keystore_container.keystore());
		let proposer_factory = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			prometheus_registry.as_ref(),
			telemetry.as_ref().map(|telemetry| telemetry.handle()),
		);
		let slot_duration = sc_consensus_aura::slot_duration(&*client)?;
		let aura = sc_consensus_aura::start_aura::<AuraPair, _, _, _, _, _, _, _, _, _, _>(
			StartAuraParams {
				slot_duration,
				client: client.clone(),
				select_chain,
				block_import,
				proposer_factory,
				create_inherent_data_providers: move |_, ()| async move {
					let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
					let slot =
						SlotProvider::from_timestamp_and_slot_duration(*timestamp, slot_duration);
					Ok((slot, timestamp))
				},
				force_authoring,
				backoff_authoring_blocks: None::<()>,
				keystore: keystore_container.keystore(),
				sync_oracle: sync_service.clone(),
				justification_sync_link: sync_service.clone(),
				block_proposal_slot_portion: SlotProportion::new(PROPOSAL_SHARE),
				max_block_proposal_slot_portion: None,
				telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
				compatibility_mode: Default::default(),
			},
		)?;
		// Essential: if it fails, the node stops.
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("aura", Some("block-authoring"), aura);
	}

	if enable_grandpa {
		let keystore = role.is_authority().then(|| keystore_container.keystore());
		let grandpa =
			sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
				config: sc_consensus_grandpa::Config {
					gossip_duration: GOSSIP_DURATION,
					justification_generation_period: JUSTIFICATION_PERIOD,
					name: Some(name),
					observer_enabled: false,
					keystore,
					local_role: role,
					telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
					protocol_name: grandpa_protocol_name,
				},
				link: grandpa_link,
				network,
				sync: Arc::new(sync_service),
				notification_service: grandpa_notification_service,
				voting_rule: voting_rule(),
				prometheus_registry,
				shared_voter_state,
				telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
				offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
			})?;
		// Essential: if it fails, the node stops.
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("grandpa-voter", None, grandpa);
	}

	Ok(task_manager)
}
