import csv
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exchanges import standard_rules
from exchanges.models import ContentRule, Round
from parcels.catalogue import categorise
from parcels.screening import Item, Rule, Terms, screen


class Command(BaseCommand):
    help = (
        "Reads one description a line and prints it as CSV with its category and verdict, by the standard "
        "rules or by those of a round's terms. What is not recognised is UNKNOWN, for review."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--round", metavar="REF", help="judge by this round's terms")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        descriptions = _read(file)
        terms = _terms(_round_rules(options["round"]) if options["round"] else standard_rules.load())
        self.stdout.ending = ""
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(("description", "category", "verdict"))
        writer.writerows(_judged(descriptions, terms))


def _read(file: Path) -> list[str]:
    """
    :raises CommandError: when the file cannot be read, or is not UTF-8
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=2) from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text.", returncode=2) from error
    return [line for line in text.split("\n") if line.strip()]


def _round_rules(reference: str) -> Iterable[ContentRule]:
    """
    :raises CommandError: when there is no such round
    """
    try:
        terms_id = Round.objects.values_list("terms_id", flat=True).get(reference=reference)
    except Round.DoesNotExist as error:
        raise CommandError(f"There is no round {reference}.", returncode=2) from error
    return ContentRule.objects.filter(terms_id=terms_id)


def _terms(rules: Iterable[ContentRule | standard_rules.StandardRule]) -> Terms:
    return Terms(_verdicts(rules), mass_min_g=0, mass_max_g=0, quota=None, books_apart=False)


def _verdicts(rules: Iterable[ContentRule | standard_rules.StandardRule]) -> Mapping[str, Rule]:
    """Limits of count and mass are a parcel's, not a description's."""
    return {
        rule.category: Rule(None, rule.category, rule.verdict, None, None, rule.reason_code) for rule in rules
    }


def _judged(descriptions: Iterable[str], terms: Terms) -> Iterator[tuple[str, str, str]]:
    for description in descriptions:
        match = categorise(description)
        item = Item(1, (match.category, *match.others), match.exact, quantity=1, unit_mass_g=0)
        found = screen([item], terms, gross_mass_g=None, place_in_quota=None, second_look=False)
        yield description, match.category, found.verdict
