"""The chart's templates that manifests become, and what is changed in each."""

from dataclasses import dataclass, field
from pathlib import Path

from charts.changes import SUFFIX, Change, Conditions, append, applied, only_if, suffixed
from localcluster.release import REGISTRY, version

COMMON = ".Values.common.create"
CRDS = f"and {COMMON} .Values.crds.create"
KEEP = "  annotations: {helm.sh/resource-policy: keep}   # uninstalling deletes no monitor\n"


@dataclass(frozen=True)
class Template:
    """A manifest of the checkout, where it is rendered, its changes, and which of its documents have a condition."""

    source: str
    condition: str = ""
    changes: tuple[Change, ...] = ()
    only: Conditions = field(default_factory=dict)
    name: str = ""

    @property
    def file(self) -> str:
        """The template's name."""
        return self.name or Path(self.source).name

    def rendered(self, checkout: Path) -> str:
        """Return the template's text. Raises Unexpected."""
        text = applied(self.source, (checkout / self.source).read_text(), self.changes, self.only)
        header = f"{{{{- /* Generated from {self.source} by `make chart`; do not edit. */}}}}\n"
        return header + only_if(self.condition, text)


def _others(name: str, quote: str = "") -> str:
    """Return a list's entries: the name, and those of the other operators of this account."""
    each = f", {quote}{name}{{{{ . }}}}{quote}"
    return f"{quote}{name}{quote}{{{{ range .Values.otherOperators }}}}{each}{{{{ end }}}}"


def _listed(entries: str, value: str) -> Change:
    """Return the change of a CEL list of strings; that of none has the empty string, which gives the list its type."""
    return Change(f'"{entries}"', f"""\"['{{{{ join "', '" .Values.admission.{value} }}}}']\"""")


DEPLOYMENT = (
    suffixed("metadata:\n  name: refit-operator"),
    Change("app: refit-operator}", f"app: refit-operator{SUFFIX}}}", times=4),
    Change("replicas: 1", "replicas: {{ .Values.replicas }}"),
    append("      serviceAccountName: refit-operator\n", '      {{- include "refit.pod" . | nindent 6 }}\n'),
    append(
        "{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 30}\n",
        "      {{- with .Values.tolerations }}\n      {{- toYaml . | nindent 6 }}\n      {{- end }}\n",
    ),
    Change("image: refit-operator", 'image: {{ include "refit.image" . }}'),
    Change("imagePullPolicy: IfNotPresent", "imagePullPolicy: {{ .Values.image.pullPolicy }}"),
    Change(
        '        - {name: REFIT_PROMETHEUS_URL, value: "http://prometheus.monitoring:9090"}\n'
        "        # Where tenants share it: {name: REFIT_PROMETHEUS_NAMESPACE_LABEL, value: namespace}, "
        "docs/how-to/prometheus-credentials.md.\n"
        '        # To train a few at a time: {name: REFIT_MAX_CONCURRENT_RUNS, value: "8"}, '
        "docs/how-to/limit-concurrent-runs.md.\n"
        '        # To share a cluster with other operators: {name: REFIT_NAMESPACES, value: "prod-*"}, '
        "docs/how-to/share-namespaces.md.\n",
        "",
    ),
    Change("https://refit-progress.", f"https://refit-progress{SUFFIX}."),
    Change(
        "        # Who trains doesn't judge: the judge of monitors whose gate.image names none.\n"
        f'        - {{name: REFIT_JUDGE_IMAGE, value: "{REGISTRY}/trainer:{version()}"}}\n',
        '        {{- include "refit.env" . | nindent 8 }}\n',
    ),
    Change(
        "resources:\n          requests: {cpu: 50m, memory: 128Mi}\n          limits: {memory: 512Mi}\n",
        "resources:\n          {{- toYaml .Values.resources | nindent 10 }}\n",
    ),
    append(
        "        seccompProfile: {type: RuntimeDefault}\n",
        "        {{- if .Values.audit.claim }}\n        fsGroup: 10001\n"
        "        fsGroupChangePolicy: OnRootMismatch\n        {{- end }}\n",
    ),
    append("        - {name: tmp, mountPath: /tmp}\n", '        {{- include "refit.mounts" . | nindent 8 }}\n'),
    append("      - {name: tmp, emptyDir: {}}\n", '      {{- include "refit.volumes" . | nindent 6 }}\n'),
)
RBAC = (
    Change("resourceNames: [refit-operator]", f"resourceNames: [{_others('refit-operator')}]"),
    Change("resourceNames: [refit-progress-tls]", f"resourceNames: [{_others('refit-progress-tls')}]"),
)
LIMITS = (
    _listed("['*']", "images"),
    _listed("['']", "priorityClasses"),
    _listed("['nvidia']", "runtimeClasses"),
    _listed(
        "['cluster-autoscaler.kubernetes.io/safe-to-evict', 'kueue.x-k8s.io/*', 'prometheus.io/*']", "podAnnotations"
    ),
)
GUARD = (Change("\"['refit-progress-tls']\"", f'"[{_others("refit-progress-tls", quote=chr(39))}]"'),)
NETWORK = (
    suffixed("metadata: {name: refit-operator"),
    Change("app: refit-operator}", f"app: refit-operator{SUFFIX}}}", times=2),
    Change(
        "    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}\n",
        "    {{- range .Values.networkPolicy.metricsFrom }}\n"
        "    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ . | quote }}}}\n"
        "    {{- end }}\n",
    ),
)
PROGRESS = (
    suffixed("name: refit-progress"),
    Change("app: refit-operator}", f"app: refit-operator{SUFFIX}}}", times=2),
)
ONE_NAMESPACE = (Change("namespace: shop", "namespace: {{ .Values.watchNamespace | quote }}"),)
REVIEWS = {("ClusterRole", "refit-operator-reviews"): COMMON, ("ClusterRoleBinding", "refit-operator-reviews"): COMMON}


def _base(name: str, condition: str, changes: tuple[Change, ...] = (), only: Conditions | None = None) -> Template:
    return Template(f"manifests/base/{name}", condition, changes, only or {})


def _crd(plural: str) -> Template:
    keep = append(f"  name: {plural}.refit.dev\n", KEEP)
    return Template(f"crds/refit.dev_{plural}.yaml", CRDS, (keep,), name=f"crd-{plural}.yaml")


TEMPLATES = (
    _crd("modelmonitors"),
    _crd("retrainruns"),
    _base("rbac.yaml", COMMON, RBAC, {("ClusterRoleBinding", "refit-operator"): "not .Values.watchNamespace"}),
    _base("run-guard.yaml", COMMON),
    _base("monitor-guard.yaml", COMMON),
    _base("monitor-limits.yaml", COMMON, LIMITS),
    _base("pod-guard.yaml", COMMON),
    _base("operator-guard.yaml", COMMON, GUARD),
    _base("shadow-guard.yaml", COMMON),
    _base("network.yaml", ".Values.networkPolicy.create", NETWORK),
    _base("deployment.yaml", "", DEPLOYMENT),
    _base("progress.yaml", "", PROGRESS),
    Template(
        "manifests/overlays/namespaced/rbac.yaml",
        ".Values.watchNamespace",
        ONE_NAMESPACE,
        REVIEWS,
        name="one-namespace.yaml",
    ),
)
WITHOUT = {"namespace.yaml": "Helm keeps its record of the release in that namespace, which has to be there before"}
"""Of manifests/base, what the chart hasn't got, and why."""
