"""What the audit records: one closed list, each act with one plain line of what was done.

A new act is a line here; an entry with any other word is refused.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Act(StrEnum):
    """An act's word, kept in the entry, and its `meaning`."""

    meaning: str

    def __new__(cls, word: str, meaning: str) -> Act:
        act = str.__new__(cls, word)
        act._value_ = word
        act.meaning = meaning
        return act

    # Coming in and going out
    SIGN_IN = "sign_in", "Signed in."
    SIGN_IN_BY_LINK = "sign_in_by_link", "Signed in by a demonstration's link, on this machine."
    SIGN_IN_REFUSED = "sign_in_refused", "A name or password, or who it belongs to, was not let in."
    SIGN_OUT = "sign_out", "Signed out."
    STEP_UP = "step_up", "Showed a second factor again, for a sensitive act."
    STEP_UP_REFUSED = "step_up_refused", "A second factor was wrong, or used before."
    FACTOR_ADDED = "factor_added", "Added a second factor."
    FACTOR_REMOVED = "factor_removed", "Removed a second factor."
    RECOVERY_CODE_USED = "recovery_code_used", "Signed in with a recovery code."
    RECOVERY_CODES_MADE = "recovery_codes_made", "Made new recovery codes; the old ones ended."
    SESSION_ENDED = "session_ended", "Ended a session that was still open."
    INVITED = "invited", "Invited somebody to open an account."
    INVITATION_USED = "invitation_used", "Opened an account by an invitation."
    PASSWORD_CHANGED = "password_changed", "Changed their own password."
    SET_PASSWORD = "set_password", "Set the password of an account."
    TOKEN_GIVEN = "token_given", "A system was given a token."
    TOKEN_REFUSED = "token_refused", "A system asked for a token and was given none."

    # Refusals
    REFUSED = "refused", "A page or call was refused: not theirs."
    NOT_THEIRS = "not_theirs", "Asked for something that is not there, or is somebody else's."
    THROTTLED = "throttled", "Tried too often, and was told to wait."
    FORGED = "forged", "A form came without its proof that it was ours."
    TOO_MANY_OPENED = "too_many_opened", "Was stopped: too many different people in an hour."

    # Looking at people
    OPEN_PERSON = "open_person", "Opened a person's page."
    OPEN_BY_SCAN = "open_by_scan", "Opened a person by scanning their parcel; it does not count."
    UNMASK = "unmask", "Had a masked name shown."
    READ_PERSON = "read_person", "A system read one person."
    LIST_PERSON = "list_person", "A system read a person in a list."
    EXPORT_PERSON = "export_person", "A person's name left in a file."
    EXPORT_BY_TWO = "export_by_two", "A person's name left in a file that two officers allowed."
    SEE_NAMES = "see_names", "Read the names on a parcel's page."
    SEE_NOTES = "see_notes", "Read the notes on a parcel's page."
    SEE_DETENTION = "see_detention", "Read where a person is held."
    SEE_ROUTE = "see_route", "Read the route of a consignment or parcel."
    SEE_PLACE = "see_place", "Read where a visit is."
    OPEN_MATCH = "open_match", "Opened two records side by side."
    OPEN_LIST = "open_list", "Opened a list of people."
    OPEN_COMPARISON = "open_comparison", "Opened two lists compared."
    OPEN_CLAIM = "open_claim", "Opened a claim about somebody."
    READ_CLAIMS = "read_claims", "Read all that was said of somebody."
    OPEN_RETURN = "open_return", "Opened a return."
    OPEN_VISIT = "open_visit", "Opened a visit."
    OPEN_VISIT_REPORT = "open_visit_report", "Opened the report of a visit."
    OPEN_VISIT_LETTERS = "open_visit_letters", "Opened the letters of a visit."
    LOOK_WHEREABOUTS = "look_whereabouts", "Read where somebody is, and their wishes in their words."
    FIND_FOR_VISIT = "find_for_visit", "Looked for people to name on a visit."
    LIST_ADDRESSEES = "list_addressees", "Opened the addressees of a round beside a list."
    READ_PEOPLE = "read_people", "A system read who is named on a return."
    DOWNLOAD_LEDGER = "download_ledger", "Downloaded a frozen ledger."
    EXPORT_LOG = "export_log", "Wrote an organisation's part of the custody log to a file."
    READ_AUDIT = "read_audit", "Read the audit."
    SUBJECT_FILE = "subject_file", "Put together what is held on one person."
    LIST_AFFECTED = "list_affected", "Listed whose records were opened in a time."

    # What is written of people
    RECORD_PERSON = "record_person", "Recorded a person."
    ADD_FACT = "add_fact", "Recorded a fact about a person."
    RECORD_SITUATION = "record_situation", "Recorded what became of a person."
    RECORD_KINSHIP = "record_kinship", "Recorded how a sender is tied to a person."
    GIVE_CONSENT = "give_consent", "Recorded a consent."
    WITHDRAW_CONSENT = "withdraw_consent", "Recorded that a consent was withdrawn."
    STATE_DETENTION = "state_detention", "Recorded where a person is held."
    KEEP_BACK = "keep_back", "Kept something from the family."
    FROZEN_BY_DIFFERENCE = (
        "frozen_by_difference",
        "Froze a parcel of which what is kept does not agree with itself.",
    )
    LET_GO = "let_go", "Told the family what was kept, or let a worker take something up again."
    KEEP_LIST = "keep_list", "Took in a list of people."
    COMPARE_LISTS = "compare_lists", "Compared two lists."
    CHECK_TIE = "check_tie", "Checked how a sender is tied to the addressee."
    SETTLE_ADDRESSEE = "settle_addressee", "Settled who an addressee is."
    SETTLE_ON_LIST = "settle_on_list", "Settled an addressee by a list."
    SAME_PERSON = "same_person", "Two said that two records are one person."
    NOT_SAME_PERSON = "not_same_person", "Two said that two records are not one person."
    TAKE_BACK_MATCH = "take_back_match", "Two took back what was said of two records."
    FREEZE_LEDGER = "freeze_ledger", "Froze a ledger."
    TELL_ROUTE = "tell_route", "Told the route of a consignment."

    # Two people; `subject` is the approval
    PROPOSED = "proposed", "Proposed an act of two people."
    CONFIRMED = "confirmed", "Confirmed what another proposed, and it was done."
    REJECTED = "rejected", "Rejected what another proposed."
    USED_UP = "used_up", "Did what two people had approved, once."
    PRINT_SLIPS = "print_slips", "Printed families' slips."
    PRINT_LABELS = "print_labels", "Printed labels."

    # Rights, rules and systems
    ADD_RECORD = "add_record", "Added a row that managers or officers keep."
    CHANGE_RECORD = "change_record", "Changed a row that managers or officers keep."
    CHANGE_GRANT = "change_grant", "Gave or ended a right."
    MAKE_CLIENT = "make_client", "Made a system's account."
    CHANGE_CLIENT = "change_client", "Changed a system's account."
    MAKE_ENDPOINT = "make_endpoint", "Made a webhook's endpoint, with its secret."
    ROTATE_ENDPOINT = "rotate_endpoint", "Gave a webhook's endpoint a new secret."
    CHANGE_ENDPOINT = "change_endpoint", "Tested, disabled, enabled or closed a webhook's endpoint."
    SEND_AGAIN = "send_again", "Had a delivery sent again, from its log or out of quarantine."
    ISSUE_CALENDAR = "issue_calendar", "Made a calendar's address."
    WITHDRAW_CALENDAR = "withdraw_calendar", "Ended a calendar's address."
    ALARM_LIFTED = "alarm_lifted", "Closed an alarm, and lifted the stop if there was one."
    CANARIES_PLANTED = "canaries_planted", "Planted records that nobody has reason to open."

    # Keys
    KEY_ROTATED = "key_rotated", "Put a new version of a key to use."
    KEY_RETIRED = "key_retired", "Took an old version of a key away."
    KEYS_LOCKED = "keys_locked", "Wiped the key-encryption key from memory."
    KEYS_UNLOCKED = "keys_unlocked", "Two officers gave the key-encryption key back."
    KEYS_SPLIT = "keys_split", "Split the key-encryption key among officers."

    # What people ask about their own data
    RECORD_REQUEST = "record_request", "Recorded what somebody asked about their own data."
    REFUSE_REQUEST = "refuse_request", "Two refused what somebody asked, with a reason."
    CORRECT_ON_REQUEST = "correct_on_request", "Recorded a correction that somebody asked for."
    MARK_OBJECTION = "mark_objection", "Recorded an objection to one purpose."
    LIFT_OBJECTION = "lift_objection", "Two ended an objection."
    MARK_RESTRICTION = "mark_restriction", "Marked a person's data: not to be used further."
    LIFT_RESTRICTION = "lift_restriction", "Two let a person's data be used again."
    MARK_HOLD = "mark_hold", "Two kept a person's data past its term, up to a day."
    LIFT_HOLD = "lift_hold", "Two ended that a person's data is kept past its term."
    ERASE = "erase", "Two decided to erase a person."
    ERASED = "erased", "Erased a person, as two had decided."

    # Keeping no longer than needed
    SET_RETENTION = "set_retention", "Two set how long a category is kept."
    PURGED = "purged", "Purged what was kept long enough."


ACTS: Final = {act.value: act for act in Act}

COUNTED: Final = (
    Act.OPEN_PERSON, Act.UNMASK, Act.SEE_DETENTION, Act.READ_PERSON, Act.LIST_PERSON, Act.EXPORT_PERSON,
)  # fmt: skip
"""Of these, so many different people an hour and no more: see `people.opening`."""
READS: Final = (*COUNTED, Act.OPEN_BY_SCAN, Act.EXPORT_BY_TWO)
"""Any of these, of a record that nobody has reason to open, raises an alarm: see `people.canaries`."""
