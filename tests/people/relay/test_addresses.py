"""Where a webhook may go, and 60 ways of naming where it may not."""

import pytest

from people.relay.addresses import LONGEST, Target, Unfit, is_public, parsed

PRIVATE = (
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./",
    "https://0/", "https://0.0.0.0/", "https://0x0/", "https://localhost/", "https://LOCALHOST/",
    "https://localhost./", "https://10.0.0.1/", "https://10.1/", "https://172.16.0.1/", "https://192.168.0.1/",
    "https://100.64.0.1/", "https://169.254.169.254/latest/meta-data/", "https://0xa9fea9fe/",
    "https://2852039166/", "https://198.18.0.1/", "https://192.0.0.192/", "https://224.0.0.1/",
    "https://255.255.255.255/", "https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/", "https://[64:ff9b::127.0.0.1]/", "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/", "https://[2001:0:7f00:1::]/", "https://[fc00::1]/", "https://[fd12:3456::1]/",
    "https://[fe80::1]/", "https://[fe80::1%25lo]/", "https://[fec0::1]/", "https://[ff02::1]/",
    "https://[2001:db8::1]/", "https://[100::1]/", "https://[5f00::1]/", "https://[::ffff:10.0.0.1]/",
    "https://127。0。0。1/", "https://①②⑦.⓪.⓪.①/", "https://１２７.0.0.1/", "https://partner.example@127.0.0.1/",
    "https://partner.example:443@127.0.0.1/", "https://127.0.0.1#@partner.example/", "https://127.0.0.1\\@partner.example/",
    "https://partner.example\t.127.0.0.1/", "https://127.0.0.1:443/", "https://1.2.3.4.5/", "https://0x7f.1/",
    "https://partner.0x1/", "https://partner.1/", "https://intranet/", "https:///127.0.0.1/", "https://%31%32%37.0.0.1/",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_address_is_refused_however_it_is_named(address: str) -> None:
    with pytest.raises(Unfit):
        parsed(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://partner.example/", "https://partner.example:8443/", "https://partner.example:0/", "ftp://partner.example/",
        "https://partner.example:99999/", "gopher://partner.example/", "file:///etc/passwd", "", "partner.example",
        "https://user:word@partner.example/", "https://partner.example/#here", "https://partner.example/a b",
        "https://partner.example/\r\nX: 1", "https://партнёр.example/", "https://-partner.example/",
        f"https://partner.example/{'a' * LONGEST}",
    ],
)  # fmt: skip
def test_only_https_on_port_443_with_nothing_hidden_in_it_is_taken(address: str) -> None:
    with pytest.raises(Unfit):
        parsed(address)


def test_public_name_is_taken_whole() -> None:
    assert parsed("https://Hooks.Partner.example/lifeline?tenant=7") == Target(
        "https", "hooks.partner.example", 443, "/lifeline?tenant=7", excepted=False
    )
    assert parsed("https://8.8.8.8").path == "/"


def test_exception_holds_for_its_origin_alone() -> None:
    exceptions = ["http://10.1.2.3:8080", "https://erp.lan:8443"]

    assert parsed("http://10.1.2.3:8080/hook", exceptions).excepted
    assert parsed("https://erp.lan:8443/hook", exceptions).excepted
    for other in (
        "http://10.1.2.3/hook",
        "https://10.1.2.3:8080/",
        "http://10.1.2.4:8080/",
        "http://erp.lan:8443/",
    ):
        with pytest.raises(Unfit):
            parsed(other, exceptions)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:800::200e"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address", ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::", "name", "fe80::1%lo"]
)
def test_address_that_carries_another_is_not_public(address: str) -> None:
    assert not is_public(address)
