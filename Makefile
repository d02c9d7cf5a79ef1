# `make help` lists what there is. Everything slow is built once, outside the checkout (REFIT_CACHE, default ~/.cache/refit).
.DEFAULT_GOAL := help
SHELL := /bin/bash

# The Python that sets things up: 3.11 or later, nothing installed in it.
PYTHON3 ?= python3
include localcluster/Makefile.inc

export PYTHONPATH := operator:trainer_image:.
# The Python that has the packages of requirements-dev.lock; made on first use.
PYTHON = $(eval PYTHON := $(shell $(PYTHON3) -m localcluster.virtualenv))$(or $(PYTHON),$(error no Python environment))
DEPTRY = 2> >(grep -v '^Assuming' >&2) $$(dirname $(PYTHON))/deptry --no-ansi
# What a test there leaves open shows when its memory is collected, in whichever test that is: seen, and no failure.
# A Prometheus to start for a test: the installed one, else built once.
WITH_PROMETHEUS = PATH="$$PATH:$$($(PYTHON3) -m localcluster prometheus)"
# A Helm to call, built once.
WITH_HELM = PATH="$$($(PYTHON3) -m localcluster helm):$$PATH"
IN_CLUSTER = eval "$$($(PYTHON3) -m localcluster env)" && \
    PYTEST_ADDOPTS="-W default::ResourceWarning -W default::pytest.PytestUnraisableExceptionWarning"

.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help:  ## show this
	@awk -F ':.*##' '/^[a-z0-9-]+:.*##/ {printf "%-17s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: cluster-up  ## the main job on real input: drift, retraining, promotion (about seven minutes after set-up)
	$(IN_CLUSTER) $(PYTHON) -m demo

test: cluster-up coverage test-chart test-trainer test-cluster  ## all tests, on a real node

test-unit:  ## decisions, documents, tools: no network, no cluster
	$(PYTHON) -m pytest tests/unit

test-chart:  ## the Helm chart, rendered by a real Helm, against what kustomize makes of manifests/
	$(IN_CLUSTER) $(WITH_HELM) $(PYTHON) -m pytest tests/charts

test-wire:  ## a real Prometheus, hostile answers
	$(WITH_PROMETHEUS) $(PYTHON) -m pytest tests/wire

coverage:  ## test-unit and test-wire, and how much of each package of the operator they ran
	$(WITH_PROMETHEUS) $(PYTHON) -m coverage run -m pytest tests/unit tests/wire
	$(PYTHON) -m tests.floors

test-trainer:  ## real training on small real data, inside the trainer's image
	data=$$($(PYTHON) -m demo.data) && recordings=$$($(PYTHON) -m benchmarks.recordings) && \
	    s3=$$($(PYTHON3) -m localcluster s3-server) && \
	    $(PYTHON3) -m localcluster run-image -v "$$data:/data:ro" -v "$$recordings:/recordings:ro" -v "$$s3:/s3:ro" trainer -- \
	    env REFIT_DATA=/data REFIT_RECORDINGS=/recordings REFIT_VERSITYGW=/s3/versitygw python -m pytest -n 2 --dist worksteal tests/trainer

CLUSTER_TESTS = tests/cluster
test-cluster:  ## a real API server, kubelet and Prometheus; the tests leave the processors to the pods that they wait for
	$(PYTHON3) -m localcluster s3-server > /dev/null
	$(IN_CLUSTER) $(WITH_PROMETHEUS) nice -n 5 $(PYTHON) -m pytest -n 6 --maxschedchunk 1 $(CLUSTER_TESTS)

# In a corner of this machine with an engine of its own, where none answers. A cluster whose tests fail is left as it is.
ON_KIND = $(PYTHON) -m tests.kind run $(MAKE) --no-print-directory
# What meets the cluster: its nodes, volumes, network, images, admission. The rest of tests/cluster follows the operator's decisions,
# for which the kind of cluster makes no difference: make test-kind CLUSTER_TESTS=tests/cluster runs all.
MEET_THE_CLUSTER = localcluster disposable loop runs conditions admission overrides storage pending rollout_room leadership target \
    queue failure_events training_ends reports deleted progress surroundings watchdog
test-kind: CLUSTER_TESTS = $(MEET_THE_CLUSTER:%=tests/cluster/test_%.py)
test-kind:  ## the loop and what meets the cluster on kind, then three nodes (not part of `test`; about half an hour)
	$(PYTHON) -m tests.kind prepare
	$(ON_KIND) cluster-up test-cluster cluster-down CLUSTER_TESTS="$(CLUSTER_TESTS)"
	$(ON_KIND) test-nodes cluster-down
	$(PYTHON) -m tests.kind down

