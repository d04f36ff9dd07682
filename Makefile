# petra: `make demo` and `make test` do everything, set-up included, on a bare Debian with rustup, Node.js and Python.
#
# Compiled code and tools go to a cache outside the checkout: PETRA_CACHE, by default ~/.cache/petra.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PETRA_CACHE ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/petra
CARGO_TARGET_DIR ?= $(PETRA_CACHE)/target
BIN := $(CARGO_TARGET_DIR)/release
export PETRA_CACHE CARGO_TARGET_DIR
export PATH := $(HOME)/.cargo/bin:$(PATH)
# What the client scripts of the tests run with; `make setup` makes both.
export PETRA_PYTHON := $(PETRA_CACHE)/python/bin/python
export PETRA_NODE_MODULES := $(PETRA_CACHE)/polkadot-js/node_modules
# The Wasm inside the node is the one that ships, although all crates are compiled with one set of features.
export PETRA_PRODUCTION_WASM := 1

# OpenSSL, which only zombienet wants, is Debian's; otherwise it is compiled.
export OPENSSL_NO_VENDOR := 1
# Binaryen, which makes the Wasm smaller, takes g++ much longer.
export CXX := clang++

# One profile and one set of features for everything, so that each crate is compiled once (docs/adr/0002), and petra's own are
# linted as they are compiled (docs/adr/0015). Its name says what it is, so that a change compiles them again.
BUILD := scripts/unchanged cargo
export RUSTC_WORKSPACE_WRAPPER := $(PETRA_CACHE)/linted-$(shell cat scripts/linted clippy.toml | sha256sum | head -c 16)
CARGO_ARGS := --release --workspace --locked --features runtime-benchmarks,try-runtime

.PHONY: help setup build demo network test test-full test-long unit lint fmt chain-specs complete-specs metadata bench bench-spb measure-clearing docs clean

help: ## Say what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-15s %s\n", $$1, $$2 }'

setup: ## Install what building and testing need (again: does nothing)
	@scripts/setup

build: setup ## Build and lint node, tools and tests
	$(BUILD) build $(CARGO_ARGS) --all-targets

demo: build ## Replay a microgrid's afternoon on a four-validator network, and report (into OUT, a new directory)
	CARGO_MANIFEST_DIR=$(CURDIR)/tests $(BIN)/petra-demo --out $${OUT:-build/demo-$$(date +%Y%m%d-%H%M%S)}

network: build ## Start the network of zombienet/local.toml until Ctrl-C (TIMESTEP=20000: milliseconds of a timestep)
	$(BIN)/petra-network $(if $(TIMESTEP),--timestep $(TIMESTEP))

test: setup ## Everything CI checks: lints, unit, runtime, benchmarks as tests, networks, client scripts
	$(MAKE) lint
	scripts/check-dependencies
	scripts/chain-specs --check
	scripts/weights check
	$(BUILD) test $(CARGO_ARGS)

test-full: export PROPTEST_CASES ?= 100000
test-full: export PETRA_KILLS ?= 20
test-full: export PETRA_SERVICE_KILLS ?= 500
test-full: export PETRA_TRANSFERS ?= 200
test-full: export PETRA_FLOOD ?= 400
test-full: ## The same tests with more cases and more faults, test-long and measure-clearing: hours; writes docs/measurements/
	scripts/test-full

test-long: setup ## What `make test` leaves out: a day in all ways (PETRA_WAYS='--mode auction': in some), faults, 100 households
	$(BUILD) test $(CARGO_ARGS) --test network -- --ignored --nocapture

unit: ## The tests that need no node
	$(BUILD) test $(CARGO_ARGS) --exclude petra-tests

lint: setup ## Format and lints, warnings denied
	cargo fmt --all -- --check
	$(MAKE) build

fmt: ## Format
	cargo fmt --all

chain-specs: build ## Write chain-specs/ from the runtime's presets
	scripts/chain-specs

complete-specs: build ## Write the complete specs, plain and raw, to OUT (default: build/chain-specs)
	scripts/chain-specs --complete $${OUT:-build/chain-specs}

metadata: setup ## Write client/metadata.scale, from which the client's types are generated
	PETRA_WRITE_METADATA=1 $(BUILD) test $(CARGO_ARGS) --test it -- metadata

bench: setup ## Measure weights into runtime/src/weights (PALLETS="a b" for some)
	scripts/bench $(PALLETS)

measure-clearing: build ## Time the clearing of a book of 10 000 offers on a node; writes docs/measurements/clearing.md
	$(BIN)/petra-measure-clearing

bench-spb: build ## Measure trades against delivery as P4 does; writes docs/measurements/spb.md and its plot
	$(BIN)/petra-bench-spb

docs: setup ## Render the documentation of the code
	$(BUILD) doc --release --workspace --locked --no-deps

clean: ## Remove the cache
	rm -rf $(PETRA_CACHE)
