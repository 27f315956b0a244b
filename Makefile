# Sei node operator. `make` alone lists what there is.
#
# Wants npm (comes with Node.js 20 or newer) and, once, Go to build the control plane that tests and demo run on.
# The Node.js that runs the code itself is pinned in package.json and installed with the other packages.

NODE := node_modules/.bin/node
# Written by npm at the end of an install: older than the lock file means stale.
INSTALLED := node_modules/.package-lock.json

# The time-out, in ms, is for a test and also for all of a file: what hangs is named instead of stopping everything.
TEST_FLAGS := --test --test-reporter=spec --test-concurrency=2
ROOMS := api src devcluster test hack
# *.test.ts needs nothing but Node; *.e2e.test.ts needs the control plane.
UNIT_TESTS := $(foreach room,$(ROOMS),"$(room)/**/!(*.e2e).test.ts")
ALL_TESTS := $(foreach room,$(ROOMS),"$(room)/**/*.test.ts")

.DEFAULT_GOAL := help
# With FAULTS=all every point of them, without it a share (test/faults/points.ts).
FAULT_TESTS := $(foreach suites,faults states settle,"test/$(suites)/**/*.test.ts")
.PHONY: help demo devcluster test faults bench unit check lint format types generate generate-check control-plane clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(INSTALLED) ## watch real Kubernetes bring up nodes, found a chain, carry a halted node and a halted group through an upgrade, and restart seid (DEMO_ONCE=1: exit after it)
	@$(NODE) devcluster/demo/main.ts

devcluster: $(INSTALLED) ## run a control plane with our CRDs and simulated nodes, for use with any kubectl, until Ctrl-C
	@$(NODE) devcluster/main.ts

test: $(INSTALLED) control-plane ## run every test, and a share of the fault points (builds the control plane first if there is none)
	$(NODE) $(TEST_FLAGS) --test-timeout=600000 $(ALL_TESTS)

faults: $(INSTALLED) control-plane ## try every fault point (FAULT_POINT='suite: point': one alone); "make test" tries a share of them
	FAULTS=all $(NODE) $(TEST_FLAGS) --test-timeout=1800000 $(FAULT_TESTS)

bench: $(INSTALLED) control-plane ## measure the numbers of docs/performance.md (BENCH_NODES="1 50 200", BENCH_GROUPS="4 20 100", BENCH_JSON=file)
	@$(NODE) test/bench/main.ts

unit: $(INSTALLED) ## run the tests that need no control plane
	$(NODE) $(TEST_FLAGS) --test-timeout=60000 $(UNIT_TESTS)

check: lint types unit ## lint, types and unit tests

lint: $(INSTALLED) ## format and lint rules, changing nothing
	$(NODE) node_modules/.bin/biome check .

format: $(INSTALLED) ## apply the format and the safe lint fixes
	$(NODE) node_modules/.bin/biome check --write .

types: $(INSTALLED) ## check the types
	$(NODE) node_modules/.bin/tsc -p .

generate: $(INSTALLED) ## write config/crd from the schemas in api/
	$(NODE) hack/generate.ts

generate-check: $(INSTALLED) ## fail if "make generate" would change something
	$(NODE) hack/generate.ts --check

control-plane: $(INSTALLED) ## find or build etcd, kube-apiserver, kube-controller-manager and kubectl, and print where they are
	@$(NODE) devcluster/control-plane/main.ts

clean: ## remove what was installed here; built control planes stay in ~/.cache/sei-devcluster
	rm -rf node_modules dist

# --loglevel=error: npm itself may run on an older Node.js than the packages want, and would warn about each of them.
$(INSTALLED): package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or newer with npm, from https://nodejs.org/en/download' >&2; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@test -x $(NODE) || { echo 'npm installed no Node.js for this machine (supported: Linux x64 and arm64 with glibc, macOS x64 and arm64; npm config "omit" must not list optional)' >&2; exit 1; }
	@touch $@
