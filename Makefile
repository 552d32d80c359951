# Every recurring task is a target here; .ci/run runs the same targets.
# The Go command and npx fetch the tools at the versions pinned below. Nothing is installed outside their caches.

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0
OASDIFF       := github.com/oasdiff/oasdiff@v1.37.0
APIDIFF       := golang.org/x/exp/cmd/apidiff@v0.0.0-20261113113407-e3970619a1a4
ACTIONLINT    := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
REDOCLY       := @redocly/cli@2.77.0

## packages for test, fuzz and bench
PKG ?= ./...
## 1 makes test use the race detector, which needs a C compiler
RACE ?=
## more flags for test, such as '-run TestGet -v'
TESTFLAGS ?=
## flags for fake
FLAGS ?=
## time for each fuzz target, such as 5m or 1000x
FUZZTIME ?= 30s
## duration of soak
DURATION ?= 1m
## seed of the soak; 0 selects another one each time
SEED ?= 0
## regular expression of the benchmarks to run
BENCH ?= .
## number of runs of each benchmark; benchstat needs 10
COUNT ?= 1

# Every module of the tree. Packages that import a database driver, a queue, telemetry or a comparison tool are in modules of
# their own, so that users of the client do not depend on them.
MODULES := . $(patsubst %/go.mod,%,$(wildcard */go.mod */*/go.mod */*/*/go.mod))

# The modules that users get, each after those that it requires. A release has one tag for each.
RELEASED := . client/postgres client/exportjob client/cmd/highlevel

# The other Go line that the Go team supports.
OTHER_GO := go1.27.3

# Further platforms to vet: 32-bit integers, another operating system, WebAssembly.
PLATFORMS := linux/386 windows/amd64 js/wasm

# $(call each,command) runs a command in every module and stops at the first failure.
each = @set -e; for module in $(MODULES); do echo "== $$module"; (cd "$$module" && $(1)); done

# The tests start a PostgreSQL server. If it is not installed, they are skipped, and fail with CI=true.
POSTGRES = $(or $(wildcard /usr/lib/postgresql/*/bin/initdb),$(shell command -v initdb))

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets and variables
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo; echo 'Variables, as in "make fuzz FUZZTIME=5m":'
	@awk '/^## / {text = substr($$0, 4)} / [?]=/ {printf "  %-10s %-6s %s\n", $$1, $$3, text}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## call the seven operations on an embedded fake of the API
	go run ./client/examples/quickstart

.PHONY: test
test: ## test every module; RACE=1 adds the race detector, PKG=./client tests one package
	@$(if $(POSTGRES),:,echo 'PostgreSQL not found: its tests are skipped; to install it on Debian: apt-get install postgresql')
	@$(if $(filter ./...,$(PKG)),.ci/test '$(if $(RACE),-race )$(TESTFLAGS)' $(MODULES),go test $(if $(RACE),-race) $(TESTFLAGS) $(PKG))

.PHONY: vet-platforms
vet-platforms: ## vet every module for 32-bit integers, another operating system, and WebAssembly
	@set -e; for platform in $(PLATFORMS); do for module in $(MODULES); do echo "== vet $$platform $$module"; \
		(cd "$$module" && GOOS=$${platform%/*} GOARCH=$${platform#*/} go vet ./...); done; done

.PHONY: prove
prove: ## run the long tests in full, such as those that kill hundreds of processes (needs PostgreSQL)
	$(call each,PROVE=full go test -count 1 -timeout 60m -run 'Kill|Crash|Proof|Process' -v ./...)

.PHONY: fake
fake: ## run the fake API at http://127.0.0.1:8787; FLAGS='--help' lists its flags
	cd client/cmd/highlevel && go run . fake $(FLAGS)

.PHONY: test-foreign
test-foreign: ## call the fake with the vendor's TypeScript SDK (needs Node.js)
	cd client/clienttest/foreign && npm ci --no-audit --no-fund
	FOREIGN=required go test -count 1 -v ./client/clienttest/foreign

