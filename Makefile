# The commands of the house. `make demo` and `make test` do all their own set-up on a machine with Rust and Python.

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/otter-service
CARGO_TOOLS := $(CACHE)/cargo-tools
SKIPPED := target/skipped.txt
OUTPUT := target/test-output.txt
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
export RUST_BACKTRACE ?= 0

.PHONY: help demo test check fmt lint unit system hub attacks attacks-docker chaos outage conformance fuzz bench burst deny book release

help:            ## this list
	@grep -hE '^[a-z-]+: .*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo:            ## grade the sample course and keep serving; ARGS=--once ends
	@demo/run $(ARGS)

test: need-tools fmt lint deny ## everything
	@mkdir -p target && rm -f $(SKIPPED) $(OUTPUT)
	cargo build --package cli
	OTTER_RUNNER_PYTHON=$$(cargo run --quiet --package cli -- environment build --requirements sample/requirements.txt) \
		cargo test --workspace --all-features --lib --bins --tests --no-fail-fast 2>&1 | tee $(OUTPUT)
	@echo; touch $(SKIPPED); cat $(SKIPPED)
	@awk -v skipped="$$(wc -l <$(SKIPPED))" '/^test result:/ {passed += $$4; failed += $$6} \
		END {print passed " passed, " failed " failed" (skipped ? ", " skipped + 0 " skipped" : "")}' $(OUTPUT)

check: fmt lint unit ## the fast loop: format, lints, unit tests

fmt:             ## is everything formatted?
	cargo fmt --all --check

lint:            ## clippy, warnings are errors
	cargo clippy --workspace --all-targets --all-features -- -D warnings

unit:            ## unit tests only
	cargo test --workspace --all-features --lib --bins

system:          ## the real program, from the outside
	cargo test -p cli --test system

hub:             ## the real program behind real JupyterHubs, in Chromium (tests/README.md)
	cargo test -p cli --test hub

attacks:         ## notebooks that mean no good, at each level of isolation
	cargo test -p cli --test attacks

attacks-docker:  ## the same inside a container; needs Docker
	@tests/attacks/docker

chaos:           ## 200 kills of the service under load, on each store; KILLS=N STORE=sqlite,postgres,firestore SEED=N
	@tests/chaos/run

outage:          ## the store away for a minute under load, a full disk; SECONDS=N OUTAGE=NAMES (tests/README.md)
	@tests/chaos/outage

conformance: need-tools ## all cases of a corpus with its own checker (tests/README.md); CORPUS=DIR
	@tests/conformance/all $(CORPUS)

fuzz:            ## fuzz what reads strangers' bytes; SECONDS=60 for each target
	@fuzz/run $(SECONDS)

bench:           ## what a grade costs, against `otter run`: docs/reference/benchmarks.md; CORPUS=DIR
	@benches/run $(CORPUS)
	cargo bench --quiet --package jail

burst:           ## how long until a submission is acknowledged: docs/reference/benchmarks.md; COUNT=N CONNECTIONS=N
	@benches/burst.py --out docs/reference/benchmarks.md

deny:            ## licences, sources and duplicates of dependencies
	@[ -x $(CARGO_TOOLS)/bin/cargo-deny ] || command -v cargo-deny >/dev/null || \
		{ echo "installing cargo-deny (once, some minutes)"; cargo install --quiet --locked --root $(CARGO_TOOLS) cargo-deny@0.20.2; }
	@PATH="$(CARGO_TOOLS)/bin:$$PATH" cargo deny --log-level error check bans licenses sources

book:            ## the book, as HTML in docs/book
	@[ -x $(CARGO_TOOLS)/bin/mdbook ] || command -v mdbook >/dev/null || cargo install --quiet --locked --root $(CARGO_TOOLS) mdbook@0.5.4
	@PATH="$(CARGO_TOOLS)/bin:$$PATH" mdbook build docs

release:         ## the program as it is installed: target/release/otter-service
	cargo build --release -p cli

.PHONY: need-tools
need-tools:
	@demo/need-tools all
