"""Passkeys: the published vectors, and all that makes an answer none."""

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from fido2.utils import websafe_encode
from pytest_django import Settings

from people.models import Passkey, Staff, StaffSession
from people.signin import passkeys
from tests.authenticator import Authenticator, text
from tests.factories import organisation, staff
from tests.people.signin.people import at_site, options, with_passkey
from tests.signing_in import signed_in

# Web Authentication Level 3, section 16.2: "ES256 Credential with No Attestation".
W3C_ORIGIN = "https://example.org"
W3C_MADE = {
    "challenge": "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
    "clientDataJSON": (
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d50743455787847"
        "5453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470"
        "733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a"
        "22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c2066"
        "69656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a6463544272584269"
        "41774a544c453551227d"
    ),
    "attestationObject": (
        "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7"
        "f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189c"
        "ba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856"
        "062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220"
    ),
}
W3C_ID = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4"
W3C_SHOWN = {
    "challenge": "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
    "clientDataJSON": (
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c545550"
        "6f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f"
        "2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d"
    ),
    "authenticatorData": "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    "signature": (
        "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174"
        "f575bf11a1dd5d78c6e486013f937295ea13653e331e87"
    ),
}
OPTIONS, ENTER = "/admin/login/passkey/options/", "/admin/login/passkey/"


def _written(vector: dict[str, str]) -> dict[str, object]:
    response = {name: text(bytes.fromhex(value)) for name, value in vector.items() if name != "challenge"}
    name = text(bytes.fromhex(W3C_ID))
    return {"id": name, "rawId": name, "type": "public-key", "response": response}


def _state(vector: dict[str, str], verification: str | None) -> dict[str, str | None]:
    return {
        "challenge": websafe_encode(bytes.fromhex(vector["challenge"])),
        "user_verification": verification,
    }


def test_published_vectors_are_accepted_but_for_the_user_they_do_not_verify(settings: Settings) -> None:
    settings.PASSKEY_DOMAIN, settings.ALLOWED_HOSTS = "example.org", ["example.org"]
    server = passkeys._server(RequestFactory(headers={"host": "example.org"}).get("/", secure=True))
    made = server.register_complete(_state(W3C_MADE, None), _written(W3C_MADE))
    assert made.credential_data is not None
    assert made.credential_data.credential_id.hex() == W3C_ID
    shown = server.authenticate_complete(_state(W3C_SHOWN, None), [made.credential_data], _written(W3C_SHOWN))
    assert shown.credential_id.hex() == W3C_ID
    with pytest.raises(ValueError, match="User verification required"):
        server.register_complete(_state(W3C_MADE, "required"), _written(W3C_MADE))
    with pytest.raises(ValueError, match="Wrong challenge"):
        server.register_complete(_state(W3C_SHOWN, None), _written(W3C_MADE))


@pytest.fixture
def amina(db: None) -> Staff:
    return staff("amina", "registrar", organisation("north"))


@pytest.fixture
def key(amina: Staff) -> Authenticator:
    return with_passkey(amina, signed_in(amina, client=at_site()))


def enter(browser: Client, key: Authenticator) -> Client:
    browser.post(ENTER, {"answer": key.show(options(browser, OPTIONS))})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


def test_passkey_alone_signs_in(amina: Staff, key: Authenticator) -> None:
    assert is_in(enter(at_site(), key))
    assert Passkey.objects.get().sign_count == key.counter
    assert StaffSession.objects.order_by("-pk")[0].way == "passkey"


def test_authenticator_learns_nothing_of_whom_it_is_for(amina: Staff) -> None:
    asked = options(signed_in(amina, client=at_site()), "/admin/account/passkey/options/")["publicKey"]
    assert asked["user"]["id"] != text(str(amina.pk).encode())
    assert (asked["rp"]["id"], asked.get("attestation", "none")) == ("localhost", "none")
    assert asked["authenticatorSelection"]["userVerification"] == "required"


