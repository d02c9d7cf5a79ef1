"""Words that containers wrote, before anybody reads them in a status or an Event: anything may be in them. Pure."""

import re
import unicodedata

LONGEST = 1024
"""Characters that are kept; the rest is in the container's log."""
HIDDEN = "***"
ASSIGNED = re.compile(
    r"(?i)([\w.-]*(?:passw(?:or)?d|passwd|pwd|secret|token(?![a-z])|api[-_]?key|access[-_]?key|credential|private[-_]?key)[\w.-]*"
    r"[\"']?\s*[=:]\s*[\"']?)([^\s\"',;&]+)"
)
"""A name that says that it is secret, and its value."""
BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)[\w+/=.~-]{8,}")
IN_URL = re.compile(r"([a-z][a-z0-9+.-]*://)[^\s/@]+@")
"""User and password in a URL."""
TOKENS = re.compile(
    r"\b(?:eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|hf_\w{16,}|gh[opsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|xox[abps]-[\w-]{10,}|sk-[\w-]{16,})"
)
"""What well-known issuers' tokens look like: JWTs, Hugging Face, GitHub, GitLab, AWS, Slack, OpenAI."""


def clean(text: str) -> str:
    """Return the words without control characters and what looks like a credential, cut to LONGEST."""
    shown = "".join(character if _is_shown(character) else " " for character in text[: 4 * LONGEST])
    hidden = ASSIGNED.sub(rf"\g<1>{HIDDEN}", BEARER.sub(rf"\g<1>\g<2>{HIDDEN}", TOKENS.sub(HIDDEN, shown)))
    whole = IN_URL.sub(rf"\g<1>{HIDDEN}@", hidden).strip()
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…"


def _is_shown(character: str) -> bool:
    """Return whether it is no control, direction, half of a pair or unassigned character; a new line stays."""
    return character == "\n" or not unicodedata.category(character).startswith("C")
