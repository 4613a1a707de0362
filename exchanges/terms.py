"""What an agreement's dates and states mean, without a database."""

from datetime import date

from exchanges.models import Agreement


def in_force(agreement: Agreement, on: date) -> bool:
    return (
        agreement.status == Agreement.Status.IN_FORCE
        and agreement.valid_from <= on
        and (agreement.valid_until is None or on <= agreement.valid_until)
    )
