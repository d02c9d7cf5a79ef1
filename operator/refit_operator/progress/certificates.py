"""A certificate for the progress endpoint, and the authority that pods trust for it.

The authority's key is thrown away at once: what signed one certificate can't be used to sign another.
"""

import ssl
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=3650)
RENEWED_BEFORE = timedelta(days=90)
"""A pod that began to train under the old authority reports nothing more after a renewal."""
EARLIER = timedelta(hours=1)
"""Room for clocks that are behind."""


@dataclass(frozen=True)
class Bundle:
    """PEM, under the names that Secrets of type kubernetes.io/tls have for it."""

    authority: str
    certificate: str
    key: str


def make_bundle(host: str, now: datetime) -> Bundle:
    """Return an authority and its one certificate, for the host."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name, subject = _name("refit-progress-ca"), _name("refit-progress")
    own_key = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        _builder(name, name, authority_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(own_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_key)
    certificate = (
        _builder(subject, name, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return Bundle(_pem(authority), _pem(certificate), _key_pem(key))


def is_good(bundle: Bundle, host: str, now: datetime) -> bool:
    """Return whether the certificate is for the host, and is valid already and for long.

    One that isn't valid yet was made by a clock that was ahead: training pods would trust it only in time to come.
    """
    try:
        certificate = x509.load_pem_x509_certificate(bundle.certificate.encode())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    hosts = names.get_values_for_type(x509.DNSName)
    is_valid = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEWED_BEFORE
    return bool(bundle.authority) and host in hosts and is_valid


def expiry(bundle: Bundle) -> datetime:
    """Return when the certificate expires."""
    return x509.load_pem_x509_certificate(bundle.certificate.encode()).not_valid_after_utc


def make_context(bundle: Bundle) -> ssl.SSLContext:
    """Return a server's TLS context. Python reads keys from files only: a private one, gone at once."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tls.pem"
        file.write_text(f"{bundle.key}\n{bundle.certificate}")
        context.load_cert_chain(file)
    return context


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + LIFETIME)
    )


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    kind, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, bare).decode()
