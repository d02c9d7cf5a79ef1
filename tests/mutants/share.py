"""Bugs by which an operator would serve another's namespaces, or leave out its own."""

from tests.mutants.mutant import Mutant

SELECTION = ("tests/unit/api/test_selection.py",)
ENTRIES = ("tests/unit/controller/test_served_namespaces.py",)
MEMORY = ("tests/unit/controller/test_nothing_kept.py",)
OVERLAP = ("tests/unit/leadership/test_overlap.py",)
STALL = ("tests/unit/run/test_stall.py",)
AUTHENTICATION = ("tests/unit/progress/test_authentication.py",)

SHARED = (
    Mutant(
        "the first entry that matches decides",
        "api/selection.py",
        "for entry in reversed(self.entries)",
        "for entry in self.entries",
        SELECTION,
    ),
    Mutant(
        "a list of exceptions selects nothing",
        "api/selection.py",
        "return not self.entries or not self.entries[0].serves",
        "return not self.entries",
        SELECTION,
    ),
    Mutant(
        "an entry that never decides is taken",
        "api/selection.py",
        "(_empty, _no_pattern, _too_long, _never_decides)",
        "(_empty, _no_pattern, _too_long)",
        SELECTION,
    ),
    Mutant(
        "a nameless entry is taken",
        "api/selection.py",
        "(_empty, _no_pattern, ",
        "(_no_pattern, ",
        SELECTION,
    ),
    Mutant(
        "one namespace and a selection are set, and one of them holds",
        "settings.py",
        "if self.namespace and self.namespaces:",
        "if False:",
        ENTRIES,
    ),
    Mutant(
        "a monitor that isn't served is enqueued by its event",
        "controller/handlers.py",
        "        if ref.namespace not in served:\n            return\n",
        "",
        ENTRIES,
    ),
    Mutant(
        "a monitor that isn't served is enqueued by an event of its runs",
        "controller/handlers.py",
        'if MONITOR_LABEL in labels and (namespace or "") in served:',
        "if MONITOR_LABEL in labels:",
        ENTRIES,
    ),
    Mutant(
        "a monitor that isn't served is enqueued by the list",
        "controller/supervisor.py",
        "list_objects(MONITOR, settings.namespace, served=settings.selection)",
        "list_objects(MONITOR, settings.namespace)",
        ENTRIES,
    ),
    Mutant(
        "runs that aren't served take places",
        "run/places.py",
        "list_objects(RUN, namespace, served=served)",
        "list_objects(RUN, namespace)",
        ENTRIES,
    ),
    Mutant(
        "Jobs that aren't served are kept while places are counted",
        "run/places.py",
        "list_objects(JOB, namespace, RUN_LABEL, served=served)",
        "list_objects(JOB, namespace, RUN_LABEL)",
        ENTRIES,
    ),
    Mutant(
        "what isn't served is noted as read",
        "kubernetes_api/client.py",
        'found = (item for item in answer["items"] or () if item["metadata"].get("namespace", "") in served)',
        'found = answer["items"]',
        ENTRIES,
    ),
    Mutant(
        "a report of another operator's namespace is taken",
        "progress/authentication.py",
        "if identity.ref.namespace not in self._served:",
        "if False:",
        AUTHENTICATION,
    ),
    Mutant(
        "a pod that reports to another operator is ended for its silence",
        "run/rules/checks/stall.py",
        "o.reporting is not None and o.job.reports_to == o.reporting.url",
        "True",
        STALL,
    ),
    Mutant(
        "kopf keeps something of each object of the cluster",
        "controller/supervisor.py",
        "        memories=NoMemories(),\n",
        "",
        MEMORY,
    ),
    Mutant(
        "an operator that has ended still serves",
        "leadership/rules/overlap.py",
        ' and then.get("spec") != spec',
        "",
        OVERLAP,
    ),
    Mutant(
        "an operator overlaps with itself",
        "leadership/rules/overlap.py",
        "    others.pop(own, None)\n",
        "",
        OVERLAP,
    ),
    Mutant(
        "a Lease says nothing of a selection",
        "kubernetes_api/lease.py",
        "NAMESPACES_ANNOTATION: self.namespaces}",
        'NAMESPACES_ANNOTATION: ""}',
        OVERLAP,
    ),
    Mutant(
        "the list of monitors is held against no other operator",
        "controller/supervisor.py",
        "            if overlap:\n                await overlap.check(namespaces)\n",
        "",
        ENTRIES,
    ),
)
