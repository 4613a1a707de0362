"""What an office holds on one human being, handed to them: whole, and telling of nobody else."""

import io
import json
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config import register
from exchanges import actions
from exchanges.actions import Statement
from parcels import settling, subject_file
from parcels.models import Parcel
from parcels.subject_file.redaction import BLACKED, redacted
from parcels.subject_file.sections import IN_NO_FILE, SECTIONS
from parcels.subject_file.words import table
from people import approvals, audit, consents, detention, facts, kinship, requests, situations, withholding
from people.access import Tie
from people.actions import Telling
from people.acts import Act
from people.audit import By
from people.models import AuditEntry, Person, RightsRequest
from people.requests import Asked, NotPossible
from tests.exchanges import visits
from tests.factories import NOON, World, agreed_exchange, move, registered, world

TODAY = NOON.date()


@pytest.fixture
def w(db: None) -> World:
    return world()


def known(w: World) -> Parcel:
    """A parcel whose two people are known as well as people can be."""
    parcel = registered(
        w,
        "letter for Pavlo Awayko",
        sender=Telling("sender", "Olha Homenko", contact={"phone": "+0000555"}),
        recipient=Telling("prisoner", "Pavlo Awayko", "1990-04-05", "S-900"),
        relationship="mother",
    )
    gita, pavlo, olha = w.act(w.gita), parcel.recipient, parcel.sender
    kinship.record_kinship(
        olha, pavlo, "parent", "register", document="BIRTH-1", source_id=w.north.pk, by=gita, now=NOON
    )
    consents.give(
        olha, "correspondence", text_version="v1", language="uk", channel="phone", by=gita, now=NOON
    )
    for about, text in ((olha, "Olha called about Pavlo"), (pavlo, "Homenko says he wears glasses")):
        settling.write_note(parcel, about.pk, text, by=w.act(w.amina), now=NOON)
    situations.record(
        pavlo, "in_hospital", TODAY, "neutral", source_id=w.harbour.pk, document="PROTOCOL-1", by=gita,
        now=NOON,
    )  # fmt: skip
    camp = detention.Stated("Camp Nine", "2026-01", "", "one_side", w.south.pk)
    detention.state(pavlo, camp, by=w.act(w.elena), ties={Tie.HOLDING}, now=NOON)
    kept = facts.add_fact(pavlo, "other_name", "Pavlo Secretly", source_id=w.north.pk, by=gita, now=NOON)
    withholding.keep_back(kept, "harm_to_person", TODAY + timedelta(days=30), by=gita, now=NOON)
    actions.record_claim(
        pavlo, Statement("state", "his cousin Ivan saw him", TODAY, source="a cousin"), by=gita, now=NOON
    )
    actions.record_claim(pavlo, Statement("state", "He is well", TODAY, w.south), by=gita, now=NOON)
    return parcel


def asked_for(w: World, whom: Person) -> RightsRequest:
    return requests.record(whom, Asked("access", "self", "paper", "paper", NOON), by=w.act(w.gita), now=NOON)


def handed_out(w: World, whom: Person, language: str = "en") -> dict[str, Any]:
    request = asked_for(w, whom)
    proposal = subject_file.propose(request, by=w.act(w.gita), now=NOON)
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)
    archive = zipfile.ZipFile(
        io.BytesIO(subject_file.hand_out(request, language, by=w.act(w.gita), now=NOON))
    )
    assert sorted(archive.namelist()) == ["file.html", "file.json"]
    made: dict[str, Any] = json.loads(archive.read("file.json"))
    page = archive.read("file.html").decode()
    assert all(section["title"] in page for section in made["sections"])
    return made | {"page": page}


def part(made: dict[str, Any], name: str) -> list[dict[str, str]]:
    (rows,) = [section["rows"] for section in made["sections"] if section["name"] == name]
    return rows  # type: ignore[no-any-return]


def test_every_table_that_is_not_open_is_told_of_or_left_out_for_a_reason() -> None:
    about_people = {field.table for field in register.read() if field.class_ != "open"}
    told = [table for section in SECTIONS for table in section.tables]
    left_out = [table for tables in IN_NO_FILE.values() for table in tables]

    assert len(set(told + left_out)) == len(told + left_out)
    assert about_people - {*told, *left_out} == set()


