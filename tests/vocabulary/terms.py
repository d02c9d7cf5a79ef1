"""The words that the field's have replaced (docs/decisions/0026), what to write instead, and which files to check."""

TERMS: dict[str, str] = {
    r"LookFailed": "ReconcileFailed",
    r"refit_looks(_total)?\b": "refit_reconcile_total",
    r"refit_look_failures": "refit_reconcile_consecutive_failures",
    r"refit_schedule_lateness": "refit_workqueue_lateness_seconds",
    r"\bspec\.watch\b|(?<![\w/.-])watch\.(for|settle|maxDrop|breaches)\b": "spec.verification",
    r"\bHeldUp\b": "NoRegression",
    r"\bNoValueBefore\b": "BaselineUnknown",
    r"`Watching`|\"Watching\"": "Monitoring (Ready, State), Verifying (stage)",
    r"[Ss]aid once": "cannot be changed once set",
    r"[Ww]hom to trust": "TLS settings",
    r"\b[Pp]uts? up with": "tolerates",
    r"\b[Aa] person('s)?\b": "the user; or the annotation, field or field manager that the operator knows",
    r"\bpersons\b": "users",
    r"[Cc]ounts? as no try|uses up no try|costs? no try|no try used": "isn't counted against backoffLimit",
    r"[Ll]ast try\b": "the last attempt",
    r"\b(first|second|next|each|one|every) tr(y|ies)\b|\btries of\b": "attempt",
    r"no node takes the pod": "no node fits the pod",
    r"\b[Tt](ook|ake|akes|aken|aking)( \w+)? back\b": "roll back; of a queue: evict",
    r"[Pp]ointer of before|model of before": "the previous pointer",
    r"[Hh](and|ands|anded|anding) (\w+ )?back\b": "hand over",
    r"\b[Mm](ade|ake|akes|aking) (\w+ )?anew\b|\banew\b": "created again",
    r"\b[Ss]trangers?'?s?\b": "not controlled by",
    r"\b[Ll]ook(s|ed)? (at|again|after)\b": "reconcile",
    r"\b(a|each|every|next|first|no) looks?\b|\blooks (failed|in a row)\b": "reconciliation",
    r"\b[Ww](ake|akes|oken|aking)\b": "enqueue",
    r"\b[Tt]old (by|of|once|as|to)\b|\bis told\b|\b[Tt]ells (people|whether|the|a|that|nothing)\b|\btell people\b": (
        "reported, emitted; says"
    ),
    r"\b[Nn]obody (says|asks|asked|said|has named)\b": "isn't set, isn't queried",
    r"\b[Ff]or people\b|\b[Pp]eople (read|see|write|may|say)\b": "users; or nothing",
    r"\b[Tt]he board\b": "mass breach detection",
    r"\b(during|in|end of|end a|keep) (a|the) watch\b|\b[Aa] watch that ends\b": "verification",
}
"""A regular expression, and what to write instead."""

FOLDERS = (
    "operator",
    "crds",
    "manifests",
    "docs",
    "demo",
    "localcluster",
    "charts",
    "benchmarks",
    "trainer_image",
    ".github",
    ".ci",
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "Makefile",
    "pyproject.toml",
    "tests/faults/page.md",
    "tests/vocabulary/__main__.py",
)
"""Where the words are looked for."""

RECORDS = ("docs/decisions/", "docs/reliability/", "docs/benchmarks/", "docs/llms.txt")
"""What has the words of its time, or has to name them."""

ALLOWED: dict[str, str] = {
    "benchmarks/ratings.py: a person's": "one who rated films",
}
"""What is found in a file and may stay, and why."""
