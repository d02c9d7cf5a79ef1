"""What a store refuses, and what it fails at: the URI is named, and the exit code says whether to try again."""

import errno
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.contract.errors import BadInput, StorageFailed
from refit_trainer.storage.errors import translate_error
from refit_trainer.storage.object_store import write
from tests.support.local import free_port
from tests.support.trainer.commands import Ended, run_command, train_config
from tests.support.trainer.s3_server import BUCKET, S3Server

LONGEST = 60.0  # seconds until a failure is told, the start of the process included


def run(folder: Path, variables: dict[str, str], **changes: Any) -> Ended:
    config = train_config(Path("/x"), Path("/x"), Path("/x")) | {"output": f"s3://{BUCKET}/out"} | changes
    started = time.monotonic()
    ended = run_command("train", config, folder, AWS_EC2_METADATA_DISABLED="true", **variables)
    assert time.monotonic() - started < LONGEST
    return ended


@pytest.mark.parametrize(
    ("changed", "bucket", "error"),
    [
        (
            {"AWS_ACCESS_KEY_ID": "nobody"},
            BUCKET,
            r"s3://shelf/out/manifest.json: access denied \(XAdmin",
        ),
        (
            {"AWS_SECRET_ACCESS_KEY": "wrong"},
            BUCKET,
            r"s3://shelf/out/manifest.json: access denied \(SignatureDoesNotMatch\): ",
        ),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, BUCKET, r"s3://shelf/.*: no credentials"),
        ({}, "nosuch", r"s3://nosuch/.out.uploading: NoSuchBucket"),
    ],
)
def test_what_is_configured_wrongly_ends_with_64(
    s3: S3Server, tmp_path: Path, changed: dict[str, str], bucket: str, error: str
) -> None:
    ended = run(tmp_path, {**s3.variables, **changed}, output=f"s3://{bucket}/out")
    assert ended.code == 64, ended.output
    assert re.match(error, ended.message["error"]), ended.message
    assert not (s3.root.parent / "nosuch").exists()


@pytest.mark.parametrize("what", ["startFrom", "dataset"])
def test_what_isnt_there_ends_with_64(s3: S3Server, tmp_path: Path, tiny: Path, what: str) -> None:
    dataset = train_config(tiny, tiny, tiny)["dataset"]
    start = {"uri": tiny.as_uri()}
    changes = {"startFrom": {"uri": "s3://nosuch/model"}} if what == "startFrom" else {"startFrom": start}
    ended = run(tmp_path, s3.variables, **changes, dataset=dataset | {"train": "s3://nosuch/rows"})
    where = "model" if what == "startFrom" else "rows"
    assert ended.code == 64 and ended.message == {"error": f"s3://nosuch/{where} doesn't exist"}, ended.output


def test_a_server_that_isnt_reached_may_be_tried_again(s3: S3Server, tmp_path: Path) -> None:
    ended = run(tmp_path, {**s3.variables, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"})
    assert ended.code == 1 and "s3://shelf/out/manifest.json: Could not connect" in ended.message["error"], ended.output


def test_a_server_that_is_silent_may_be_tried_again(s3: S3Server, tmp_path: Path) -> None:
    """No route to 192.0.2.0/24, which no network uses: packets are lost, or refused at once."""
    ended = run(tmp_path, {**s3.variables, "AWS_ENDPOINT_URL": "http://192.0.2.1:9000"})
    assert ended.code == 1 and "s3://shelf/out/manifest.json: " in ended.message["error"], ended.output


@pytest.fixture
def unwell() -> Iterator[str]:
    """Answers 503 to all. A stand-in: the real server can't be made to fail by its own account."""

    class Unwell(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = do_HEAD

        def log_message(self, format: str, *values: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Unwell)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_server_that_is_unwell_may_be_tried_again(s3: S3Server, tmp_path: Path, unwell: str) -> None:
    ended = run(tmp_path, {**s3.variables, "AWS_ENDPOINT_URL": unwell})
    assert ended.code == 1 and "s3://shelf/out/manifest.json: " in ended.message["error"], ended.output


def test_no_bucket_is_made(s3: S3Server) -> None:
    with pytest.raises(BadInput, match="s3://nosuch/a: NoSuchBucket"):
        write("s3://nosuch/a", b"1")
    assert not (s3.root.parent / "nosuch").exists()


class Answer(Exception):
    """What botocore raises: the server's answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


def of_s3(error: Exception, code: str) -> Exception:
    error.__cause__ = Answer(code)
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (of_s3(PermissionError("no"), "AccessDenied"), BadInput),
        (of_s3(PermissionError("no"), "ExpiredToken"), StorageFailed),
        (of_s3(PermissionError("no"), "RequestTimeTooSkewed"), StorageFailed),
        (of_s3(FileNotFoundError("no"), "NoSuchBucket"), BadInput),
        (of_s3(FileNotFoundError("no"), "NoSuchKey"), StorageFailed),
        (of_s3(OSError(errno.EREMCHG, "elsewhere"), "PermanentRedirect"), BadInput),
        (of_s3(OSError(errno.EBUSY, "slow"), "SlowDown"), StorageFailed),
        (TimeoutError(), StorageFailed),
    ],
)
def test_an_error_says_whether_to_try_again(error: Exception, kind: type[Exception]) -> None:
    found = translate_error("s3://shelf/out", error)
    assert type(found) is kind and str(found).startswith("s3://shelf/out: ")
