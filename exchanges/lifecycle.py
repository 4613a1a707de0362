"""The states of what the sides agree and do beside the parcels: one table each, and what ends it.

    agreement   draft → signed → in_force ⇄ suspended → expired | terminated
    round       proposed → agreed → lists_exchanged → collecting → closed → handed_over → reported
    visit       agreed → scheduled → held → reported
    exchange    proposed → lists_exchanged → verified → agreed → under_way → completed
    stage       planned → finished
    on a list   listed → verified → exchanged
    return      requested → information_passed → negotiating → agreed → planned → travelling → returned
    on a return with_group → returned | set_aside
    claim       reported → supported | disputed | unresolved | corrected | withdrawn

The ways aside (postponed, suspended, fell through, disputed) stand in the tables, and in the drawings of
`docs/states.md` that are made from them. From a table come the check before a step, the database's own
check (`exchanges.guard`), the buttons in the admin and the drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Lifecycle(NamedTuple):
    """`steps` leads from each status to those that may follow; one that is no key there is an end."""

    name: str
    begins: str
    steps: Mapping[str, tuple[str, ...]]

    def allows(self, status: str, step: str) -> bool:
        return step in self.steps.get(status, ())

    @property
    def statuses(self) -> tuple[str, ...]:
        """Every status, in the order in which the table names them."""
        followers = (step for steps in self.steps.values() for step in steps)
        return tuple(dict.fromkeys((self.begins, *self.steps, *followers)))


AGREEMENT: Final = Lifecycle(
    "agreement",
    "draft",
    {
        "draft": ("signed",),
        "signed": ("in_force", "terminated"),
        "in_force": ("suspended", "expired", "terminated"),
        "suspended": ("in_force", "expired", "terminated"),
    },
)

ROUND: Final = Lifecycle(
    "round",
    "proposed",
    {
        "proposed": ("agreed", "cancelled"),
        "agreed": ("lists_exchanged", "postponed", "cancelled"),
        "lists_exchanged": ("collecting", "postponed", "cancelled"),
        "collecting": ("closed", "postponed"),
        # It goes on from where it was: one postponed before any list was exchanged still has to do that.
        "postponed": ("agreed", "lists_exchanged", "collecting", "cancelled"),
        "closed": ("handed_over",),
        "handed_over": ("reported",),
    },
)

VISIT: Final = Lifecycle(
    "visit",
    "agreed",
    {
        "agreed": ("scheduled", "postponed", "cancelled"),
        "scheduled": ("held", "postponed", "cancelled"),
        "postponed": ("scheduled", "cancelled"),
        "held": ("reported",),
    },
)

EXCHANGE: Final = Lifecycle(
    "exchange",
    "proposed",
    {
        "proposed": ("lists_exchanged", "cancelled"),
        "lists_exchanged": ("verified", "postponed", "cancelled"),
        # A list that is corrected after it was verified is verified again.
        "verified": ("agreed", "lists_exchanged", "postponed", "cancelled"),
        "agreed": ("under_way", "postponed", "cancelled"),
        "postponed": ("lists_exchanged", "verified", "agreed", "cancelled"),
        "under_way": ("completed",),
    },
)

STAGE: Final = Lifecycle(
    "stage", "planned", {"planned": ("finished", "fell_through"), "fell_through": ("planned",)}
)

ON_A_LIST: Final = Lifecycle(
    "person on a list",
    "listed",
    {
        "listed": ("verified", "disputed", "removed"),
        "verified": ("exchanged", "disputed", "removed"),
        "disputed": ("verified", "removed"),
    },
)

RETURN: Final = Lifecycle(
    "return",
    "requested",
    {
        "requested": ("information_passed", "fell_through"),
        "information_passed": ("negotiating", "fell_through"),
        "negotiating": ("agreed", "fell_through"),
        "agreed": ("planned", "negotiating", "fell_through"),
        "planned": ("travelling", "negotiating", "fell_through"),
        "travelling": ("returned", "fell_through"),
        "fell_through": ("negotiating",),
    },
)

# One who stays behind, for whatever cause, is set aside; the others go on.
ON_A_RETURN: Final = Lifecycle(
    "person on a return",
    "with_group",
    {"with_group": ("returned", "set_aside"), "set_aside": ("with_group",)},
)

CLAIM: Final = Lifecycle(
    "claim",
    "reported",
    {
        "reported": ("supported", "disputed", "unresolved", "corrected", "withdrawn"),
        "supported": ("disputed", "unresolved", "corrected", "withdrawn"),
        "disputed": ("supported", "unresolved", "corrected", "withdrawn"),
        "unresolved": ("supported", "disputed", "corrected", "withdrawn"),
    },
)

ALL: Final = (AGREEMENT, ROUND, VISIT, EXCHANGE, STAGE, ON_A_LIST, RETURN, ON_A_RETURN, CLAIM)