def test_sender_reads_all_that_is_held_of_her_and_nobody_else(w: World) -> None:
    parcel = known(w)

    made = handed_out(w, parcel.sender)

    assert [row["as told"] for row in part(made, "facts")] == ["Olha Homenko", "+0000555"]
    (tie,) = part(made, "ties")
    assert (tie["tie"], tie["the other person"]) == ("parent", "a person held")
    (sent,) = part(made, "parcels")
    assert (sent["number"], sent["tie"]) == (parcel.number, "mother")
    assert sent["contents"] == f"1 × letter for {BLACKED} {BLACKED}"
    assert [row["as told"] for row in part(made, "notes")] == [f"Olha called about {BLACKED}"]
    assert [row["what was said"] for row in part(made, "consents")] == ["given"]
    for word in ("Pavlo", "Awayko", "1990-04-05", "S-900", "Camp Nine", "Amina", "Gita", "glasses"):
        assert word not in json.dumps(made, ensure_ascii=False)


def test_person_held_reads_nothing_that_could_do_harm(w: World) -> None:
    parcel = known(w)

    made = handed_out(w, parcel.recipient)

    told = json.dumps(made, ensure_ascii=False)
    assert [row["as told"] for row in part(made, "facts")] == ["Pavlo Awayko", "1990-04-05", "S-900"]
    assert [row["what"] for row in part(made, "events")] == ["in hospital"]
    assert [row["as told"] for row in part(made, "notes")] == [f"{BLACKED} says he wears glasses"]
    said = [(row["stated by"], row["what was said"]) for row in part(made, "claims")]
    assert said == [("not told: it is another person's",) * 2, ("South", "He is well")]
    assert {row["who"] for row in part(made, "shared")} == {"South", "Harbour"}
    for word in (
        "Camp Nine",
        "Secretly",
        "harm_to_person",
        "Olha",
        "Homenko",
        "+0000555",
        "cousin",
        "mother",
    ):
        assert word not in told


def test_file_does_not_tell_how_much_is_kept_back(w: World) -> None:
    plain, withheld = registered(w).recipient, registered(w).recipient
    kept = facts.add_fact(withheld, "other_name", "Other", source_id=w.north.pk, by=w.act(w.gita), now=NOON)
    withholding.keep_back(kept, "own_wish", TODAY + timedelta(days=30), by=w.act(w.gita), now=NOON)

    one, other = handed_out(w, plain), handed_out(w, withheld)

    assert one["left_out"] == other["left_out"]
    assert len(part(one, "facts")) == len(part(other, "facts"))


def test_list_for_an_exchange_is_in_no_file(w: World) -> None:
    person = registered(w).recipient
    before = handed_out(w, person)
    agreed_exchange(w, [person])

    after = handed_out(w, person)

    assert [row["title"] for row in after["sections"]] == [row["title"] for row in before["sections"]]
    same = [
        part(before, name) == part(after, name) for name in ("facts", "events", "lists", "returns", "visits")
    ]
    assert same == [True] * 5
    assert "Before the winter" not in json.dumps(after)


def test_own_words_at_a_visit_are_in_it(w: World) -> None:
    held = visits.person(w.north, "Petro Heldenko")
    visit = visits.held(w, held)
    visits.reported(w, visit, visits.says(held, words="I am well, tell my mother"))

    made = handed_out(w, held)

    assert [row.get("what was said") for row in part(made, "visits")] == [None, "I am well, tell my mother"]


def test_who_had_access_is_told_by_category(w: World) -> None:
    parcel = known(w)
    AuditEntry.objects.create(
        staff=w.amina, act="open_person", subject_kind="person", subject=parcel.sender_id, at=NOON
    )

    rows = part(handed_out(w, parcel.sender), "access")

    assert {"who": "registrar", "what": "opened the record", "how many": "1", "last on": "2026-11-20"} in rows
    assert {row["who"] for row in rows} <= {"registrar", "liaison officer", "coordinator"}


@pytest.mark.parametrize(("language", "title"), [("ru", "Что мы храним"), ("uk", "Що ми зберігаємо")])
def test_headings_are_in_the_language_asked_for(w: World, language: str, title: str) -> None:
    made = handed_out(w, known(w).sender, language)

    assert made["title"].startswith(title)
    assert f'<html lang="{language}">' in made["page"]
    assert not any(section["title"].isascii() for section in made["sections"])


