"""Test certificates, made here: who signs, and the root that a verifier may put on its list."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from generative_vision import optional

DAYS = 30  #: that a test certificate is valid


@dataclass(frozen=True)
class Credentials:
    """A signer's certificates and key, in PEM."""

    name: str
    certificates: str = field(repr=False)  #: the signer's first, then up to the root
    key: str = field(repr=False)  #: secret: whoever has it signs as this signer
    root: str = field(repr=False)  #: for a verifier's list


def make_credentials(name: str = "A test signer", *, chain: bool = True) -> Credentials:
    """Return new credentials for tests, made on this machine: nobody has looked at the name.

    Args:
        name: stands in the certificate, and is whatever you like: a real authority would check it.
        chain: whether a root signs the signer's certificate, as an authority does; otherwise the
            signer's certificate is signed by its own key.

    Raises:
        MissingPackageError: cryptography is not installed, which comes with c2pa-python.
        ValueError: a name that is empty or longer than 64 letters.
    """
    if not 0 < len(name) <= 64:
        raise ValueError(f"{name=}: expected 1 to 64 letters.")
    optional.load("cryptography", "c2pa-python", "Making a certificate")
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    own, authority = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = f"Root of {name}"[:64]
    issuer = (root_name, authority) if chain else (name, own)
    leaf = _certificate(name, own, *issuer, is_root=False)
    root = _certificate(root_name, authority, *issuer, is_root=True) if chain else leaf
    key = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    certificates = [leaf, root] if chain else [leaf]
    return Credentials(name, "".join(certificates), key, root)


def _certificate(name: str, own, issuer: str, authority, *, is_root: bool) -> str:
    """Return an X.509 certificate in PEM, with the usages that C2PA asks for."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    uses = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    usage = x509.KeyUsage(
        digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **uses
    )
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
            critical=False,
        )
    )
    if not is_root:
        purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _name(common: str):
    from cryptography import x509

    organisation = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "A course's test certificate")
    return x509.Name([organisation, x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
