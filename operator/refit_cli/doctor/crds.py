"""Whether the API server keeps all that this version of Refit writes: its CRDs may be older."""

from refit_cli.doctor.checks import Document, Examined, fail, ok, warn
from refit_operator.api.served import KINDS, describe, dropped, forbidding

APPLY = "kubectl apply --server-side --force-conflicts -f crds.yaml"


def examine_crds(openapi: Document) -> Examined:
    """Return what the API server drops, by its OpenAPI document, and how to mend that."""
    found = dropped(openapi)
    if missing := KINDS.keys() - found.keys():
        return fail("CRDs", f"the API server doesn't serve {' and '.join(sorted(missing))}: {APPLY}")
    older = [f"{crd} lacks {describe(fields)}" for crd, fields in found.items() if fields]
    if not older:
        return ok("CRDs", "have every field of this version")
    mend = f"apply those of the operator's version: {APPLY}"
    if forbidding(found):
        return fail("CRDs", f"{'; '.join(older)}: an operator of this version doesn't start; {mend}")
    return warn("CRDs", f"{'; '.join(older)}: what is written there is lost; {mend}")
