"""Assemble the node: start what does not run, wait until each says it works, and take all of it down again.

`up` on a node of which something still runs repairs it and keeps its data; `up` after `down`, or after everything was
killed, begins a fresh cluster. Programs, certificates and loaded images outlive both.
"""

import shutil
import time
from collections.abc import Callable, Sequence

from localcluster import addresses, control_groups, leftovers, network, ownership, processes
from localcluster.api import get_json, patch_status
from localcluster.binaries import KUBERNETES, program, search_path
from localcluster.certificates import ADMIN, ensure_certificates, kubeconfig
from localcluster.commands import Failed, run, tail
from localcluster.components import ALL, API_SERVER, CONTAINERD, ETCD, KUBELET, LATER, Component
from localcluster.configs import write_configs
from localcluster.containerd import ensure_pause_image, forget_containers
from localcluster.gpus import gpu_patch
from localcluster.paths import PACKAGE, Layout
from localcluster.progress import side_by_side, step

NODE_PATH = f"/api/v1/nodes/{addresses.NODE_NAME}"
START_TIMEOUT_S = 90.0
# The API server waits a minute for watchers to leave; its data is deleted anyway, so that isn't waited for.
STOP_GRACE_S = 2.0


def start_node(layout: Layout) -> None:
    """Bring the node up; every component works when this returns."""
    ownership.claim(layout, KUBELET.pid_file(layout).name)
    if not running(layout):
        with step("clean up"):
            clear(layout)
    ensure_certificates(layout)
    write_configs(layout)
    control_groups.ensure(layout)
    for folder in (layout.volumes, layout.containerd_socket.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with step("network"):
        network.ensure_bridge()
    side_by_side(lambda: _start_control_plane(layout), lambda: _start_containerd(layout))
    side_by_side(*(_starter(layout, component) for component in LATER))
    with step("node is ready"):
        _wait("the node", lambda: _node_is_ready(layout), KUBELET, layout)
        patch_status(layout, NODE_PATH, gpu_patch())
    with step("addons"):
        kubectl(layout, "apply", "--server-side", "--force-conflicts", "-f", str(PACKAGE / "manifests" / "system.yaml"))


def stop_node(layout: Layout) -> None:
    """End the node and remove every process, mount, interface, rule and control group of it."""
    clear(layout)
    ownership.release(layout)


def running(layout: Layout) -> list[Component]:
    """Return the components that run."""
    return [component for component in ALL if processes.read(component.pid_file(layout)) is not None]


def kubectl(layout: Layout, *arguments: str) -> str:
    """Run kubectl as the administrator."""
    return run([program(layout, "kubectl"), "--kubeconfig", kubeconfig(layout, ADMIN), *arguments])


def environment(layout: Layout) -> dict[str, str]:
    """Return what a shell needs to use the node."""
    return {
        "KUBECONFIG": str(kubeconfig(layout, ADMIN)),
        "PATH": search_path(layout, KUBERNETES),
        "REFIT_PROMETHEUS_URL": addresses.PROMETHEUS_URL,
        "REFIT_CLUSTER": "node",
    }


def clear(layout: Layout) -> None:
    """End our processes, then remove what they leave; images and programs stay."""
    # The kubelet first, or it would start again what is ended here.
    for group in ([KUBELET], ALL):
        alive = [process for component in group if (process := processes.read(component.pid_file(layout)))]
        processes.stop(alive, STOP_GRACE_S)
        leftovers.remove_containers(layout)
    leftovers.unmount(layout.state)
    control_groups.remove(control_groups.root(layout))
    network.remove_network()
    shutil.rmtree(layout.state, ignore_errors=True)


def _start_control_plane(layout: Layout) -> None:
    start_component(layout, ETCD)
    start_component(layout, API_SERVER)


def _start_containerd(layout: Layout) -> None:
    was_running = processes.read(CONTAINERD.pid_file(layout)) is not None
    start_component(layout, CONTAINERD)
    is_fresh = not was_running and not leftovers.container_ids(layout)
    if is_fresh and forget_containers(layout):
        # Its CRI plugin had read the records of the last cluster's containers; begin again without them.
        stopped = processes.read(CONTAINERD.pid_file(layout))
        processes.stop([stopped] if stopped else [])
        start_component(layout, CONTAINERD)
    ensure_pause_image(layout)


def _starter(layout: Layout, component: Component) -> Callable[[], None]:
    return lambda: start_component(layout, component)


def start_component(layout: Layout, component: Component) -> None:
    """Start a component unless it runs, and wait until it works; a failure shows the end of its log."""
    with step(component.name):
        if processes.read(component.pid_file(layout)) is None:
            processes.start(
                component.argv(layout), component.log(layout), component.pid_file(layout), dict(component.env)
            )
        _wait(component.name, lambda: component.check(layout), component, layout)


def _wait(what: str, is_done: Callable[[], bool], component: Component, layout: Layout) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while True:
        # Checked first: where ours could not get its port, another program would answer the health check.
        if processes.read(component.pid_file(layout)) is None:
            raise Failed(f"{component.name} exited; {_log_end(layout, component)}")
        if is_done():
            return
        if time.monotonic() > end:
            raise Failed(f"{what} is not ready after {START_TIMEOUT_S:.0f} s; {_log_end(layout, component)}")
        time.sleep(0.1)


def _log_end(layout: Layout, component: Component) -> str:
    log = component.log(layout)
    return f"the end of {log}:\n{tail(log.read_text(errors='replace'))}"


def _node_is_ready(layout: Layout) -> bool:
    try:
        conditions: Sequence[dict[str, str]] = get_json(layout, NODE_PATH)["status"].get("conditions", [])
    except OSError:
        return False
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