test-nodes: export REFIT_KIND_WORKERS := 2
test-nodes:  ## nodes drained and lost, claims on another node: a kind cluster with two workers (about fifteen minutes)
	$(LOCALCLUSTER) up --images operator stub
	$(IN_CLUSTER) $(PYTHON) -m pytest tests/nodes

test-tasks: cluster-up  ## the whole loop for images and voices (not part of `test`; about ten minutes)
	$(IN_CLUSTER) $(PYTHON) -m pytest -s -m tasks tests/cluster/test_tasks.py

test-kueue: cluster-up  ## runs in a real queue: Kueue, built and installed for as long as it takes (not part of `test`)
	kueue=$$($(PYTHON3) -m localcluster kueue) && \
	    $(IN_CLUSTER) REFIT_KUEUE="$$kueue" $(PYTHON) -m pytest -m kueue tests/cluster/test_kueue.py

test-targets: cluster-up  ## targets of Argo Rollouts and KServe by their CRDs, installed for as long as it takes (not part of `test`)
	crds=$$($(PYTHON3) -m localcluster target-crds) && \
	    $(IN_CLUSTER) REFIT_TARGET_CRDS="$$crds" $(PYTHON) -m pytest -m crds tests/cluster/test_installed_kinds.py

test-gitops: cluster-up  ## Flux, built and installed for as long as it takes, applies what the operator promotes to (not part of `test`)
	flux=$$($(PYTHON3) -m localcluster flux) && s3=$$($(PYTHON3) -m localcluster s3-server) && \
	    $(IN_CLUSTER) REFIT_FLUX="$$flux" REFIT_VERSITYGW="$$s3/versitygw" $(PYTHON) -m pytest -s -x -m gitops tests/cluster/test_gitops.py

test-in-place: cluster-up  ## models changed without a restart, on the node, and by a rollout beside it (not part of `test`)
	$(IN_CLUSTER) $(PYTHON) -m pytest -n 2 --maxschedchunk 1 -m in_place tests/cluster/test_in_place.py

test-install: cluster-up  ## the chart installed, upgraded, uninstalled and installed again by a real Helm (not part of `test`; about ten minutes)
	$(IN_CLUSTER) $(WITH_HELM) $(PYTHON) -m pytest -m install tests/cluster/test_install.py

test-quickstart: cluster-up  ## docs/getting-started.md by its own commands, with the clock, on the cluster without Refit (not part of `test`; about ten minutes)
	$(IN_CLUSTER) $(PYTHON) -m tests.quickstart

record-kstatus: cluster-up  ## the demo, with every version of its monitors and runs judged by kstatus (ten minutes)
	$(IN_CLUSTER) $(PYTHON) -m tests.gitops.recorded --into docs/reliability/kstatus.jsonl -- $(PYTHON) -m demo
	$(PYTHON) -m tests.gitops.page

test-shadow: cluster-up  ## candidates that answer copies of live requests before they serve (not part of `test`; about ten minutes)
	$(IN_CLUSTER) $(PYTHON) -m pytest -n 2 --maxschedchunk 1 -m shadow tests/cluster/test_shadow.py

test-dashboard:  ## the Grafana dashboard: against Grafana's own types (needs Node.js), and drawn of a real Prometheus (not part of `test`)
	$(WITH_PROMETHEUS) $(PYTHON) -m pytest tests/dashboard

# The operator that is installed is taken away in the end, when nothing else stands on it.
test-alerts: cluster-up  ## each alert fired for real, and its runbook followed to the end (not part of `test`; about ten minutes)
	$(IN_CLUSTER) $(WITH_PROMETHEUS) $(PYTHON) -m pytest -n 4 --dist worksteal -m alerts tests/cluster/test_alerts.py tests/cluster/test_operator_alerts.py
	$(IN_CLUSTER) $(WITH_PROMETHEUS) $(PYTHON) -m pytest -m alerts tests/cluster/test_installed_alerts.py

test-doctor: cluster-up  ## forty faulty set-ups, and what lint, doctor and the status say of each (not part of `test`; about five minutes)
	$(IN_CLUSTER) REFIT_DIAGNOSIS=$(CURDIR)/docs/reference/diagnosis.jsonl \
	    $(PYTHON) -m pytest -n 4 --maxschedchunk 1 -m doctor tests/cluster/test_doctor.py
	$(PYTHON) -m tests.diagnosis.page

