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
## flags for fake and live
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

# Every module of the tree. What names a database, a queue, telemetry or a comparison tool is a module of its own, so that
# users of the client do not depend on it.
MODULES := . $(patsubst %/go.mod,%,$(wildcard */go.mod */*/go.mod */*/*/go.mod))

# The supported Go lines: the two that the Go team supports. The Go command fetches the one that is not installed.
GO_LINES := go1.26.8 go1.27.3
# The platforms that are vetted besides that of the machine: 32-bit integers, another system, no network.
PLATFORMS := linux/386 windows/amd64 js/wasm

# each runs a command in every module and stops at the first failure.
each = @set -e; for module in $(MODULES); do echo "== $$module"; (cd "$$module" && $(1)); done

# Go itself turns cgo off where it finds no C compiler, and the race detector needs cgo.
RACE = $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

# The tests start a server of their own. With CI=true they fail without PostgreSQL.
POSTGRES = $(or $(wildcard /usr/lib/postgresql/*/bin/initdb),$(shell command -v initdb))

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
test: ## vet and test every module with the race detector; PKG=./client tests one package
	@$(if $(RACE),:,echo 'no C compiler found: testing without the race detector')
	@$(if $(POSTGRES),:,echo 'PostgreSQL not found: skipping its tests; on Debian, install it by: apt-get install postgresql')
	$(if $(filter ./...,$(PKG)),$(call each,go vet ./... && go test $(RACE) $(TESTFLAGS) ./...),go vet $(PKG) && go test $(RACE) $(TESTFLAGS) $(PKG))

.PHONY: test-go
test-go: ## vet and test every module on the supported Go lines, and vet it for other platforms
	@set -e; for line in $(GO_LINES); do for module in $(MODULES); do echo "== $$line $$module"; \
		(cd "$$module" && GOTOOLCHAIN=$$line go vet ./... && GOTOOLCHAIN=$$line go test ./...); done; done
	@set -e; for platform in $(PLATFORMS); do echo "== vet $$platform"; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} go vet ./...; done

.PHONY: prove
prove: ## run the proofs in full, such as hundreds of killed processes (takes long; needs PostgreSQL)
	$(call each,PROVE=full go test -count 1 -timeout 60m -run 'Kill|Crash|Proof|Process' -v ./...)

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
	.ci/check-generate $(MODULES)

.PHONY: lint
lint: ## lint the Go code, formatting included
	$(call each,go run $(GOLANGCI_LINT) run)

.PHONY: fmt
fmt: ## format the Go code
	$(call each,go run $(GOLANGCI_LINT) fmt)

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

# ---- guards: what a release promises, and what changes outside the repository ----

## version for release, such as v0.1.0
VERSION ?=
## 'yes' makes release create the tags; otherwise it only checks
TAG ?=
## path or URL of the vendor's document for drift
VENDOR ?= https://raw.githubusercontent.com/GoHighLevel/highlevel-api-docs/main/apps/contacts.json
## commit or tag that apidiff compares with; the newest release if empty
BASE ?=

.PHONY: tidy
tidy: ## run 'go mod tidy' in every module
	$(call each,go mod tidy)

.PHONY: apidiff
apidiff: ## compare the exported API with that of the newest release, or of BASE
	.ci/apidiff $(APIDIFF) $(BASE)

.PHONY: consumer
consumer: ## check which modules reach the build of a program that imports the client
	.ci/consumer

.PHONY: drift
drift: ## compare api/contacts.yaml with the vendor's document at VENDOR and print what is new
	@cd api/drift && go run . -ours ../contacts.yaml -known ../differences.yaml '$(if $(findstring ://,$(VENDOR)),$(VENDOR),$(abspath $(VENDOR)))'

.PHONY: live
live: ## check the real API against api/NOTES.md, read-only; FLAGS='-write -record DIR' does more
	@go run ./client/cmd/livecheck $(FLAGS)

.PHONY: notes
notes: ## write the tables of api/NOTES.md from api/differences.yaml
	cd api/drift && go run . -known ../differences.yaml -notes ../NOTES.md

.PHONY: check-notes
check-notes: ## fail if the tables of api/NOTES.md are not what notes writes
	cd api/drift && go run . -known ../differences.yaml -notes ../NOTES.md -check

.PHONY: vuln
vuln: ## look for known vulnerabilities in every module (fetches Go's database of them)
	$(call each,go run $(GOVULNCHECK) ./...)

.PHONY: release
release: ## check everything for VERSION=v0.1.0 and print its release notes; TAG=yes tags every module
	.ci/release '$(VERSION)' '$(TAG)' $(MODULES)
