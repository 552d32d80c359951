# Everything a person does twice is a target here; .ci/run runs these same targets.
# Tools run at the versions pinned below, through the Go and npm registries; nothing is installed outside their caches.

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0
APIDIFF       := golang.org/x/exp/cmd/apidiff@v0.0.0-20261014143641-f0251eb4aa3e
REDOCLY       := @redocly/cli@2.77.0

## packages for test, fuzz and bench
PKG ?= ./...
## more flags for test, such as '-run TestGet -v'
TESTFLAGS ?=
## flags for fake
FLAGS ?=
## time for each fuzz target, such as 5m or 1000x
FUZZTIME ?= 30s
## how long to soak
DURATION ?= 1m
## decisions of the soak; 0 makes others each time
SEED ?= 0
## regular expression of the benchmarks to run
BENCH ?= .
## runs of each benchmark; benchstat wants 10
COUNT ?= 1

# A module of its own, so that users of the client do not depend on OpenTelemetry.
OTEL := client/examples/otel

# Go itself turns cgo off where it finds no C compiler, and the race detector needs cgo.
RACE = $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets and variables
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo; echo 'Variables, as in "make fuzz FUZZTIME=5m":'
	@awk '/^## / {text = substr($$0, 4)} / [?]=/ {printf "  %-10s %-6s %s\n", $$1, $$3, text}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## walk through the seven operations on an embedded fake of the API
	go run ./client/examples/quickstart

.PHONY: test
test: ## vet, then test with the race detector
	go vet $(PKG)
	@$(if $(RACE),:,echo 'no C compiler found: testing without the race detector')
	go test $(RACE) $(TESTFLAGS) $(PKG)
	cd $(OTEL) && go test $(RACE) ./...

.PHONY: fake
fake: ## run the fake API at http://127.0.0.1:8787; FLAGS='-help' lists its flags
	go run ./client/cmd/fakehighlevel $(FLAGS)

.PHONY: test-foreign
test-foreign: ## call the fake by curl and by the vendor's TypeScript SDK (needs Node.js)
	cd client/clienttest/foreign && npm ci --no-audit --no-fund
	FOREIGN=required go test -count 1 -v ./client/clienttest/foreign

.PHONY: generate
generate: ## write gen/gen.go from api/contacts.yaml
	go generate ./...

.PHONY: check-generate
check-generate: ## fail if gen/ or go.mod is not what generate and 'go mod tidy' make of it
	.ci/check-generate

.PHONY: lint
lint: ## lint the Go code, formatting included
	go run $(GOLANGCI_LINT) run

.PHONY: fmt
fmt: ## format the Go code
	go run $(GOLANGCI_LINT) fmt

.PHONY: lint-spec
lint-spec: ## lint api/contacts.yaml (needs Node.js 20.19 or later)
	REDOCLY_TELEMETRY=off npx --yes $(REDOCLY) lint --config .redocly.yaml api/contacts.yaml

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME, one after another
	.ci/fuzz $(FUZZTIME) $(PKG)

.PHONY: soak
soak: ## make random calls for DURATION while things fail at random
	go test $(RACE) -count 1 -run '^TestSoak$$' -v ./client -soak.duration=$(DURATION) -soak.seed=$(SEED)

.PHONY: bench
bench: ## run the benchmarks, with allocations
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) $(PKG)

.PHONY: cover
cover: ## print the share of statements in client/ that the tests run
	go test -coverpkg ./client/... -coverprofile .cover.out ./...
	@go tool cover -func .cover.out | tail -n 1
	@echo 'line by line: go tool cover -html .cover.out'

.PHONY: apidiff
apidiff: ## fail if the exported API breaks that of the newest release
	.ci/apidiff $(APIDIFF)

.PHONY: vuln
vuln: ## look for known vulnerabilities (fetches Go's database of them)
	go run $(GOVULNCHECK) ./...
