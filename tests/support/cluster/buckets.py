"""A real S3 server in the test's namespace: Versity's gateway, with a user for each part of the sample `buckets`."""

import subprocess
import sys
from pathlib import Path

from tests.support.cluster.kubectl import ROOT, Document, Space
from tests.support.cluster.objects import CLAIMS, claim
from tests.support.cluster.reviews import pod, run_script

ADMINISTRATOR = "administrator"
USERS = ("trainer", "judge", "server")
PROGRAM, PORT = "/s3/versitygw", 7070
COMMAND = [PROGRAM, "--port", f":{PORT}", "--iam-dir", "/s3/users", "--quiet", "posix", "--sidecar", "/s3/attributes"]


def variables(user: str) -> dict[str, str]:
    """Return what an environment says to a client of this name."""
    return {
        "AWS_ENDPOINT_URL": f"http://s3:{PORT}",
        "AWS_ACCESS_KEY_ID": user,
        "AWS_SECRET_ACCESS_KEY": f"{user}-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def secret(name: str, values: dict[str, str]) -> Document:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}


def start_s3(space: Space) -> None:
    """Have the server at http://s3 with its users, and the Secrets that the sample names."""
    put_program(space)
    keys = {"ROOT_ACCESS_KEY": ADMINISTRATOR, "ROOT_SECRET_KEY": variables(ADMINISTRATOR)["AWS_SECRET_ACCESS_KEY"]}
    server = pod("s3", [*COMMAND, "/s3/objects"], {"/s3": {"persistentVolumeClaim": {"claimName": "s3"}}}, keys)
    server["metadata"]["labels"] = {"app": "s3"}
    server["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": PORT}, "periodSeconds": 1}
    service = {"selector": {"app": "s3"}, "ports": [{"port": PORT}]}
    space.apply(server, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s3"}, "spec": service})
    space.run("wait", "pod/s3", "--for=condition=Ready", "--timeout=60s")
    for user in USERS:
        add_user(space, user, keys)
    space.apply(*(secret(f"bucket-{user}", variables(user)) for user in USERS))
    space.apply(secret("reviews-receipts", {"key": "a key that the pods share"}))


def put_program(space: Space) -> None:
    """Put the server's program, and the folders that it keeps things in, on a claim."""
    built = subprocess.check_output([sys.executable, "-m", "localcluster", "s3-server"], cwd=ROOT, text=True).strip()
    volume = {"/s3": {"persistentVolumeClaim": {"claimName": "s3"}}}
    space.apply(claim("s3"), pod("s3-program", ["sleep", "3600"], volume))
    space.wait("pod/s3-program", ".status.phase", "Running", limit_s=60)
    space.run("cp", "--no-preserve", str(Path(built, "versitygw")), f"s3-program:{PROGRAM}")
    space.run("exec", "s3-program", "--", "mkdir", "/s3/users", "/s3/attributes", "/s3/objects")
    space.run("delete", "pod", "s3-program", "--wait=false")


def add_user(space: Space, user: str, keys: dict[str, str]) -> None:
    by = ["--access", keys["ROOT_ACCESS_KEY"], "--secret", keys["ROOT_SECRET_KEY"]]
    who = ["--access", user, "--secret", variables(user)["AWS_SECRET_ACCESS_KEY"], "--role", "user"]
    endpoint = ["--endpoint-url", f"http://127.0.0.1:{PORT}"]
    space.run("exec", "s3", "--", PROGRAM, "admin", *by, *endpoint, "create-user", *who)


def fill_buckets(space: Space, script: str, *words: str) -> None:
    """Have a script of the first models write to claims, and put all of it into buckets, each named like its claim."""
    space.apply(*CLAIMS)
    names, administrator = tuple(made["metadata"]["name"] for made in CLAIMS), variables(ADMINISTRATOR)
    run_script(space, "first-model", script, *words, claims=names)
    run_script(space, "fill-buckets", "fill_buckets.py", claims=names, environment=administrator)


def names_in(space: Space, folder: str) -> set[str]:
    """Return the names in a bucket's folder, as the server keeps them on its disk; hidden ones too."""
    return set(space.run("exec", "s3", "--", "ls", "-A", f"/s3/objects/{folder}").split())