# Each edge by the Python that has its code: the operator's here, the trainer's and the server's in their image.
FUZZ_IN_IMAGE = requests rows model_folders
fuzz: export REFIT_FUZZ_EXAMPLES ?= 10000
fuzz: cluster-up  ## inputs of each edge, generated: monitors, queries, answers of Prometheus, reports, requests, rows, model folders (not part of `test`)
	$(IN_CLUSTER) $(PYTHON) -m pytest -n 2 --dist worksteal $(FUZZ_IN_IMAGE:%=--ignore tests/fuzz/test_%.py) tests/fuzz
	$(PYTHON3) -m localcluster run-image trainer -- env REFIT_FUZZ_EXAMPLES=$$((REFIT_FUZZ_EXAMPLES / 20)) \
	    python -m pytest -n 2 --dist worksteal $(FUZZ_IN_IMAGE:%=tests/fuzz/test_%.py)

hostile: cluster-up  ## every hostile vector on the cluster, with the answer to each (`test` plays them too; about a minute)
	$(IN_CLUSTER) $(PYTHON) -m pytest -q -s tests/cluster/test_hostile.py

mutants:  ## known bugs, put into a copy one by one: a unit test must catch each
	$(WITH_HELM) $(PYTHON) -m tests.mutants

faults: cluster-up  ## a loop for each fault at each call that writes, and of what the operator depends on, and of many monitors at once (not part of `test`; over an hour)
	$(IN_CLUSTER) $(WITH_PROMETHEUS) $(PYTHON) -m tests.faults --into docs/reliability
	$(MAKE) requests

faults-crashes: cluster-up  ## the operator killed, its answer lost and 409 at each call that writes (about fifteen minutes)
	$(IN_CLUSTER) $(PYTHON) -m tests.faults --group calls --modes kill-before kill-after lose-answer 409

requests: cluster-up  ## requests lost at the model server while what serves changes (two minutes)
	$(IN_CLUSTER) REFIT_TEST_RATE=50 REFIT_TEST_INTO=docs/reliability $(PYTHON) -m pytest -s tests/cluster/test_requests.py
	$(MAKE) reliability

reliability:  ## generate docs/reliability.md from the records
	$(PYTHON) -m tests.faults.report

bench-calibration:  ## the threshold for drifts that really happened: sentences of four kinds
	data=$$($(PYTHON) -m demo.data) && $(PYTHON3) -m localcluster run-image -v "$$data:/data:ro" trainer -- \
	    env REFIT_DATA=/data python -m benchmarks.calibration /tmp/calibration

matrix: cluster-up  ## every kind of reading in every stage of a run, and the table of them (not part of `test`; about ten minutes)
	$(IN_CLUSTER) REFIT_MATRIX=$(CURDIR)/docs/reliability/matrix.jsonl \
	    $(PYTHON) -m pytest -n 4 --dist worksteal -m "" tests/cluster/test_matrix.py
	$(PYTHON) -m tests.matrix.report

bench-train:  ## how fast the methods learn, what they forget, what few labels do (about an hour)
	$(PYTHON) -m benchmarks.bench_train

bench-memory:  ## memory and disk of a training by its number of rows, up to ten million (an hour)
	$(PYTHON) -m benchmarks.bench_memory

bench-in-place: cluster-up  ## a model changed in place and by a rolling update: seconds, requests, memory (five minutes)
	$(IN_CLUSTER) $(PYTHON) -m benchmarks.bench_in_place

bench-shadow:  ## how often candidates, good and poor ones, answer as what serves (five minutes)
	$(PYTHON) -m benchmarks.bench_shadow

bench-decisions:  ## how often decisions are wrong, and how late they are: simulated, seeded (minutes)
	$(PYTHON) -m benchmarks.decisions

bench-scale: cluster-up  ## what many monitors cost, against what one would write instead (forty minutes)
	$(IN_CLUSTER) $(WITH_PROMETHEUS) $(PYTHON) -m benchmarks.scale

bench-scarce:  ## what is seen without labels and what labels are worth: sentences, images, recordings (twenty minutes)
	$(PYTHON) -m benchmarks.bench_scarce
	$(PYTHON) -m benchmarks.bench_labels

bench-tasks:  ## every task on real data that drifts, through the contract (about an hour)
	$(PYTHON) -m benchmarks.bench_tasks

verify: lint types layers dependencies check-crds check-chart check-lock check-reliability check-matrix check-benchmarks check-vocabulary check-metrics check-docs check-screens check-diagnosis  ## lint, types, layers, drift of what is generated, words, sizes
	$(PYTHON) -m tests.sizes

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

layers:
	$$(dirname $(PYTHON))/lint-imports

