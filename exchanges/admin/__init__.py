"""The pages of what the sides agreed and did; importing them registers them."""

from exchanges.admin import agreements, rounds, visits

__all__ = [
    "agreements",
    "rounds",
    "visits",
]
