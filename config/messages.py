"""Translations without gettext's tools: catalogues are compiled, and held against what the source asks for.

python -m config.messages            compiles what is stale
python -m config.messages --check    fails on missing, fuzzy, empty and obsolete entries, wrong placeholders
python -m config.messages --update   adds what is missing, removes what nobody asks for
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib
from django.utils.translation.template import templatize

BASE_DIR = Path(__file__).resolve().parent.parent
# English is what the source is written in.
LANGUAGES = ("ru", "uk")
_SOURCES = ("config", "people", "exchanges", "parcels")
_CALLS = {
    "_": (),
    "gettext": (),
    "gettext_lazy": (),
    "gettext_noop": (),
    "ngettext": ("plural",),
    "ngettext_lazy": ("plural",),
    "pgettext": ("context",),
    "pgettext_lazy": ("context",),
    "npgettext": ("context", "plural"),
    "npgettext_lazy": ("context", "plural"),
}
_TEXT = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\({_TEXT}(?:, *{_TEXT})?(?:, *{_TEXT})?", re.DOTALL)
_PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[a-z]|%[a-z]|\{\w*\}")


class Message(NamedTuple):
    text: str
    plural: str = ""
    context: str = ""


def asked_for(root: Path = BASE_DIR) -> set[Message]:
    """Return every message the Python files and templates under `root` ask for."""
    found: set[Message] = set()
    for folder in _SOURCES:
        for path in (root / folder).rglob("*.py"):
            found.update(_in_python(path.read_text()))
    for folder in (*_SOURCES, "templates"):
        for suffix in ("html", "txt"):
            for path in (root / folder).rglob(
                f"templates/**/*.{suffix}" if folder in _SOURCES else f"*.{suffix}"
            ):
                found.update(_in_template(path.read_text()))
    return found


def _in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [
            arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        if name in _CALLS:
            yield from _message(name, texts)


def _in_template(source: str) -> Iterator[Message]:
    for call in _TEMPLATE_CALL.finditer(templatize(source)):
        name, *literals = call.groups()
        yield from _message(name, [ast.literal_eval(text) for text in literals if text])


def _message(name: str, texts: list[str]) -> Iterator[Message]:
    parts = _CALLS[name]
    # Fewer: the text is no literal here, and is asked for where it is written.
    if len(texts) <= len(parts):
        return
    context = texts.pop(0) if "context" in parts else ""
    yield Message(texts[0], texts[1] if "plural" in parts else "", context)


def faults(root: Path = BASE_DIR) -> list[str]:
    wanted = asked_for(root)
    return [fault for path in _catalogues(root) for fault in _faults_of(path, wanted)]


def _catalogues(root: Path) -> list[Path]:
    return [root / "locale" / language / "LC_MESSAGES" / "django.po" for language in LANGUAGES]


def _faults_of(path: Path, wanted: set[Message]) -> Iterator[str]:
    language = path.parent.parent.name
    catalogue = polib.pofile(str(path)) if path.exists() else polib.POFile()
    entries = {_key(entry): entry for entry in catalogue if not entry.obsolete}
    for entry in catalogue.obsolete_entries():
        yield f"{language}: obsolete: {entry.msgid!r}"
    for message in sorted(wanted - entries.keys()):
        yield f"{language}: missing: {message.text!r}"
    for message in sorted(entries.keys() - wanted):
        yield f"{language}: nobody asks for: {message.text!r}"
    for message in sorted(entries.keys() & wanted):
        if what := _fault_in(entries[message]):
            yield f"{language}: {what}: {message.text!r}"


def _key(entry: polib.POEntry) -> Message:
    return Message(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "")


def _fault_in(entry: polib.POEntry) -> str | None:
    translations = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if entry.fuzzy:
        return "fuzzy"
    if not all(translations) or (entry.msgid_plural and len(translations) != 4):
        return "not translated"
    if any(_placeholders(text) not in _allowed(entry) for text in translations):
        return "placeholders differ"
    return None


def _allowed(entry: polib.POEntry) -> list[Counter[str]]:
    """A form for one thing may name it in words where the plural gives the number."""
    return [_placeholders(entry.msgid), _placeholders(entry.msgid_plural or entry.msgid)]


def _placeholders(text: str) -> Counter[str]:
    return Counter(_PLACEHOLDER.findall(text.replace("%%", "")))


def update(root: Path = BASE_DIR) -> None:
    wanted = asked_for(root)
    for path in _catalogues(root):
        catalogue = polib.pofile(str(path)) if path.exists() else _new_catalogue(path)
        present = {_key(entry) for entry in catalogue}
        for entry in [entry for entry in catalogue if entry.obsolete or _key(entry) not in wanted]:
            catalogue.remove(entry)
        for message in sorted(wanted - present):
            catalogue.append(_new_entry(message))
        catalogue.sort(key=_key)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue.save(str(path))


def _new_catalogue(path: Path) -> polib.POFile:
    catalogue = polib.POFile(wrapwidth=110)
    # Django's own catalogues of both languages count in these four forms.
    forms = (
        "nplurals=4; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 :"
        " n%10==0 || (n%10>=5 && n%10<=9) || (n%100>=11 && n%100<=14) ? 2 : 3);"
    )
    catalogue.metadata = {
        "Language": path.parent.parent.name,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": forms,
    }
    return catalogue


def _new_entry(message: Message) -> polib.POEntry:
    forms = dict.fromkeys(range(4), "") if message.plural else {}
    return polib.POEntry(
        msgid=message.text,
        msgid_plural=message.plural,
        msgctxt=message.context or None,
        msgstr_plural=forms,
    )


def compile_stale(root: Path = BASE_DIR) -> None:
    """Write the .mo beside each .po that is newer, or has none."""
    for path in (root / "locale").glob("*/LC_MESSAGES/*.po"):
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime_ns < path.stat().st_mtime_ns:
            # Renamed when whole: another process may be reading it.
            draft = path.with_suffix(".mo.draft")
            polib.pofile(str(path)).save_as_mofile(str(draft))
            draft.replace(compiled)


def main(arguments: list[str]) -> int:
    if arguments == ["--update"]:
        update()
    if arguments != ["--check"]:
        compile_stale()
        return 0
    found = faults()
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