check-crds:
	$(PYTHON) -m refit_operator.api.crd --check crds
	$(PYTHON) -m refit_operator.api.reference --check docs/reference/conditions.md
	$(PYTHON) -m refit_operator.api.audit --check docs/reference/audit.schema.json

check-chart:
	$(PYTHON) -m charts --check
check-metrics:
	$(PYTHON) -m tests.metrics_page --check
	$(PYTHON) -m tests.monitoring --check

check-docs:
	$(PYTHON) -m tests.reference --check
	$(PYTHON) -m tests.site.llms --check

check-screens:
	$(PYTHON) -m tests.screens --check

check-diagnosis:
	$(PYTHON) -m tests.diagnosis.page --check

check-benchmarks:
	$(PYTHON) -m benchmarks.bench_tasks --check
	$(PYTHON) -m benchmarks.bench_train --check
	$(PYTHON) -m benchmarks.bench_memory --check
	$(PYTHON) -m benchmarks.bench_in_place --check
	$(PYTHON) -m benchmarks.decisions --check
	$(PYTHON) -m benchmarks.scale --check
	$(PYTHON) -m benchmarks.bench_scarce --check
	$(PYTHON) -m benchmarks.bench_labels --check
	$(PYTHON) -m benchmarks.gpu --check
	$(PYTHON) -m benchmarks.bench_shadow --check

check-reliability:
	$(PYTHON) -m tests.faults.report --check
	$(PYTHON) -m tests.gitops.page --check

check-matrix:
	$(PYTHON) -m tests.matrix.report --check

check-vocabulary:
	$(PYTHON) -m tests.vocabulary

check-lock:
	$(PYTHON) -m localcluster.lock --check

lock:  ## pin what the images and the environment of the tests install, with hashes
	$(PYTHON) -m localcluster.lock

sbom:  ## write what is in the images and in the environment of the tests to dist/, as CycloneDX
	mkdir -p dist
	for image in operator trainer; do \
	    $(PYTHON3) -m localcluster run-image $$image -- cat /opt/sbom.cdx.json > dist/$$image.cdx.json || exit 1; done
	$$(dirname $$($(PYTHON3) -m localcluster.virtualenv trainer_image/sbom.lock))/cyclonedx-py environment \
	    --output-reproducible --of JSON -o dist/dev.cdx.json $(PYTHON)

release:  ## build a release into dist/: images, chart, manifests, bills of materials, checksums; REFIT_REGISTRY names a registry
	rm -rf dist && $(MAKE) sbom
	$(PYTHON3) -m localcluster.release

# An area's own extra is checked for missing and unused packages; tests and tools may use every extra.
dependencies:  ## every package that is imported is declared in pyproject.toml, and every declared one is used
	$(DEPTRY) operator/refit_operator --optional-dependencies-dev-groups trainer,demo,cli,dev
	$(DEPTRY) operator/refit_cli --optional-dependencies-dev-groups operator,tracing,trainer,demo,dev --ignore DEP002
	$(DEPTRY) trainer_image --optional-dependencies-dev-groups operator,tracing,cli,demo,dev
	$(DEPTRY) demo --optional-dependencies-dev-groups operator,tracing,cli,trainer,dev
	$(DEPTRY) tests benchmarks localcluster charts --optional-dependencies-dev-groups operator,tracing,cli,trainer,demo --ignore DEP004

crds:  ## generate crds/ from refit_operator.api
	$(PYTHON) -m refit_operator.api.crd crds
	$(PYTHON) -m refit_operator.api.reference docs/reference/conditions.md
	$(PYTHON) -m refit_operator.api.audit docs/reference/audit.schema.json
	$(PYTHON) -m charts

chart:  ## generate the Helm chart from manifests/, crds/ and the operator's settings
	$(PYTHON) -m charts

metrics-page:  ## generate docs/reference/metrics.md from the tables of metrics
	$(PYTHON) -m tests.metrics_page

screens:  ## draw what kubectl refit prints into docs/pictures
	$(PYTHON) -m tests.screens

monitoring:  ## generate PrometheusRule and Grafana dashboard in manifests/monitoring
	$(PYTHON) -m tests.monitoring

reference:  ## generate the pages of docs/reference that are made of types, then docs/llms.txt
	$(PYTHON) -m tests.reference
	$(PYTHON) -m tests.site.llms

llms:  ## generate docs/llms.txt from the menu in mkdocs.yml and the pages' first sentences
	$(PYTHON) -m tests.site.llms

docs:  ## build the documentation's site into out/site; a link that leads nowhere fails it
	$(PYTHON) -m tests.site

format:  ## format the code
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
