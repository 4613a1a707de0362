"""Opaque references, for use outside."""

import secrets


def new_reference() -> str:
    """Return an opaque reference for use outside: 16 characters of a base32 alphabet, 80 random bits."""
    return secrets.token_bytes(16).translate(_FIVE_BITS).decode()


# A character for each byte, by its last five bits.
_FIVE_BITS = b"0123456789abcdefghjkmnpqrstvwxyz" * 8
