"""Opaque references, for use outside."""

import secrets
from base64 import b32encode


def new_reference() -> str:
    """Return an opaque reference for use outside: 16 characters of a base32 alphabet, 80 random bits."""
    return b32encode(secrets.token_bytes(10)).translate(_CROCKFORD).decode()


_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz")
