"""What officers do with agreements and rounds, and workers for them: one verb, one transaction."""

from exchanges.actions.agreements import IN_FORCE, change_agreement, draft_terms, next_version, propose_terms
from exchanges.actions.calendars import issue_calendar, withdraw_calendar
from exchanges.actions.prisoner_lists import list_people, mark, state_list
from exchanges.actions.prisoner_stages import (
    let_fall_through,
    plan_stage,
    propose_correction,
    propose_finishing,
    put_in_stage,
    record_count,
)
from exchanges.actions.prisoners import change_exchange, look, propose_exchange, propose_naming
from exchanges.actions.rounds import (
    ROUND_KEY_PLACE,
    change_round,
    make_round,
    new_round_key,
    settle_addressees,
)
from exchanges.actions.steps import NotPossible
from exchanges.actions.visit_reports import (
    LetterChange,
    ToldParcel,
    ToldPerson,
    ToldReport,
    change_letters,
    report_visit,
)
from exchanges.actions.visits import (
    add_people,
    agree_visit,
    cancel_visit,
    hold_visit,
    look_up_place,
    name_participants,
    postpone_visit,
    remove_person,
    schedule_visit,
    set_place,
)

__all__ = [
    "IN_FORCE",
    "ROUND_KEY_PLACE",
    "LetterChange",
    "NotPossible",
    "ToldParcel",
    "ToldPerson",
    "ToldReport",
    "add_people",
    "agree_visit",
    "cancel_visit",
    "change_agreement",
    "change_exchange",
    "change_letters",
    "change_round",
    "draft_terms",
    "hold_visit",
    "issue_calendar",
    "let_fall_through",
    "list_people",
    "look",
    "look_up_place",
    "make_round",
    "mark",
    "name_participants",
    "new_round_key",
    "next_version",
    "plan_stage",
    "postpone_visit",
    "propose_correction",
    "propose_exchange",
    "propose_finishing",
    "propose_naming",
    "propose_terms",
    "put_in_stage",
    "record_count",
    "remove_person",
    "report_visit",
    "schedule_visit",
    "set_place",
    "settle_addressees",
    "state_list",
    "withdraw_calendar",
]
