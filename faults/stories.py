"""A group of parcels, driven from declaration to its ends by those who would: systems, office, waiting."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from faults.clients import Answered, Client, Ledger, Stopped
from faults.desk import Desk
from faults.lives import Life, declaration
from faults.stage import Stage

_LOOK_S: Final = 0.5
_MASS_G: Final = 6_000
_EVENTS: Final = {"evidence": "holding_list", "complete": "yes"}
_OWN_WORD: Final = {"evidence": "own_word_private", "complete": "yes"}
Row = tuple[str, str, dict[str, Any]]
"""Parcel, move, details."""


@dataclass
class Cast:
    """Who acts in a story."""

    stage: Stage
    desk: Desk
    clients: Mapping[str, Client]
    """By their organisation's relation to the round."""
    ledger: Ledger
    round: str
    over: threading.Event
    finished: list[str] = field(default_factory=list)
    """External ids of the parcels that came to their end."""


class Group:
    def __init__(self, lives: Sequence[Life], cast: Cast, seed: int) -> None:
        self.lives, self.cast = lives, cast
        self.numbers: dict[str, str] = {}
        self.by_number: dict[str, Life] = {}
        self._chance = random.Random(  # noqa: S311  a play, not a secret
            f"{seed}:{lives[0].external_id}"
        )
        self._calls = 0

    def drive(self) -> None:
        """:raises Stopped: when the run is over first"""
        self.declare()
        self.take_in()
        self._see_through_screening()
        self._reopen()
        self._send()
        self._travel()
        self._deliver()
        self._trace_and_correct()
        self.cast.finished += [life.external_id for life in self.lives]

    # What happens here

    def declare(self) -> None:
        for life in self.lives:
            number = self._register(life)
            self.numbers[life.external_id] = number
            self.by_number[number] = life

    def _register(self, life: Life) -> str:
        """Declare it; some families press twice, and some systems send the same again under another key."""
        body, key = declaration(life, self.cast.round), f"{life.external_id}:declare"
        if life.asked_twice != "no":
            other = key if life.asked_twice == "same_key" else f"{key}:other"
            twin = threading.Thread(target=self._declare_once, args=(life, body, other), daemon=True)
            twin.start()
            number = self._declare_once(life, body, key)
            twin.join()
        else:
            number = self._declare_once(life, body, key)
        if number is None:
            raise Stopped
        return number

    def _declare_once(self, life: Life, body: Mapping[str, Any], key: str) -> str | None:
        sending, ledger = self.cast.clients["sending"], self.cast.ledger
        ledger.write(
            "asked", organisation=sending.organisation, move="register", external_id=life.external_id
        )
        try:
            reply = sending.post("/api/v1/parcels/", body, key)
        except Answered as answered:
            ledger.write("refused", move="register", external_id=life.external_id, problem=str(answered))
            return None
        except Stopped:
            return None
        ledger.write(
            "promised",
            organisation=sending.organisation,
            move="register",
            external_id=life.external_id,
            parcel=reply["number"],
            number=1,
            result="moved",
        )
        number: str = reply["number"]
        return number

    def take_in(self) -> None:
        accept = {"gross_mass_g": _MASS_G, "place": "counter 1"}
        self._move("sending", self._rows("accept", lambda life: life.intake == "accept", accept))
        self._move("sending", self._rows("cancel", lambda life: life.intake == "cancel"))

    def _see_through_screening(self) -> None:
        """Until each is cleared or on its way home; what comes back to people is decided again."""
        amended: set[str] = set()
        while True:
            statuses = self._wait(lambda found: "accepted" not in found.values())
            if waiting := _in(statuses, "in_review"):
                self.cast.desk.ask("review", numbers=waiting, decision="clear")
            elif refused := _in(statuses, "refused"):
                self._care_for_refused(refused, amended)
            else:
                self._go_home()
                return

    def _care_for_refused(self, refused: Sequence[str], amended: set[str]) -> None:
        ways: dict[str, list[str]] = {"amend": [], "send_back": [], "dispose": []}
        for number in refused:
            way = self.by_number[number].refused
            ways["send_back" if number in amended else way].append(number)
        amended.update(ways["amend"])
        removed = [{"line": 2, "count": 1, "reason": "found", "fate": "returned"}]
        amend = {"lines_removed": removed, "gross_mass_g": _MASS_G - 100}
        self._move("sending", [(number, "amend", amend) for number in ways["amend"]])
        self._move("sending", [(number, "send_back", {"reason": "refused"}) for number in ways["send_back"]])
        for number in ways["dispose"]:
            self._by_two(number, "dispose", {"method": "destroyed", "reason": "perishable"})

    def _reopen(self) -> None:
        cleared = self._now("cleared")
        again = [number for number in cleared if self.by_number[number].cleared == "reopen"]
        self._move("sending", [(number, "reopen", {"reason": "sender_objects"}) for number in again])
        if again:
            self._see_through_screening()

    # On the way

    def _send(self) -> None:
        cleared = self._now("cleared")
        if not cleared:
            return
        self.cast.desk.ask("settle", numbers=cleared)
        into = self.cast.desk.ask("make_consignment")["number"]
        pack = {"consignment": into}
        self._move("sending", [(number, "pack", pack) for number in cleared])
        out = [number for number in cleared if self.by_number[number].cleared == "unpack"]
        self._move("sending", [(number, "unpack", {"reason": "mistake"}) for number in out])
        self._move("sending", [(number, "pack", pack) for number in out])
        with_seal = f"S-{into}"
        self.cast.desk.ask("seal", number=into, with_seal=with_seal)
        self._move("sending", [(number, "dispatch", {"seal": with_seal}) for number in cleared])

    def _travel(self) -> None:
        road = {number: self.by_number[number].road for number in self._now("dispatched")}
        act = {"act": f"A-{self.lives[0].external_id}"}
        self._move(
            "sending",
            [(number, "bring_back", {"reason": "road_closed"}) for number in _in(road, "bring_back")],
        )
        self._move("sending", [(number, "report_missing", {}) for number in _in(road, "missing")])
        self._move("neutral", [(number, "hand_over", act) for number in _in(road, "hand_over")])
        self._move("neutral", [(number, "entrust", {}) for number in _in(road, "entrust")])
        self._trace("with_intermediary", by="neutral")
        self._go_home()
        late = [number for number in self._now("with_intermediary") if self.by_number[number].end == "late"]
        # The phone that scanned this was offline, and the hand-over comes in after it.
        scanned = _now()
        self._move(
            "holding", [(number, "admit", {"examined_before": "addressee"}) for number in late], at=scanned
        )
        self._move(
            "holding", [(number, "hand_over", act) for number in self._now("with_intermediary")], at=scanned
        )
        self._wait(lambda found: all(found[number] != "handed_over" for number in late))

    def _deliver(self) -> None:
        end = {number: self.by_number[number].end for number in self._now("handed_over", "admitted")}
        self._move("holding", [(number, "fail", {"reason": "transferred"}) for number in _in(end, "fail")])
        self._move("holding", [(number, "receive", _EVENTS) for number in _in(end, "receive", "late")])
        self._move("neutral", [(number, "confirm", _OWN_WORD) for number in _in(end, "confirm")])
        failed = {number: self.by_number[number].failed for number in self._now("undeliverable")}
        self._move("holding", [(number, "redirect", {}) for number in _in(failed, "redirect")])
        self._move("holding", [(number, "receive", _EVENTS) for number in _in(failed, "redirect")])
        self._move(
            "holding",
            [(number, "bring_back", {"reason": "not_here"}) for number in _in(failed, "bring_back")],
        )
        for number in _in(failed, "dispose"):
            self._by_two(number, "dispose", {"method": "given", "reason": "not_here"})
        self._go_home()
        after = {number: self.by_number[number].after for number in self._now("received")}
        self._move("sending", [(number, "confirm", _OWN_WORD) for number in _in(after, "confirm")])
        self._move(
            "sending", [(number, "contest", {"document": "letter"}) for number in _in(after, "contest")]
        )

    def _trace_and_correct(self) -> None:
        self._trace("handed_over", by="sending")
        self._move("holding", [(number, "receive", _EVENTS) for number in self._now("handed_over")])
        wrong = [number for number in self._now("returned") if self.by_number[number].at_last == "correct"]
        for number in wrong:
            last = self.cast.stage.query("SELECT last_number FROM parcels_parcel WHERE number = %s", number)
            self._by_two(number, "correct", {"corrects": last[0][0], "reason": "wrong_parcel"})
        self._go_home()

    def _trace(self, where: str, *, by: str) -> None:
        lost = {number: self.by_number[number].missing for number in self._now("missing")}
        found = {"where": where, "seal": "none"}
        self._move(by, [(number, "find", found) for number in _in(lost, "find")])
        for number in _in(lost, "write_off"):
            self._by_two(number, "write_off", {"last_holder": "unknown", "searched": "depots"})

    def _go_home(self) -> None:
        self._move("sending", [(number, "return", {}) for number in self._now("returning")])

    # How it is asked for

    def _rows(
        self, move: str, wanted: Callable[[Life], bool], details: Mapping[str, Any] | None = None
    ) -> list[Row]:
        return [
            (self.numbers[life.external_id], move, dict(details or {})) for life in self.lives if wanted(life)
        ]

    def _move(self, relation: str, rows: Iterable[Row], *, at: str = "") -> None:
        """Ask for these moves until there is an answer; now and then ask once more, and twice more.

        :param at: when they happened, if not now
        """
        client = self.cast.clients[relation]
        self._calls += 1
        asked = [
            {
                "parcel": number,
                "move": move,
                "happened_at": at or _now(),
                "external_id": f"{self.by_number[number].external_id}:{move}:{self._calls}",
                **details,
            }
            for number, move, details in rows
        ]
        if not asked:
            return
        for row in asked:
            self.cast.ledger.write(
                "asked", organisation=client.organisation, move=row["move"], external_id=row["external_id"]
            )
        key = f"{self.lives[0].external_id}:{self._calls}"
        keys = [key, *(key for _ in range(self._chance.random() < 0.1))]
        keys += [f"{key}:again" for _ in range(self._chance.random() < 0.1)]
        for each in keys:
            self._keep_promises(client, client.post("/api/v1/moves/", {"moves": asked}, each), asked)

    def _keep_promises(
        self, client: Client, reply: Mapping[str, Any], asked: Sequence[Mapping[str, Any]]
    ) -> None:
        for row, result in zip(asked, reply["results"], strict=True):
            what = "refused" if result["result"] == "refused" else "promised"
            self.cast.ledger.write(
                what,
                organisation=client.organisation,
                parcel=row["parcel"],
                move=row["move"],
                external_id=row["external_id"],
                result=result["result"],
                number=result["number"],
                problem=result["problem"],
            )

    def _by_two(self, number: str, act: str, details: Mapping[str, Any]) -> None:
        said = self.cast.desk.ask("two_officers", number=number, act=act, details=details)
        self.cast.ledger.write("by_two", parcel=number, move=act, approval=said["approval"])

    def _now(self, *statuses: str) -> list[str]:
        return _in(self._statuses(), *statuses)

    def _wait(self, done: Callable[[Mapping[str, str]], bool]) -> Mapping[str, str]:
        while not done(found := self._statuses()):
            if self.cast.over.wait(_LOOK_S):
                raise Stopped
        return found

    def _statuses(self) -> dict[str, str]:
        statement = "SELECT number, status FROM parcels_parcel WHERE number = ANY(%s) ORDER BY id"
        return dict(self.cast.stage.query(statement, list(self.by_number)))


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _in(found: Mapping[str, str], *values: str) -> list[str]:
    return [number for number, value in found.items() if value in values]
