"""The board: where the product is, and how to get in. On the screen, and in board.json for programs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.launcher.screen import Screen

Board = Mapping[str, Any]
"""`url`, `accounts: [{role, organisation, username, sign_in}]`, `receipt_code`, `round`, and
`clients: [{organisation, relation, client_id, client_secret}]`."""


def empty(url: str) -> Board:
    return {"url": url, "accounts": [], "clients": [], "receipt_code": None, "round": None}


def write(board: Board, path: Path) -> None:
    """Replace the file at once, readable by its owner alone: it opens doors."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(board, file, ensure_ascii=False, indent=2)
    draft.replace(path)


def show(board: Board, screen: Screen) -> None:
    screen.say()
    screen.say(f"Lifeline is running at {board['url']}")
    if board["accounts"]:
        screen.say("Sign in as (each link works once, on this machine; new ones at every start):")
    for account in board["accounts"]:
        who = f"{account['role']}, {account['organisation']}"
        screen.say(f"  {who:<60} {account['sign_in']}")
    if board["receipt_code"]:
        screen.say(f"A family's receipt code to try: {board['receipt_code']}")
