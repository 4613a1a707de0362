"""Who may see what of what the sides agreed and did; each file knows one kind of thing."""

from exchanges.access.rounds import agreements, rounds, sees_intermediary

__all__ = ["agreements", "rounds", "sees_intermediary"]
