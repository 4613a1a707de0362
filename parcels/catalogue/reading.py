"""What one part of a description names, read word by word.

A thing named after a preposition is an ingredient, a purpose or a wrapping: it counts only when dangerous.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from parcels.catalogue.letters import Part, is_latin
from parcels.catalogue.lexicon import FILLER, Meaning, Phrase, alike, lexicon, meaning_of, severities
from parcels.catalogue.stems import keys, looks_like_adjective

DANGEROUS = frozenset(
    {"ALCOHOL", "ELECTRONICS", "LIGHTER", "MAPS_COMPASS", "MONEY", "OPTICS", "SHARP", "WEAPON_DANGEROUS"}
)
_INGREDIENTS = ("FOOD_", "YEAST", "LETTER", "DRAWING")
_FLAVOURED = ("FOOD_", "HYGIENE", "TOBACCO", "MEDICINE")
_PREPOSITIONS = frozenset({"with", "in", "for"})
_INSTRUMENTAL = ("ом", "ем", "єм", "ам", "ями", "ами", "ой", "ей", "ою", "ею", "єю", "им", "ым", "ью")
# "Не в стекле", "не содержит спирта": what is denied stands after these.
_CARRIERS = _PREPOSITIONS | {"carrier"}
_LIQUEUR = ("with", "ALCOHOL")
_SHORTEST_STRANGER = 3
_SHORTEST_SUSPECT = 6
_MOST_STRANGERS = 3


class Head(NamedTuple):
    category: str
    sure: bool


_TIN = Head("FOOD_TIN", sure=True)


class Unit(NamedTuple):
    word: str
    meaning: Meaning | None
    english: bool
    denied: bool = False


class Reading:
    """One part, read: what it names, the roles its words play, and whether a doubt is left."""

    __slots__ = (
        "_english",
        "_flavour",
        "_mode",
        "doubt",
        "heads",
        "ingredients",
        "negated",
        "roles",
        "strangers",
    )

    def __init__(self, part: Part, before: "Reading | None" = None, borrowed: Sequence[str] = ()) -> None:
        self.heads: list[Head] = []
        self.roles: set[str] = set()
        self.negated: set[str] = set()
        self.strangers: list[str] = []
        self.doubt = False
        # "печенье с изюмом и орехами": the second part goes on with the first one's ingredients.
        self.ingredients: bool = part.joined and before is not None and before.ingredients
        self._mode = ""
        self._english = self._flavour = False
        for unit in _units(part.words, borrowed):
            self._take(unit)
        self._settle_strangers()

    @property
    def names_nothing(self) -> bool:
        return not self.heads and bool(self.strangers)

    @property
    def only_describes(self) -> bool:
        return not self.heads and all(map(looks_like_adjective, self.strangers))

    def _take(self, unit: Unit) -> None:
        roles = unit.meaning.roles if unit.meaning else frozenset()
        if roles & _PREPOSITIONS:
            self._mode = min(roles & _PREPOSITIONS)
            self.ingredients = self._mode == "with" and bool(self.heads)
            return
        if unit.denied:
            self.negated.add(unit.meaning.category if unit.meaning else "")
        elif unit.meaning is None:
            self._meet(unit.word)
        else:
            self._understand(unit, unit.meaning)
        if not _is_between(unit):
            self._mode = ""

    def _meet(self, word: str) -> None:
        if len(word) < _SHORTEST_STRANGER:
            return
        self.strangers.append(word)
        # English names the thing last, the others first: a stranger there may be what the part is about.
        if self.heads:
            self.doubt |= self._english and is_latin(word) and not self._mode
        else:
            self.doubt |= not is_latin(word) and not looks_like_adjective(word)

    def _understand(self, unit: Unit, meaning: Meaning) -> None:
        self.roles |= meaning.roles
        if "taste" in meaning.roles and self._flavour and len(self.heads) > 1:  # "noodles, beef flavour"
            self.heads.pop()
        if not meaning.category:
            return
        head = Head(meaning.category, meaning.sure)
        if head.category in DANGEROUS:
            self._warn(head)
        elif self._is_secondary(unit, head, meaning.roles):
            self.doubt |= head == _TIN and "tin" not in meaning.roles
            self.ingredients |= not self._mode
        else:
            self._name(unit, head)
        self._english, self._flavour = unit.english, "flavour" in meaning.roles

    def _warn(self, head: Head) -> None:
        """Danger always counts; "with liqueur", "for a phone", "in a knife's shape" leave a doubt."""
        named = {known.category for known in self.heads}
        in_passing = bool(named) and (self._mode in ("in", "for") or (self._mode, head.category) == _LIQUEUR)
        if not (in_passing and head.category in named):
            self.heads.append(head._replace(sure=head.sure and not in_passing))

    def _name(self, unit: Unit, head: Head) -> None:
        self.doubt |= self._mode == "for" and not self.heads
        # "Lemon tea": in English the flavour stands before what it flavours.
        if unit.english and self._flavour and self.heads and head.category.startswith(_FLAVOURED):
            self.heads.pop()
        self.heads.append(head)

    def _is_secondary(self, unit: Unit, head: Head, roles: frozenset[str]) -> bool:
        if not self.heads:
            return self.ingredients and ("flavour" in roles or unit.word.endswith(_INSTRUMENTAL))
        if self._mode == "with":
            return head.category.startswith(_INGREDIENTS)
        if self._mode:
            return True
        return "flavour" in roles and not unit.english and self.heads[0].category.startswith(_FLAVOURED)

    def _settle_strangers(self) -> None:
        """What the dictionary lacks may be misspelt: beside a thing that is known, only danger counts."""
        self.doubt |= len(self.strangers) > _MOST_STRANGERS
        named = {head.category for head in self.heads}
        if named & DANGEROUS:
            return
        suspects = [word for word in self.strangers if not named or _may_be_misspelt_danger(word)]
        guesses = {category for word in suspects if (category := alike(word))}
        self.heads += [Head(guess, sure=False) for guess in sorted(guesses & DANGEROUS if named else guesses)]


def _may_be_misspelt_danger(word: str) -> bool:
    return len(word) >= _SHORTEST_SUSPECT and not looks_like_adjective(word)


def _is_between(unit: Unit) -> bool:
    """Whether it may stand between a preposition and its noun: "в картонной коробке", "of the region"."""
    plays_a_role = unit.meaning is not None and not unit.meaning.category
    return looks_like_adjective(unit.word) or (plays_a_role and unit.english)


def _units(words: Sequence[str], borrowed: Sequence[str]) -> Iterator[Unit]:
    """The words in order, each phrase as one unit where it begins."""
    denied = _denied(words)
    phrases, taken = _phrases(words, borrowed, denied)
    for place, word in enumerate(words):
        if place in phrases:
            phrase = phrases[place]
            yield Unit(word, phrase.meaning, phrase.keys[0].isascii())
        elif place in taken:
            yield Unit(word, FILLER, english=False)
        else:
            meaning, english = meaning_of(word) or (None, False)
            yield Unit(word, meaning, english, place in denied)


def _denied(words: Sequence[str]) -> set[int]:
    """The places of what is said not to be there: "без спирта", "не содержит спирта", "alcohol free"."""
    places: set[int] = set()
    going = False
    for place, word in enumerate(words):
        meaning = meaning_of(word)
        roles = meaning[0].roles if meaning else frozenset()
        if "free" in roles and place:
            places.add(place - 1)
        if going:
            places.add(place)
        going = "not" in roles or (going and bool(roles & _CARRIERS))
    return places


def _phrases(
    words: Sequence[str], borrowed: Sequence[str], denied: Set[int]
) -> tuple[dict[int, Phrase], set[int]]:
    """Phrases by the place of their first word, and the places of all their words; the longest win."""
    places = {key: -1 for word in borrowed for key in keys(word)}
    places |= {key: place for place, word in enumerate(words) if place not in denied for key in keys(word)}
    begun: dict[int, Phrase] = {}
    taken: set[int] = set()
    for own, phrase in sorted(_within(places), key=_weight, reverse=True):
        if not own & taken and (len(own) == len(phrase.keys) or _is_harmless(words, own)):
            begun[min(own)] = phrase
            taken |= own
    return begun, taken


def _within(places: Mapping[str, int]) -> Iterator[tuple[set[int], Phrase]]:
    """Each phrase whose words all occur, with those of their places that are the part's own."""
    index = lexicon().phrases
    for key in places:
        for phrase in index.get(key, ()):
            if all(other in places for other in phrase.keys):
                own = {places[other] for other in phrase.keys} - {-1}
                if own:
                    yield own, phrase


def _weight(found: tuple[set[int], Phrase]) -> tuple[int, int, int]:
    own, phrase = found
    return len(own), len(phrase.keys), severities().get(phrase.meaning.category, -1)


def _is_harmless(words: Sequence[str], places: Iterable[int]) -> bool:
    """A word may lean on the part before ("зубная щётка и паста"), unless it is dangerous by itself."""
    known = [meaning_of(words[place]) for place in places]
    return not any(found and found[0].category in DANGEROUS for found in known)
