"""Names in Russian, Ukrainian and Latin spelling: their parts, their match, their keys. No database."""

from people.names.blocking import asking_keys, blocking_keys, plain_number
from people.names.daitch_mokotoff import daitch_mokotoff
from people.names.folding import fold
from people.names.latin import to_latin
from people.names.matching import Likeness, Verdict, liken, liken_within_a_letter, match
from people.names.search import query_keys, search_keys, sound_keys
from people.names.whole import Name, parts

__all__ = [
    "Likeness",
    "Name",
    "Verdict",
    "asking_keys",
    "blocking_keys",
    "daitch_mokotoff",
    "fold",
    "liken",
    "liken_within_a_letter",
    "match",
    "parts",
    "plain_number",
    "query_keys",
    "search_keys",
    "sound_keys",
    "to_latin",
]
