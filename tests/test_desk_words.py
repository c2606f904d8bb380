"""The web desk's modules fit together: they ask only for words that there are, and each has its own name."""

import re
from pathlib import Path

import pytest

from bridge.catalogue import LANGUAGES
from bridge.desks.web import texts
from bridge.web.shared import SHARED

APP = Path(texts.__file__).with_name("static") / "app"
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in [*APP.glob("*.js"), *SHARED.glob("*.js")]}
# say('name'), also where one of two is said: say(open ? 'one' : 'other'), say('one' + …) asks for many.
SAID = re.compile(r"(?<![\w.])(?:app\.)?say\(((?:[^()']|'[^']*')*?)[,)]")
CHOSEN = re.compile(r"(?:^|\? |: )'([a-z][a-z0-9_-]*)'(?! \+|\s*\?)")
READ = re.compile(r"(?<![\w./'])words(?:\.([a-z]\w*)|\['([a-z-]+)'\])")


def asked(source: str) -> set[str]:
    source = re.sub(r"^\s*//.*|^\s*\*.*|^/\*\*.*", "", source, flags=re.M)
    said = {name for found in SAID.finditer(source) for name in CHOSEN.findall(found[1])}
    return said | {found[1] or found[2] for found in READ.finditer(source)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_the_modules_ask_for_is_there(language):
    known = set(texts.words(language))
    missing = {name: sorted(asked(source) - known) for name, source in SOURCES.items()}
    assert {name: words for name, words in missing.items() if words} == {}
    assert len(set().union(*map(asked, SOURCES.values()))) > 100  # so that the search finds


def test_what_is_asked_for_is_found():
    assert asked("say('a-b', { x: 'no' }) + say(on ? 'c' : 'd') + say('e-' + f) + words.g + words['h-i']") == {
        *("a-b", "c", "d", "g", "h-i")
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_are_put_together_are_there(language):
    known = set(texts.words(language))
    happened = ("accepted", "closed", "reopened", "no-reply", "transferred", "returned", "moved")
    deliveries = ("sending", "queued", "sent", "delivered", "seen", "failed")
    limits = ("too-long", "parts", "file-too-big", "file-kind", "file-type", "file-linked", "blocked")
    kinds = ("photo", "video", "animation", "audio", "voice", "document")
    assert {
        *(f"happened-{what}{how}" for what in happened for how in ("", "-alone")),
        *(f"delivery-{how}" for how in deliveries),
        *(f"limit-{what}" for what in (*limits, "window-closed", "window-soon", "too-many-files")),
        *(f"last-{kind}" for kind in kinds),
        *("photo", "video", "voice", "audio", "sticker", "location", "venue", "contact", "poll", "dice", "unknown"),
        *("no-reply", "transfer", "close-talk", "close-unanswered", "accept", "reopen"),
    } <= known


def test_modules_of_both_folders_have_names_of_their_own():
    both = {path.stem for path in APP.glob("*.js")} & {path.stem for path in SHARED.glob("*.js")}
    assert both == set()
    assert "words" not in SOURCES  # the server makes it


def test_every_module_imports_what_the_others_export():
    for name, source in SOURCES.items():
        for found in re.finditer(r"^import \{([^}]*)\} from '\./([\w-]+)\.js';", source, re.M):
            if found[2] == "words":
                continue
            exported = set(re.findall(r"^export (?:const|let|(?:async )?function) (\w+)", SOURCES[found[2]], re.M))
            wanted = {part.split(" as ")[0].strip() for part in found[1].split(",") if part.strip()}
            assert wanted <= exported, f"{name}.js wants of {found[2]}.js {wanted - exported}"


def test_no_module_writes_markup_or_runs_text():
    for name, source in SOURCES.items():
        for wrong in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert wrong not in source, f"{name}.js has {wrong}"
