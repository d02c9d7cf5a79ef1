"""Runs inside the trainer image with the administrator's credentials: buckets with what is on the claims mounted here,
and who may do what in them. docs/how-to/buckets.md has these rights.
"""

import json
from pathlib import Path
from typing import Any

from fsspec import filesystem

from refit_trainer.storage.object_store import upload

READ = ["s3:ListBucket", "s3:GetObject"]
WRITE = [*READ, "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
RIGHTS = {
    "models": {"trainer": WRITE, "judge": WRITE, "server": READ},
    "feedback": {"trainer": READ},
    "holdout": {"judge": READ},
}


def allow(user: str, actions: list[str], bucket: str) -> dict[str, Any]:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {"Effect": "Allow", "Principal": {"AWS": [user]}, "Action": actions, "Resource": resources}


s3 = filesystem("s3")
for claim, users in RIGHTS.items():
    bucket = f"reviews-{claim}"
    s3.mkdir(bucket)
    statements = [allow(user, actions, bucket) for user, actions in users.items()]
    s3.call_s3(
        "put_bucket_policy", Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements})
    )
    upload(Path("/", claim), f"s3://{bucket}", last="")
