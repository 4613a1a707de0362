"""The audit as a log that is sealed: which columns of an entry are hashed, and how."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from people import heads
from people.merkle import leaf_hash
from people.sealing import Tree

VERSION: Final = 1
"""Of the form in which an entry is hashed: docs/audit.md shows an example."""
FIELDS: Final = (
    "id", "at", "by", "staff", "client", "organisation", "act", "outcome", "subject_kind", "subject",
    "purpose", "request", "route", "origin", "name_hash", "xact",
)  # fmt: skip
COLUMNS: Final = (
    "e.id, e.at, e.by, e.staff_id, e.client_id, e.organisation_id, e.act, e.outcome, e.subject_kind,"
    " e.subject, e.purpose, e.request, e.route, e.origin, e.name_hash, e.xact::text"
)

# Canonical for what is flat, of texts and small whole numbers, with plain names: and five times as fast.
_flat: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def entry_text(row: Sequence[Any]) -> str:
    """Return an entry, its columns in the order of `FIELDS`, as it is hashed."""
    told = dict(zip(FIELDS, row, strict=True))
    return _flat({**told, "at": heads.moment(told["at"]), "version": VERSION})


def entry_hash(row: Sequence[Any], salt: bytes) -> bytes:
    """Return the leaf: SHA-256 over salt and canonical JSON, as RFC 9162 hashes leaves."""
    return leaf_hash(salt + entry_text(row).encode())


AUDIT: Final = Tree(
    log="audit",
    rows="people_auditentry e",
    columns=COLUMNS,
    tables="people_audit",
    entry="entry",
    leaf=entry_hash,
    erased="e.id IS NULL",  # purged, with its salt
)
