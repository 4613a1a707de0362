"""Names in Russian, Ukrainian and Latin spelling: their parts, their match, their keys. No database."""

from people.names.daitch_mokotoff import daitch_mokotoff
from people.names.folding import fold
from people.names.latin import to_latin
from people.names.matching import Verdict, match
from people.names.search import query_keys, search_keys, sound_keys
from people.names.whole import Name, parts

__all__ = [
    "Name",
    "Verdict",
    "daitch_mokotoff",
    "fold",
    "match",
    "parts",
    "query_keys",
    "search_keys",
    "sound_keys",
    "to_latin",
]
