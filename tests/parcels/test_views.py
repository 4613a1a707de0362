import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext

from parcels import family_texts, tracking
from parcels.lifecycle import FAMILY_WORD
from tests.parcels import family
from tests.parcels.family import ACCEPTED, CLEARED, REGISTERED, WAY, Step

LANGUAGES = [language for language, _ in settings.LANGUAGES]


@pytest.fixture
def olha() -> Client:
    return Client(headers={"accept-language": "uk"})


def text_of(response: object) -> str:
    body: str = response.content.decode()  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body.partition("<main")[2]))


def shown(olha: Client, code: str) -> str:
    response = olha.post("/", {"receipt_code": code})
    assert response.status_code == HTTPStatus.OK
    return text_of(response)


def now_parcel(steps: tuple[Step, ...]) -> str:
    return family.make_parcel(family.make_round(), steps, at=timezone.now())[1]


def test_texts_cover_every_word_of_the_lifecycle() -> None:
    assert set(family_texts.WORDINGS) == set(FAMILY_WORD.values())


@pytest.mark.parametrize(
    ("statuses", "done", "ahead"),
    [
        (["registered"], 0, 5),
        (["registered", "taken_in", "checked"], 2, 3),
        (["registered", "taken_in", "being_checked"], 2, 4),
        (["registered", "taken_in", "checked", "on_the_way", "with_holding_side", "receipt_reported"], 5, 1),
        (["registered", "taken_in", "checked", "on_the_way", "being_traced"], 4, 0),
        (["registered", "taken_in", "checked", "on_the_way", "coming_back"], 4, 1),
        (["registered", "cancelled"], 1, 0),
    ],
)
def test_way_shows_what_is_done_now_and_ahead(statuses: list[str], done: int, ahead: int) -> None:
    places = [step.place for step in family_texts.way(statuses)]

    assert places == ["done"] * done + ["now"] + ["ahead"] * ahead


@pytest.mark.parametrize(
    ("language", "days", "expected"),
    [
        ("en", (3, 10), "It usually takes 3 to 10 days."),
        ("ru", (3, 21), "Обычно это занимает от 3 до 21 дня."),
        ("uk", (3, 10), "Зазвичай це триває від 3 до 10 днів."),
        ("ru", (7, 7), "Обычно это занимает около 7 дней."),
        ("uk", (0, 1), "Зазвичай це триває до 1 дня."),
    ],
)
def test_usual_text_counts_as_the_language_does(language: str, days: tuple[int, int], expected: str) -> None:
    with translation.override(language):
        assert family_texts.usual_text(days) == expected


def test_since_text_says_the_second_of_a_month_as_russian_does() -> None:
    with translation.override("ru"):
        assert family_texts.since_text(family.NOON.date()) == "с 22 ноября 2026"
        assert family_texts.since_text(family.NOON.date().replace(day=2)) == "со 2 ноября 2026"


def test_home_asks_for_the_code_and_keeps_to_itself(olha: Client) -> None:
    response = olha.get("/")

    assert response.status_code == HTTPStatus.OK
    assert "Де посилка?" in text_of(response)
    assert '<html lang="uk">' in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    )
    assert {name for name in response.cookies if "csrf" not in name} == set()


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", family.INTO)
def test_parcel_reads_in_the_familys_words(status: str, language: str) -> None:
    code = now_parcel(family.INTO[status])
    wording = family_texts.WORDINGS[status]

    text = text_of(Client(headers={"accept-language": language}).post("/", {"receipt_code": code}))

    with translation.override(language):
        expected = [str(part) for part in wording]
    assert [part for part in expected if part not in text.replace("&#x27;", "'")] == []


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["with_holding_side", "receipt_reported"])
def test_parcel_is_received_only_by_the_prisoners_own_word(olha: Client, status: str) -> None:
    response = olha.post(
        "/", {"receipt_code": now_parcel(family.INTO[status])}, headers={"accept-language": "en"}
    )
    body = response.content.decode()

    assert "<h1>Received</h1>" not in body
    assert re.findall(r'<li class="(\w+)"><span class="label">Received', body) == ["ahead"]


@pytest.mark.django_db
def test_parcel_tells_how_receipt_is_known(olha: Client) -> None:
    text = shown(olha, now_parcel(WAY[:7]))

    assert "Вона є у списку сторони, що утримує. Інших підтверджень у нас немає." in text
    assert "Чи все дійшло, невідомо." in text


@pytest.mark.django_db
def test_parcel_that_takes_long_says_so_and_when_we_look_again(olha: Client) -> None:
    left = Step("dispatch", "dispatched", 12)
    code = now_parcel((*WAY[:4], left))
    with translation.override("uk"):
        look_on = family_texts.date_text((timezone.now() + timedelta(days=5)).date())

    text = shown(olha, code)

    assert "Це триває довше, ніж зазвичай." in text
    assert f"Новых вестей нет. Мы посмотрим снова {look_on}." not in text
    assert f"Нових звісток немає. Ми подивимося знову {look_on}." in text


