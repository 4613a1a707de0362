"""Questions about what the sides agreed and did."""

from exchanges.queries.rounds import of_organisations

__all__ = ["of_organisations"]