.PHONY: generate
generate: ## write gen/gen.go from api/contacts.yaml
	go generate ./...

.PHONY: check-generate
check-generate: ## fail if 'make generate' or 'go mod tidy' would change a file
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

.PHONY: lint-workflows
lint-workflows: ## lint the workflows, and the scripts of .ci if ShellCheck is installed
	go run $(ACTIONLINT)
	$(if $(shell command -v shellcheck),shellcheck --severity warning $(filter-out .ci/trial,$(wildcard .ci/*)),@echo 'ShellCheck not found: the scripts were not checked')

.PHONY: fuzz
fuzz: ## run each fuzz target of PKG for FUZZTIME, one after another, in all modules
	.ci/fuzz $(FUZZTIME) $(PKG)

.PHONY: soak
soak: ## make random calls for DURATION against a fake with random faults
	go test -count 1 -run '^TestSoak$$' -v ./client -soak.duration=$(DURATION) -soak.seed=$(SEED)

.PHONY: bench
bench: ## run the benchmarks, with allocations
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) $(PKG)

.PHONY: bench-scale
bench-scale: ## measure rate limits and tokens shared by several processes (needs PostgreSQL; takes two minutes)
	cd client/postgres && CI=true PROVE=full go test -count 1 -run 'TestProof_PacerOfProcesses/steady' -v .
	cd client/postgres && CI=true go test -run '^$$' -bench . -benchtime 5s .

.PHONY: cover
cover: ## print the test coverage of the packages below client/
	go test -coverpkg ./client/... -coverprofile .cover.out ./...
	@go tool cover -func .cover.out | tail -n 1
	@echo 'line by line: go tool cover -html .cover.out'

# ---- checks for a release, and of changes outside the repository ----

## version for version and release, such as v0.1.0; that of client/internal/httpx if empty
VERSION ?=
## 'yes' makes release create the tags; otherwise it only checks
TAG ?=
## path of the vendor's document for drift, or a pattern for several; the newest if empty
VENDOR ?=
## commit or tag that apidiff compares with; the newest release if empty
BASE ?=

.PHONY: tidy
tidy: ## run 'go mod tidy' in every module
	$(call each,go mod tidy)

.PHONY: apidiff
apidiff: ## compare the exported API with that of the newest release, or of BASE
	.ci/apidiff $(APIDIFF) '$(BASE)' $(filter-out client/cmd/%,$(RELEASED))

.PHONY: consumer
consumer: ## check which modules a program that imports the client depends on
	.ci/consumer

.PHONY: drift
drift: ## print what the vendor's document has changed since api/vendor.json in the operations of api/contacts.yaml
	@.ci/drift $(OASDIFF) '$(VENDOR)'

.PHONY: live
live: ## compare the real API with api/contacts.yaml (needs HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION); LIVE=write also writes
	go test ./api -count=1 -run Live -v

.PHONY: vuln
vuln: ## check every module for known vulnerabilities (fetches Go's vulnerability database)
	$(call each,go run $(GOVULNCHECK) ./...)

.PHONY: version
version: ## write VERSION=v0.1.0 to client/internal/httpx, and to the go.mod of each module that requires another one
	@test -n '$(VERSION)' || { echo 'version: set VERSION, such as VERSION=v0.2.0' >&2; exit 2; }
	perl -pi -e 's|^(const version = ")[^"]*|$${1}$(VERSION:v%=%)|' client/internal/httpx/httpx.go
	perl -pi -e 's|(github.com/highlevel-contacts/contacts-go\S*) v\d\S*|$$1 $(VERSION)|' $(MODULES:%=%/go.mod)

.PHONY: release
release: ## try VERSION as a user gets it, and print its release notes; TAG=yes also runs the checks and creates the tags
	.ci/release '$(or $(VERSION),v$(shell sed -n 's/^const version = "\(.*\)"$$/\1/p' client/internal/httpx/httpx.go))' '$(TAG)' $(OTHER_GO) $(RELEASED)
