"""The pages of what the sides agreed and did; importing them registers them."""

from exchanges.admin import agreements, prisoners, rounds, visits

__all__ = ["agreements", "prisoners", "rounds", "visits"]
