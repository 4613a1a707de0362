"""How long each secret is put to use before another version should follow (NIST SP 800-57 part 1, 5.3.6).

None ends by itself, for with a key that ended names could not be read: `manage.py keys status` says which
is due.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

YEAR: Final = timedelta(days=365)
ROTATE_EVERY: Final[Mapping[str, timedelta]] = {
    # Authenticates: at most two years.
    "secret": YEAR,
    # Wraps keys: at most two years.
    "kek": YEAR,
    # Other things are derived or authenticated by it: one year where codes are made, at most two else.
    "search": 2 * YEAR,
    "code": YEAR,
    "lookup": 2 * YEAR,
    # Signs: one to three years.
    "audit": 2 * YEAR,
}


def due_on(name: str, since_s: float) -> datetime:
    """Return when another version should follow one that is in use since then, in seconds since 1970."""
    return datetime.fromtimestamp(since_s, UTC) + ROTATE_EVERY[name]