@pytest.mark.parametrize("origin", ["https://localhost.example.org", "https://localhost", "http://127.0.0.1"])
def test_passkey_shown_to_another_site_opens_nothing(key: Authenticator, origin: str) -> None:
    key.origin = origin
    assert not is_in(enter(at_site(), key))


def test_passkey_that_verified_nobody_opens_nothing(key: Authenticator) -> None:
    key.verifies = False
    assert not is_in(enter(at_site(), key))


def test_passkey_that_verifies_nobody_is_not_kept(amina: Staff) -> None:
    browser = signed_in(amina, client=at_site())
    answer = Authenticator(verifies=False).make(options(browser, "/admin/account/passkey/options/"))
    assert browser.post("/admin/account/passkey/", {"answer": answer}).status_code == 400
    assert not Passkey.objects.exists()


def test_answer_works_once(key: Authenticator) -> None:
    browser = at_site()
    answer = key.show(options(browser, OPTIONS))
    browser.post(ENTER, {"answer": answer})
    browser.post("/admin/logout/")
    browser.post(ENTER, {"answer": answer})
    assert not is_in(browser)


def test_answer_to_another_browsers_question_opens_nothing(key: Authenticator) -> None:
    asked, other = at_site(), at_site()
    options(other, OPTIONS)
    other.post(ENTER, {"answer": key.show(options(asked, OPTIONS))})
    assert not is_in(other)


def test_copied_passkey_is_refused_once_the_count_falls_back(key: Authenticator) -> None:
    copied = Authenticator(
        counter=key.counter, credential_id=key.credential_id, key=key.key, handle=key.handle
    )
    for _ in range(2):
        assert is_in(enter(at_site(), key))
    assert not is_in(enter(at_site(), copied))
    assert Passkey.objects.get().sign_count == key.counter


def test_passkey_that_never_counts_is_accepted_each_time(amina: Staff, key: Authenticator) -> None:
    Passkey.objects.update(sign_count=0)
    for _ in range(2):
        key.counter = -1
        assert is_in(enter(at_site(), key))


def test_another_key_with_the_same_name_opens_nothing(key: Authenticator) -> None:
    forged = Authenticator(credential_id=key.credential_id, counter=50, handle=key.handle)
    assert not is_in(enter(at_site(), forged))
    assert Passkey.objects.get().sign_count == 1


@pytest.mark.parametrize("answer", ["", "{", "[]", "{}", '{"rawId": 7, "response": {}}', "x" * 30_000])
def test_what_is_no_answer_opens_nothing(key: Authenticator, answer: str) -> None:
    browser = at_site()
    options(browser, OPTIONS)
    assert browser.post(ENTER, {"answer": answer}).status_code == 200
    assert not is_in(browser)


def test_answer_after_five_minutes_opens_nothing(key: Authenticator) -> None:
    browser = at_site()
    answer = key.show(options(browser, OPTIONS))
    kept = browser.session
    kept["passkey-sign_in"] |= {"until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    kept.save()
    browser.post(ENTER, {"answer": answer})
    assert not is_in(browser)


@pytest.mark.parametrize("change", [{"is_active": False}, {}])
def test_passkey_of_who_may_do_nothing_opens_nothing(
    amina: Staff, key: Authenticator, change: dict[str, bool]
) -> None:
    if change:
        Staff.objects.update(**change)
    else:
        amina.grants.update(until_at=timezone.now())
    assert not is_in(enter(at_site(), key))


def test_passkey_is_known_once(amina: Staff, key: Authenticator) -> None:
    bruno = staff("bruno", "screener", organisation("south"))
    browser = signed_in(bruno, client=at_site())
    answer = key.make(options(browser, "/admin/account/passkey/options/"))
    assert browser.post("/admin/account/passkey/", {"answer": answer}).status_code == 400
    assert Passkey.objects.get().staff == amina
