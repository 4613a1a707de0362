"""The pages of what the sides agreed and did; importing them registers them."""

from exchanges.admin import agreements, claims, prisoners, returns, rounds, visits

__all__ = [
    "agreements",
    "claims",
    "prisoners",
    "returns",
    "rounds",
    "visits",
]
