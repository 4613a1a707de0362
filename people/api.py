"""What every call of the API shares: how bodies are read, lists paged and replies kept from caches."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.http import HttpRequest
from django.utils.translation import get_language
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from people import schema
from people.actors import acting
from people.problems import invalid


def language() -> str:
    """Return the reader's language, ru, uk or en, as Accept-Language asked for it."""
    return (get_language() or "en")[:2]


# As JSON writes it; after a backslash of its own the same letters are only letters.
_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class JSONBody(JSONParser):
    """JSON that can be kept: no NUL, which PostgreSQL refuses, and no half of a surrogate pair."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            # Written again it must be plain text.
            text = json.dumps(data, ensure_ascii=False)
            text.encode()
        except (RecursionError, UnicodeError):
            raise ParseError("JSON that is nested too deeply, or not Unicode.") from None
        if _NUL.search(text):
            raise ParseError("A text holds the character U+0000.")
        return data


class Calls(APIView):
    """The base of every call. `scopes` names the scope that each method needs."""

    scopes: ClassVar[Mapping[str, str]] = {}
    # Whether writes need an Idempotency-Key; which problems a method has beside those that all have.
    needs_key: ClassVar[bool] = False
    problems_of: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    http_method_names = ("get", "head", "post")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer in one transaction, in which authentication says who asks; for some calls nobody need."""
        if not self.scopes:
            return super().dispatch(request, *args, **kwargs)
        with acting(None):
            return super().dispatch(request, *args, **kwargs)

    parser_classes = (JSONBody,)
    metadata_class = None
    schema = schema.Operations()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        request.body  # noqa: B018  read here once, which refuses a body that is too large

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)


_PAGE_SIZE: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_NOT_OURS: Final = "Take it from `next` or `previous` of another page."


class Pages(CursorPagination):
    """Pages by the place of their last row, so that rows written meanwhile neither repeat nor hide others."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    place: ClassVar[re.Pattern[str]] = re.compile(r"[\w.-]{1,40}", re.ASCII)

    def get_page_size(self, request: Request | HttpRequest) -> int:
        asked: str | None = request.GET.get("page_size", None)
        if asked is None:
            return self.page_size
        if not _PAGE_SIZE.fullmatch(asked):
            raise invalid("page_size", f"A number from 1 to {self.max_page_size}.")
        return min(int(asked), self.max_page_size)

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise invalid("cursor", _NOT_OURS) from None
        if cursor and cursor.position is not None and not self.place.fullmatch(str(cursor.position)):
            raise invalid("cursor", _NOT_OURS)
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        cursor, page_size = super().get_schema_operation_parameters(view)
        cursor["description"] = _NOT_OURS
        page_size["description"] = "Rows a page."
        page_size["schema"] |= {"minimum": 1, "maximum": 9999, "default": self.page_size}
        return [cursor, page_size]
