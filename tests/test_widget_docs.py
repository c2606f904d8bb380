"""docs/widget.md keeps what it promises: its signing examples run and are taken, both languages say the same."""

import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.channels.site import texts
from bridge.channels.site.identity import Identity
from bridge.clock import Clock

DOCS = Path(__file__).parent.parent / "docs"
PAGES = ("widget.md", "widget.ru.md")
SECRET = "тайна-" + "s" * 40
USER = {"id": 10452, "name": "Анна «О'Нил» Петрова", "email": "anna@example.ru"}

RUN = {
    "python": (
        [sys.executable, "-c"],
        "import sys; user = json.loads(sys.argv[1]); print({name}(user))",
        "otklik_{}",
    ),
    "js": (["node", "-e"], "console.log({name}(JSON.parse(process.argv[1])))", "otklik{}"),
    "php": (["php", "-r"], "echo {name}(json_decode($argv[1], true));", "otklik_{}"),
}


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def token(page: str, language: str, form: str) -> str:
    """What the page's example of `language` makes for USER."""
    command, call, function = RUN[language]
    if language != "python" and shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    name = function.format(form if language != "js" else form.capitalize())
    (source,) = [block for block in blocks(page, language) if f"{name}(" in block and "OTKLIK_SECRET" in block]
    program = source.removeprefix("<?php\n") + "\n" + call.format(name=name)
    environment = {**os.environ, "OTKLIK_SECRET": SECRET}
    arguments = [*command, program, json.dumps(USER, ensure_ascii=False)]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("form", ["token", "jwt"])
@pytest.mark.parametrize("language", list(RUN))
@pytest.mark.parametrize("page", PAGES)
def test_a_token_of_the_example_is_taken(page, language, form):
    made = token(page, language, form)
    person = Identity(SECRET, Clock()).read(made)
    assert person is not None
    assert (person.profile.name, person.profile.email) == (USER["name"], USER["email"])
    assert Identity("another-" + SECRET, Clock()).read(made) is None


@pytest.mark.parametrize("language", list(RUN))
def test_a_plain_token_is_signed_as_the_protocol_says(language):
    payload, signature = token("widget.md", language, "token").split(".")
    assert signature == hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("language", ["html", "js", "jsx", "php", "python", "toml"])
def test_both_languages_show_the_same_code(language):
    def bare(block: str) -> str:
        return re.sub(
            r"(#|//).*", "", re.sub(r"[«»\w ,.]*[а-яА-ЯёЁ][«»\w ,.?:]*|[A-Z][a-z]+ us|Answered:", "", block)
        )

    english, russian = (blocks(page, language) for page in PAGES)
    assert len(english) == len(russian)
    if language in ("php", "python", "jsx"):
        assert [bare(block) for block in english] == [bare(block) for block in russian]


def test_both_languages_have_the_same_sections_and_tables():
    english, russian = ((DOCS / page).read_text(encoding="utf-8") for page in PAGES)
    for mark in (r"^#+ ", r"^\| ", r"^- "):
        assert len(re.findall(mark, english, re.M)) == len(re.findall(mark, russian, re.M)), mark


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (DOCS / link).exists()] == []
    anchors = {
        re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) - anchors == set()


@pytest.mark.parametrize("page", PAGES)
def test_the_whole_api_is_there(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    types = (DOCS / "otklik-widget.d.ts").read_text(encoding="utf-8")
    loader = (Path(texts.__file__).with_name("static") / "loader.js").read_text(encoding="utf-8")
    api = re.search(r"interface Api \{(.*?)\n    \}", types, re.DOTALL)[1]
    for name in re.findall(r"^      (\w+)[(<]", api, re.M):
        assert f"`{name}" in text, name
        assert re.search(rf"^    {name}(\(|: )", loader, re.M), name
    events = re.search(r"interface Events \{(.*?)\n    \}", types, re.DOTALL)[1]
    for name in re.findall(r"^      (\w+):", events, re.M):
        assert f"`{name}`" in text, name
