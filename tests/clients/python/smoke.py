"""py-substrate-interface against a petra node: python smoke.py ws://127.0.0.1:9944

Connects, reads the metadata, signs a payment, and has the regulator set a balance by sudo; sees the events of both.
"""

import sys

from substrateinterface import Keypair, SubstrateInterface

EUR = 1_000_000_000


def ensure(holds, otherwise):
	if not holds:
		raise SystemExit(f"Error: {otherwise}")


def send(node, call, signer):
	"""Signs, submits, and waits for the transaction to be final; the events of a successful one."""
	extrinsic = node.create_signed_extrinsic(call=call, keypair=signer, era={"period": 64})
	receipt = node.submit_extrinsic(extrinsic, wait_for_finalization=True)
	ensure(receipt.is_success, f"the transaction failed: {receipt.error_message}")
	return [event.value["event"] for event in receipt.triggered_events]


def find(events, pallet, name):
	for event in events:
		if (event["module_id"], event["event_id"]) == (pallet, name):
			return event["attributes"]
	raise SystemExit(f"Error: no event {pallet}.{name} among {events}")


def free(node, address):
	return node.query("System", "Account", [address]).value["data"]["free"]


def main(url):
	node = SubstrateInterface(url=url, ss58_format=42)
	node.init_runtime()
	print(f"connected: {node.chain}, {node.version}, spec version {node.runtime_version}")
	ensure(node.properties.get("tokenDecimals") == 9, "the node does not say that a EUR has nine decimals")
	pallets = [pallet["name"] for pallet in node.get_metadata_modules()]
	ensure("ValidatorSet" in pallets, f"the metadata has no pallet ValidatorSet among {pallets}")

	alice = Keypair.create_from_uri("//Alice")
	bob = Keypair.create_from_uri("//Bob").ss58_address
	before = free(node, bob)
	transfer = {"dest": bob, "value": 3 * EUR}
	events = send(node, node.compose_call("Balances", "transfer_keep_alive", transfer), alice)
	ensure(find(events, "Balances", "Transfer")["amount"] == 3 * EUR, "another amount was transferred")
	ensure(free(node, bob) - before == 3 * EUR, "Bob did not receive the payment")
	print("a payment is final: event Balances.Transfer")

	member = Keypair.create_from_uri("//python member").ss58_address
	gift = {"who": member, "new_free": 11 * EUR}
	inner = node.compose_call("Balances", "force_set_balance", gift)
	events = send(node, node.compose_call("Sudo", "sudo", {"call": inner}), alice)
	sudid = find(events, "Sudo", "Sudid")
	ensure("Ok" in sudid["sudo_result"], f"sudo: {sudid}")
	find(events, "Balances", "BalanceSet")
	ensure(free(node, member) == 11 * EUR, "sudo did not set the balance")
	print("a sudo call is final: events Sudo.Sudid, Balances.BalanceSet")

	node.close()
	print("py-substrate-interface: all done")


if __name__ == "__main__":
	ensure(len(sys.argv) == 2, "give the WebSocket address of a node, as in: python smoke.py ws://127.0.0.1:9944")
	main(sys.argv[1])
