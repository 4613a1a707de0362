"""Lists of prisoners, kept as they were stated, and compared across scripts. Nothing of it is public."""

from people.lists.comparing import Compared, compared
from people.lists.exporting import EXPORT, export, propose_export, usable_export
from people.lists.keeping import (
    MOST_ENTRIES,
    Entry,
    NotComparable,
    compare_lists,
    entries_of,
    keep_list,
    open_entries,
)
from people.lists.reading import Faulty, read_entries

__all__ = [
    "EXPORT",
    "MOST_ENTRIES",
    "Compared",
    "Entry",
    "Faulty",
    "NotComparable",
    "compare_lists",
    "compared",
    "entries_of",
    "export",
    "keep_list",
    "open_entries",
    "propose_export",
    "read_entries",
    "usable_export",
]