@pytest.mark.django_db
def test_parcel_reads_alike_whether_or_not_hard_news_is_held(olha: Client) -> None:
    round_ = family.make_round()
    steps = (*WAY[:4], Step("dispatch", "dispatched", 12))
    held = (*steps, Step("report_missing", "missing", None), Step("write_off", "lost", None))
    now = timezone.now()
    _, waiting = family.make_parcel(round_, steps, at=now)
    _, lost = family.make_parcel(round_, held, seed=b"another seed", at=now)

    assert shown(olha, lost) == shown(olha, waiting)


@pytest.mark.django_db
def test_parcel_left_by_its_round_waits_or_comes_back(olha: Client) -> None:
    round_ = family.make_round(status="handed_over")
    _, code = family.make_parcel(round_, (REGISTERED, ACCEPTED, CLEARED), at=timezone.now())

    text = shown(olha, code)

    assert "Вона зачекає на один із наступних раундів або повернеться до вас, якщо ви захочете." in text
    assert "довше, ніж зазвичай" not in text


@pytest.mark.django_db
def test_parcel_that_needs_attention_says_what_to_change(olha: Client) -> None:
    round_ = family.make_round()
    family.make_rule(round_)
    _, code = family.make_parcel(round_, family.INTO["needs_attention"], at=timezone.now())

    assert "Батарейки не можна перевозити. Вийміть їх, будь ласка." in shown(olha, code)


@pytest.mark.django_db
def test_wrong_malformed_and_withdrawn_codes_read_alike(olha: Client) -> None:
    parcel, withdrawn = family.make_parcel(family.make_round(), at=timezone.now())
    parcel.code_hash = None
    parcel.save(update_fields=["code_hash"])

    answers = [
        olha.post("/", {"receipt_code": code})
        for code in (withdrawn, "0000-0000-0000-0000-0000-0000", "hello", "\x00", "9" * 5000)
    ]

    assert {answer.status_code for answer in answers} == {HTTPStatus.NOT_FOUND}
    assert len({text_of(answer) for answer in answers}) == 1
    assert "Ми не знайшли посилки з таким кодом." in text_of(answers[0])


@pytest.mark.django_db
def test_wrong_codes_are_told_to_wait_and_the_right_one_never(olha: Client) -> None:
    code = now_parcel(WAY[:1])

    answers = [olha.post("/", {"receipt_code": "wrong"}) for _ in range(tracking.WRONG_CODES + 2)]

    assert [answer.status_code for answer in answers] == [404] * tracking.WRONG_CODES + [429] * 2
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert "Зачекайте, будь ласка, хвилину" in text_of(answers[-1])
    assert olha.post("/", {"receipt_code": code}).status_code == HTTPStatus.OK


def test_an_empty_field_asks_for_the_code_and_is_not_counted(olha: Client) -> None:
    response = olha.post("/", {"receipt_code": "  "})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert "Введіть, будь ласка, код із квитанції." in text_of(response)


@pytest.mark.django_db
def test_choosing_a_language_keeps_the_parcel_on_the_page(olha: Client) -> None:
    code = now_parcel(WAY[:1])

    response = olha.post("/", {"receipt_code": code, "language": "ru"})

    assert "Зарегистрирована" in text_of(response)
    assert response.cookies["language"].value == "ru"
    assert "Где посылка?" in text_of(olha.get("/"))


def test_choosing_a_language_at_home_comes_back_home(olha: Client) -> None:
    response = olha.post("/", {"language": "en"})

    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, "/")
    assert "Where is the parcel?" in text_of(olha.get("/"))


def test_an_unknown_language_changes_nothing(olha: Client) -> None:
    response = olha.post("/", {"language": "xx"})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert "language" not in response.cookies
    assert "Де посилка?" in text_of(olha.get("/"))


@pytest.mark.django_db
def test_there_is_no_second_way_to_choose_a_language(olha: Client) -> None:
    response = olha.post("/i18n/setlang/", {"language": "ru", "next": "/"})

    assert (response.status_code, dict(response.cookies)) == (HTTPStatus.NOT_FOUND, {})


def test_a_code_in_the_address_is_not_read(olha: Client) -> None:
    response = olha.get("/", {"receipt_code": "0000-0000-0000-0000-0000-0000"})

    assert response.content.count(b"0000-0000") == 0


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_without_saying_why() -> None:
    elsewhere = Client(enforce_csrf_checks=True, headers={"accept-language": "ru"})

    response = elsewhere.post("/", {"receipt_code": "code"})

    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "Страница была открыта слишком долго" in text_of(response)
    assert "CSRF" not in response.content.decode()


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "There is no such page"), ("ru", "Такой страницы нет"), ("uk", "Такої сторінки немає")],
)
def test_a_page_that_is_not_there_says_so_in_the_readers_language(language: str, expected: str) -> None:
    response = Client(headers={"accept-language": language}).get("/nothing/here/")

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert expected in text_of(response)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_error_pages_need_neither_request_nor_database(name: str, language: str) -> None:
    with translation.override(language):
        page = get_template(f"{name}.html").render()
        home = gettext("To the start")

    assert f'<html lang="{language}">' in page
    assert home in page
