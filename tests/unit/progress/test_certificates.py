"""The endpoint's certificate: for one host, for a while, trusted by its own authority alone."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest

from refit_operator.progress.certificates import LIFETIME, Bundle, expiry, is_good, make_bundle, make_context

HOST = "refit-progress.refit-system.svc"
NOW = datetime.now(UTC)
BUNDLE = make_bundle(HOST, NOW)


@pytest.mark.parametrize(
    ("bundle", "host", "now", "good"),
    [
        (BUNDLE, HOST, NOW, True),
        (BUNDLE, "elsewhere.svc", NOW, False),
        (BUNDLE, HOST, NOW + LIFETIME - timedelta(days=91), True),
        (BUNDLE, HOST, NOW + LIFETIME - timedelta(days=89), False),
        (BUNDLE, HOST, NOW - timedelta(minutes=59), True),
        (BUNDLE, HOST, NOW - timedelta(days=366), False),
        (Bundle("", BUNDLE.certificate, BUNDLE.key), HOST, NOW, False),
        (Bundle(BUNDLE.authority, "nonsense", BUNDLE.key), HOST, NOW, False),
        (Bundle(BUNDLE.authority, BUNDLE.authority, BUNDLE.key), HOST, NOW, False),
    ],
)
def test_when_a_certificate_is_used_again(bundle: Bundle, host: str, now: datetime, good: bool) -> None:
    assert is_good(bundle, host, now) is good


def shake_hands(authority: str, host: str) -> bool:
    """Do a TLS handshake in memory, as a client that is strict about certificates; raises what the client raises."""
    trust = ssl.create_default_context(cadata=authority)
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust.wrap_bio(to_client, to_server, server_hostname=host)
    server = make_context(BUNDLE).wrap_bio(to_server, to_client, server_side=True)
    done = set()
    for _ in range(8):
        for side in (client, server):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
    return len(done) == 2


def test_a_strict_client_accepts_it() -> None:
    assert shake_hands(BUNDLE.authority, HOST)


@pytest.mark.parametrize(
    ("authority", "host"), [(make_bundle(HOST, NOW).authority, HOST), (BUNDLE.authority, "elsewhere.svc")]
)
def test_nobody_elses_authority_and_no_other_host(authority: str, host: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(authority, host)


def test_a_key_that_isnt_the_certificates() -> None:
    with pytest.raises(OSError):
        make_context(Bundle(BUNDLE.authority, BUNDLE.certificate, make_bundle(HOST, NOW).key))


def test_it_says_when_it_expires() -> None:
    assert expiry(BUNDLE) == (NOW + LIFETIME).replace(microsecond=0)
