"""Where days stand on a scale of months. No database."""

from datetime import date

from exchanges.timeline import WIDTH, scale


def test_scale_has_whole_months() -> None:
    found = scale([date(2026, 11, 20), date(2027, 1, 5)])
    assert (found.first, found.last) == (date(2026, 11, 1), date(2027, 1, 31))
    assert [mark.on for mark in found.months] == [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]


def test_bar_reaches_from_the_first_day_to_the_end_of_the_last() -> None:
    found = scale([date(2026, 11, 1), date(2026, 11, 30)])
    assert found.bar(date(2026, 11, 1), date(2026, 11, 30)) == (0.0, WIDTH)
    assert found.bar(date(2026, 11, 16), date(2026, 11, 16)).width == round(WIDTH / 30, 1)


def test_days_outside_lie_at_an_edge() -> None:
    found = scale([date(2026, 11, 10)])
    assert (found.x(date(2026, 1, 1)), found.x(date(2027, 1, 1))) == (0.0, WIDTH)


def test_long_scale_names_at_most_a_dozen_months() -> None:
    assert len(scale([date(2024, 1, 1), date(2026, 12, 31)]).months) == 12