def test_every_word_is_there_in_every_language() -> None:
    codes = {language: set(words) for language, words in table().items()}
    assert codes["en"] == codes["ru"] == codes["uk"]
    assert [code for words in table().values() for code, word in words.items() if not word] == []
    assert {section.name for section in SECTIONS} <= codes["en"]


def test_file_tells_who_looked_and_took_it_out_and_not_who_was_refused(w: World) -> None:
    olha = registered(w).sender
    audit.record(w.act(w.gita), Act.SEE_DETENTION, "person", olha.pk, purpose="verification")
    audit.record(w.act(w.gita), Act.EXPORT_BY_TWO, "person", olha.pk)
    audit.record(By.WORKER, Act.RECORD_SITUATION, "person", olha.pk)
    with audit.following(audit.Trail()):
        audit.refuse(w.bruno, Act.NOT_THEIRS, "person", olha.pk)

    rows = part(handed_out(w, olha), "access")

    told = [tuple(row.values()) for row in rows]
    # What she asked for, first: it came in on the day of these tests.
    assert [(who, what) for who, what, *_ in told] == [
        ("liaison officer", "other acts"),
        ("liaison officer", "opened the record"),
        ("liaison officer", "took it out in a file"),
        ("the system itself", "added to the record"),
    ]


def test_file_takes_two_officers_and_is_good_once(w: World) -> None:
    request = asked_for(w, registered(w).sender)
    with pytest.raises(approvals.NotApproved):
        subject_file.hand_out(request, "en", by=w.act(w.gita), now=NOON)
    proposal = subject_file.propose(request, by=w.act(w.gita), now=NOON)
    with pytest.raises(approvals.NotYours):
        approvals.confirm(proposal.pk, by=w.act(w.gita), now=NOON)
    with pytest.raises(approvals.NotApproved):
        subject_file.hand_out(request, "en", by=w.act(w.gita), now=NOON)
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    subject_file.hand_out(request, "en", by=w.act(w.ivo), now=NOON)

    request.refresh_from_db()
    assert request.outcome == "done"
    assert AuditEntry.objects.filter(act="subject_file", subject_kind="person").count() == 1
    with pytest.raises(approvals.NotApproved):
        subject_file.hand_out(request, "en", by=w.act(w.ivo), now=NOON)


def test_file_is_made_only_where_it_was_asked_for(w: World) -> None:
    olha = registered(w).sender
    request = requests.record(
        olha, Asked("restriction", "self", "paper", "paper", NOON), by=w.act(w.gita), now=NOON
    )
    with pytest.raises(NotPossible):
        subject_file.propose(request, by=w.act(w.gita), now=NOON)


@pytest.mark.parametrize("who", ["amina", "elena", "farid"])
def test_nobody_else_hands_it_out(w: World, who: str) -> None:
    request = asked_for(w, registered(w).sender)
    with pytest.raises(approvals.NotYours):
        subject_file.propose(request, by=w.act(getattr(w, who)), now=NOON)
    with pytest.raises(approvals.NotYours):
        subject_file.hand_out(request, "en", by=w.act(getattr(w, who)), now=NOON)


def test_file_of_a_sender_of_many_parcels_takes_seconds_and_leaves_no_file(
    w: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    sender = Telling("sender", "Olha Manysender", contact={"phone": "+0000777"})
    parcels = [registered(w, sender=sender) for _ in range(30)]
    for parcel in parcels[:15]:
        move(parcel, "cancel", w.act(w.amina))
    began = time.monotonic()

    made = handed_out(w, parcels[0].sender)

    assert time.monotonic() - began < 10
    assert len(part(made, "parcels")) == 30
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Павлу Awayko звонила мать", f"{BLACKED} {BLACKED} звонила мать"),
        ("Pavlo's parcel", f"{BLACKED} parcel"),
        ("a pavement", "a pavement"),
        ("nobody is named", "nobody is named"),
    ],
)
def test_names_of_others_are_blacked_out_in_either_script(text: str, shown: str) -> None:
    assert redacted(text, ["Pavlo Awayko"]) == shown
