"""Signed-in clients, and what a page says, for the tests of the admin."""

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tests.signing_in import signed_in

__all__ = ["messages", "signed_in", "text"]


def opened_person(client: Client, pk: int, purpose: str = "verification") -> Any:
    """Say what for, as whoever opens a record must, and return the page."""
    address = f"/admin/people/person/{pk}/change/"
    client.post(address, {"deed": "open", "purpose": purpose})
    return client.get(address)


def opened_parcel(client: Client, pk: int, purpose: str = "verification") -> Any:
    """Say what for, as whoever opens names must, and return the page: without them for other roles."""
    client.post(f"/admin/parcels/parcel/{pk}/open/", {"purpose": purpose})
    return client.get(f"/admin/parcels/parcel/{pk}/change/")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.hidden += tag in ("script", "style", "head")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style", "head")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words += data.split()


def text(response: HttpResponse | Any) -> str:
    """Return the words of the page, one space between them."""
    parser = _Text()
    parser.feed(response.content.decode())
    return " ".join(parser.words)


def messages(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]
