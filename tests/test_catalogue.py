"""The two languages of the catalogue say the same things, and the program asks only for what they have."""

import re
from collections import Counter
from pathlib import Path

import pytest
from fluent.syntax.ast import BaseNode, Message, VariableReference
from fluent.syntax.visitor import Visitor

from bridge import catalogue
from bridge.catalogue import LANGUAGES, Catalogue, CatalogueError

ROOT = Path(__file__).parent.parent
SOURCES = [
    *ROOT.glob("bot.py"),
    *sorted((ROOT / "bridge").rglob("*.py")),
    *sorted((ROOT / "storage").rglob("*.py")),
]
# A call of anything named like a catalogue with a literal first argument: catalogue("…"), self._say("…").
CALL = re.compile(r"""\b(?:_?catalogue|_?say|_?words|_?tr)\(\s*["']([a-z][a-z0-9-]*)["']""")


class _Variables(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: VariableReference) -> None:
        self.names.add(node.id.name)


# What `check` found, and config's mistakes: the ids have a prefix of their own.
PREFIXED = re.compile(r"""["']((?:check|config|cli)-[a-z0-9-]*[a-z0-9])["']""")
# A cross or a warning of `check` goes with a fix.
FIXED = re.compile(r"""\.(?:bad|warn)\(\s*["'](check-[a-z0-9-]+)["']""")


def variables(message: BaseNode) -> set[str]:
    found = _Variables()
    found.visit(message)
    return found.names


def by_id(language: str) -> dict[str, Message]:
    return {entry.id.name: entry for entry in catalogue.messages(catalogue.parse(language))}


def asked_for(source: str) -> set[str]:
    fixes = {f"{name}-fix" for name in FIXED.findall(source)}
    return {*CALL.findall(source), *PREFIXED.findall(source), *fixes}


@pytest.fixture
def words(tmp_path, monkeypatch):
    """A catalogue over a file of the test's own."""

    def make(ftl: str, language: str = "ru") -> Catalogue:
        (tmp_path / f"{language}.ftl").write_text(ftl, encoding="utf-8")
        monkeypatch.setattr(catalogue, "LOCALES", tmp_path)
        catalogue._bundle.cache_clear()
        return Catalogue(language)

    yield make
    catalogue._bundle.cache_clear()


def test_both_languages_have_the_same_ids_in_the_same_order():
    ru, en = (list(by_id(language)) for language in LANGUAGES)
    assert ru == en


def test_no_id_is_said_twice():
    for language in LANGUAGES:
        counted = Counter(entry.id.name for entry in catalogue.messages(catalogue.parse(language)))
        assert [name for name, times in counted.items() if times > 1] == []


def test_both_languages_use_the_same_values():
    ru, en = (by_id(language) for language in LANGUAGES)
    assert {name: variables(ru[name]) for name in ru} == {name: variables(en[name]) for name in en}


def test_every_message_has_a_text():
    for language in LANGUAGES:
        assert [name for name, message in by_id(language).items() if message.value is None] == []


def test_every_id_that_the_program_asks_for_exists():
    known = catalogue.ids("ru")
    unknown = [
        f"{source.relative_to(ROOT)}: {name}"
        for source in SOURCES
        if source.name != "catalogue.py"
        for name in asked_for(source.read_text(encoding="utf-8"))
        if name not in known
    ]
    assert unknown == []


@pytest.mark.parametrize("prefix", ["check-", "config-", "cli-"])
def test_no_sentence_of_an_area_is_left_over(prefix):
    asked = {name for source in SOURCES for name in asked_for(source.read_text(encoding="utf-8"))}
    said = {name for name in catalogue.ids("ru") if name.startswith(prefix)}
    assert said - asked == set()


def test_russian_plurals(words):
    say = words("n = { $n } { $n ->\n    [one] обращение\n    [few] обращения\n   *[many] обращений\n}\n")
    assert [say("n", n=n) for n in (1, 2, 5, 11, 21, 104)] == [
        "1 обращение",
        "2 обращения",
        "5 обращений",
        "11 обращений",
        "21 обращение",
        "104 обращения",
    ]


def test_values_are_put_in_without_invisible_marks(words):
    assert words("hello = Привет, { $name }!\n")("hello", name="Анна") == "Привет, Анна!"


def test_a_text_of_any_length_passes(words):
    say = words("post = { $n ->\n    [one] Один: { $text }\n   *[other] «{ $text }» и «{ $other }»\n}\n")
    text, other = "я" * 100_000, "\ue0000\ue001"
    assert say("post", n=5, text=text, other=other) == f"«{text}» и «{other}»"


def test_an_unknown_id_raises(words):
    with pytest.raises(KeyError):
        words("hello = Привет\n")("helo")


def test_a_missing_value_raises(words):
    with pytest.raises(CatalogueError, match="name"):
        words("hello = Привет, { $name }!\n")("hello")


def test_a_value_without_words_raises(words):
    with pytest.raises(CatalogueError):
        words("hello = Привет, { $name }!\n")("hello", name=None)


def test_a_file_that_is_not_good_fluent_is_refused(words):
    with pytest.raises(ValueError, match="cannot read"):
        words("hello = Привет, { $name !\n")


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="'de'"):
        Catalogue("de")
