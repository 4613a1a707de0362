"""The two codes of a parcel: the number on its label and the receipt code of its family.

The number opens nothing. The receipt code opens what a family may read; it is never stored, but made
again from the parcel's random seed. Keys are passed in.
"""

import hmac
import re
import secrets
from base64 import b32encode
from collections.abc import Sequence

S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
S10 = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}")

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET.encode())
LENGTH = 24
GROUP = 4

# What people type for a character: either case, a look-alike, a letter of a Cyrillic keyboard, or nothing.
LOOK_ALIKES = {"O": "0", "I": "1", "L": "1"} | dict(zip("АВСЕНКМОРТХУІ", "ABCEHKM0PTXY1", strict=True))
SEPARATORS = " \t\r\n\u00a0\u2009\u202f-\u00ad\u2010\u2011\u2012\u2013\u2014\u2212"
TYPED = str.maketrans(
    {character: character for character in ALPHABET}
    | {character.lower(): character for character in ALPHABET}
    | LOOK_ALIKES
    | {typed.lower(): meant for typed, meant in LOOK_ALIKES.items()}
    | dict.fromkeys(SEPARATORS, "")
)
LONGEST_TYPED = 100


def parcel_number(digits: str) -> str:
    """:raises ValueError: when ``digits`` are not eight ASCII digits"""
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise ValueError("a parcel's number is made from eight digits")
    return f"PZ{digits}{s10_check_digit(digits)}ZZ"


def new_number() -> str:
    return parcel_number(f"{secrets.randbelow(10**8):08}")


def is_number(text: str) -> bool:
    return text.startswith("PZ") and text.endswith("ZZ") and is_s10(text)


def is_s10(text: str) -> bool:
    """Whether ``text`` is a well-formed item identifier of any operator (UPU S10)."""
    found = S10.fullmatch(text)
    return found is not None and found[2] == s10_check_digit(found[1])


def s10_check_digit(digits: str) -> str:
    remainder = 11 - sum(int(digit) * weight for digit, weight in zip(digits, S10_WEIGHTS, strict=True)) % 11
    return {10: "0", 11: "5"}.get(remainder, str(remainder))


def receipt_code(key: bytes, seed: bytes) -> str:
    """The family's code as printed: 115 bits of HMAC-SHA-256 and a check character, in six groups of four."""
    drawn = b32encode(hmac.digest(key, seed, "sha256")[:15]).translate(CROCKFORD)[: LENGTH - 1].decode()
    code = drawn + ALPHABET[luhn_check([VALUES[character] for character in drawn])]
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def normalise(text: str) -> str | None:
    """The 24 characters meant by what somebody typed; None where they cannot be a receipt code."""
    if len(text) > LONGEST_TYPED:
        return None
    code = text.translate(TYPED)
    if len(code) != LENGTH or not VALUES.keys() >= set(code):
        return None
    values = [VALUES[character] for character in code]
    return code if luhn_check(values[:-1]) == values[-1] else None


def lookup_hash(key: bytes, code: str) -> bytes:
    """What is kept of a receipt code, given as printed or as normalised: 32 bytes."""
    return hmac.digest(key, code.replace("-", "").encode(), "sha256")


def luhn_check(values: Sequence[int], base: int = len(ALPHABET)) -> int:
    """The value to append so that the Luhn mod N sum comes out even (ISO/IEC 7812-1 where ``base`` is 10)."""
    doubled = sum(sum(divmod(2 * value, base)) for value in values[::-2])
    return -(doubled + sum(values[-2::-2])) % base
