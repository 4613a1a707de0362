"""What the source asks for, and what a catalogue may lack."""

from pathlib import Path

import polib
import pytest

from config import messages
from config.messages import Message

_PYTHON = """
from django.utils import translation
from django.utils.translation import gettext_lazy as _, ngettext, pgettext

_("Registered")
ngettext("%(count)s parcel", "%(count)s parcels", 2)
pgettext("a letter", "Read")
translation.gettext("Taken in")
translation.gettext(variable)
"""
_TEMPLATE = """
{% load i18n %}{# Translators: no message #}
<p title="{% translate "It's on the way" %}">{{ _("Returned") }}</p>
{% blocktranslate trimmed with day=since|date %}
  Since {{ day }}
{% endblocktranslate %}
{% blocktranslate count n=days %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}
"""
_ASKED_FOR = {
    Message("Registered"),
    Message("%(count)s parcel", plural="%(count)s parcels"),
    Message("Read", context="a letter"),
    Message("Taken in"),
    Message("It's on the way"),
    Message("Returned"),
    Message("Since %(day)s"),
    Message("%(n)s day", plural="%(n)s days"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "parcels").mkdir()
    (tmp_path / "parcels" / "texts.py").write_text(_PYTHON)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "track.html").write_text(_TEMPLATE)
    return tmp_path


@pytest.fixture
def catalogue(root: Path) -> Path:
    """A Ukrainian catalogue with one message, well translated; the Russian one likewise."""
    (root / "parcels" / "texts.py").write_text('gettext("Since %(day)s")')
    (root / "templates" / "track.html").unlink()
    messages.update(root)
    for language in messages.LANGUAGES:
        _edit(_path(root, language), msgstr="%(day)s")
    assert messages.faults(root) == []
    return _path(root, "uk")


def _path(root: Path, language: str) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def _edit(path: Path, **changes: object) -> None:
    catalogue = polib.pofile(str(path))
    for name, value in changes.items():
        setattr(catalogue[0], name, value)
    catalogue.save()


def test_asked_for_finds_python_and_templates(root: Path) -> None:
    assert messages.asked_for(root) == _ASKED_FOR


def test_faults_name_what_is_missing(root: Path) -> None:
    assert len(messages.faults(root)) == 2 * len(_ASKED_FOR)
    assert "uk: missing: 'Taken in'" in messages.faults(root)


def test_update_adds_what_is_missing_untranslated(root: Path) -> None:
    messages.update(root)
    assert "uk: not translated: 'Taken in'" in messages.faults(root)
    assert len(messages.faults(root)) == 2 * len(_ASKED_FOR)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"msgstr": ""}, "not translated"),
        ({"msgstr": "%(days)s"}, "placeholders differ"),
        ({"flags": ["fuzzy"]}, "fuzzy"),
    ],
)
def test_faults_name_a_bad_entry(catalogue: Path, changes: dict[str, object], fault: str) -> None:
    _edit(catalogue, **changes)
    assert messages.faults(catalogue.parents[3]) == [f"uk: {fault}: 'Since %(day)s'"]


def test_faults_name_obsolete_and_unasked(catalogue: Path) -> None:
    _edit(catalogue, obsolete=1)
    assert messages.faults(catalogue.parents[3]) == [
        "uk: obsolete: 'Since %(day)s'",
        "uk: missing: 'Since %(day)s'",
    ]
    _edit(catalogue, obsolete=0, msgid="Until %(day)s")
    assert messages.faults(catalogue.parents[3]) == [
        "uk: missing: 'Since %(day)s'",
        "uk: nobody asks for: 'Until %(day)s'",
    ]


def test_compile_writes_only_what_is_stale(catalogue: Path) -> None:
    root, compiled = catalogue.parents[3], catalogue.with_suffix(".mo")
    messages.compile_stale(root)
    first = compiled.stat().st_mtime_ns
    assert [entry.msgstr for entry in polib.mofile(str(compiled))] == ["%(day)s"]
    messages.compile_stale(root)
    assert compiled.stat().st_mtime_ns == first
