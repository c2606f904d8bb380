"""The page of the web desk: a policy that lets nothing of strangers in, files for ever, and nothing beside them."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import brotli
import pytest

from bridge.catalogue import LANGUAGES
from bridge.desks.web import pages
from bridge.desks.web.pages import FOLDERS, STATIC, TYPES, Bundle, bundle
from bridge.desks.web.texts import words
from tests.desk_web.doors import Scene

INDEX = '<html lang="{{language}}"><head><title>{{title}}</title></head><script src="{{static}}/main.js"></script>'
PAGES = ["/desk", "/desk/", "/desk/app"]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path) as opened:
        yield opened


def policy_of(headers: object) -> dict[str, list[str]]:
    text = headers["Content-Security-Policy"]  # type: ignore[index]
    return {name: places for name, *places in (part.split() for part in text.split(";"))}


def place(language: str = "ru", hash: str = "") -> str:
    return f"/desk/static/{hash or bundle().hash}/{language}"


# policies


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_runs_only_what_is_ours(scene: Scene, path: str):
    answer = await scene.ask("GET", path)
    assert answer.status == 200
    policy = policy_of(answer.headers)
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert policy["connect-src"] == ["'self'", "wss://desk.example.ru"]
    assert not re.search(r"unsafe|\*|https?:(?!//)|nonce|eval", answer.headers["Content-Security-Policy"])


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_told_to_nobody_and_guessed_by_nobody(scene: Scene, path: str):
    headers = (await scene.ask("GET", path)).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-cache"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/desk", "/desk/"])
async def test_no_other_page_shows_it_in_a_frame(scene: Scene, path: str):
    headers = (await scene.ask("GET", path)).headers
    assert policy_of(headers)["frame-ancestors"] == ["'none'"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


async def test_only_telegram_shows_the_mini_app_in_a_frame(scene: Scene):
    headers = (await scene.ask("GET", "/desk/app")).headers
    ancestors = policy_of(headers)["frame-ancestors"]
    assert "https://web.telegram.org" in ancestors
    assert all(re.fullmatch(r"https://web[akz]?\.telegram\.org", one) for one in ancestors)
    assert "X-Frame-Options" not in headers, "it would forbid all frames"


async def test_the_demo_on_this_machine_shows_it_beside_the_widget(tmp_path: Path):
    async with Scene(tmp_path, public_url=None, local=True) as scene:
        headers = (await scene.ask("GET", "/desk")).headers
        assert policy_of(headers)["frame-ancestors"] == ["'self'"]
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert policy_of(headers)["connect-src"] == ["'self'", f"ws://{scene.host}", f"wss://{scene.host}"]
        rebound = (await scene.ask("GET", "/desk", headers={"Host": "evil.example"})).headers
        assert policy_of(rebound)["frame-ancestors"] == ["'none'"]


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "a,b", "x" * 300, "'unsafe-inline'"])
async def test_no_host_writes_into_the_policy(tmp_path: Path, host: str):
    async with Scene(tmp_path, public_url=None) as scene:
        answer = await scene.ask("GET", "/desk", headers={"Host": host})
        if answer.status == 200:
            assert policy_of(answer.headers)["connect-src"] == ["'self'"]
            assert policy_of(answer.headers)["script-src"] == ["'self'"]


async def test_what_is_shown_in_a_page_may_come_from_its_public_address(scene: Scene):
    policy = policy_of((await scene.ask("GET", "/desk")).headers)
    assert policy["img-src"] == policy["media-src"] == ["'self'", "blob:", "data:", "https://desk.example.ru"]


# the page


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_nothing_in_it_that_its_policy_forbids(scene: Scene, path: str):
    page = (await scene.ask("GET", path)).text
    assert "{{" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == []
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert addresses
    assert [address for address in addresses if not address.startswith(place())] == []


@pytest.mark.parametrize("path", PAGES)
async def test_every_file_that_a_page_asks_for_is_there(scene: Scene, path: str):
    page = (await scene.ask("GET", path)).text
    for address in set(re.findall(r'(?:src|href)="([^"]*)"', page)):
        assert (await scene.ask("GET", address)).status == 200, address


async def test_a_page_speaks_the_language_of_the_desk_or_the_one_that_is_asked_for(scene: Scene):
    for query, language in (("", "ru"), ("?language=en", "en"), ("?language=ru", "ru"), ("?language=xx", "ru")):
        page = (await scene.ask("GET", f"/desk{query}")).text
        assert f'<html lang="{language}"' in page
        assert place(language) in page


def test_words_stand_in_a_page_as_text():
    built = Bundle({}, {"en": {"title": '<b>"&'}}, INDEX)
    assert "<title>&lt;b&gt;&quot;&amp;</title>" in built.pages["en"]


def test_a_place_for_nothing_is_an_error():
    with pytest.raises(KeyError, match="title"):
        Bundle({}, {"en": {}}, INDEX)


# files


async def test_files_are_kept_for_ever_under_the_present_address(scene: Scene):
    answer = await scene.ask("GET", f"{place()}/main.js")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


async def test_another_versions_address_gives_the_present_ones_to_be_kept_by_nobody(scene: Scene):
    answer = await scene.ask("GET", f"{place(hash='0123abc')}/main.js")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_address_changes_with_whatever_is_in_it():
    spoken = {"en": {"title": "Desk"}}
    first = Bundle({"main.js": b"1;"}, spoken, INDEX)
    assert Bundle({"main.js": b"1;"}, spoken, INDEX).hash == first.hash
    others = [
        Bundle({"main.js": b"2;"}, spoken, INDEX),
        Bundle({"other.js": b"1;"}, spoken, INDEX),
        Bundle({"main.js": b"1;", "x.css": b""}, spoken, INDEX),
        Bundle({"main.js": b"1;"}, {"en": {"title": "Desk!"}}, INDEX),
    ]
    assert len({first.hash, *(other.hash for other in others)}) == 5


@pytest.mark.parametrize("coding", ["br", "gzip", ""])
async def test_a_file_is_packed_as_the_browser_takes_it(scene: Scene, coding: str):
    url = f"http://127.0.0.1:{scene.server.port}{place()}/main.js"
    async with scene.http.get(url, headers={"Accept-Encoding": coding}, auto_decompress=False) as response:
        body = await response.read()
        assert response.headers.get("Content-Encoding", "") == coding
        assert response.headers["Vary"] == "Accept-Encoding"
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[coding]
    assert unpack(body) == (STATIC / "app" / "main.js").read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_words_are_a_module_of_each_language(scene: Scene, language: str):
    text = (await scene.ask("GET", f"{place(language)}/words.js")).text
    found = re.fullmatch(r"export const words = (\{.*\});\nexport const language = \"(..)\";\n", text)
    assert found
    assert json.loads(found[1]) == words(language)
    assert found[2] == language


def test_no_word_ends_the_line_of_its_module():
    built = Bundle({}, {"en": {"title": "a\u2028b\u2029c\n`${x}"}}, INDEX)
    (module,) = built.files["en"]["words.js"].bodies[""].decode().split("\n")[:1]
    assert module == 'export const words = {"title":"a\\u2028b\\u2029c\\n`${x}"};'


@pytest.mark.parametrize(
    "path",
    [
        "../door.py",
        "..%2fdoor.py",
        "%2e%2e/door.py",
        "..%5cdoor.py",
        "%2e%2e%2fdoor.py",
        "app/main.js",
        "app%2fmain.js",
        "%2fetc%2fpasswd",
        "main.js%00.css",
        "main.js/",
        "index.html",
        "__init__.py",
        "texts.py",
        "MAIN.JS",
        ".",
        "",
    ],
)
async def test_nothing_beside_the_files_can_be_had(scene: Scene, path: str):
    from yarl import URL

    url = URL(f"http://127.0.0.1:{scene.server.port}{place()}/{path}", encoded=True)
    async with scene.http.get(url, allow_redirects=False) as response:
        assert response.status == 404


@pytest.mark.parametrize("path", ["/desk/static/", "/desk/static/abc/xx/main.js", "/desk/static/XYZ/ru/main.js"])
async def test_nor_under_an_address_of_another_form(scene: Scene, path: str):
    assert (await scene.ask("GET", path)).status == 404


async def test_a_file_that_is_opened_by_itself_may_do_nothing(scene: Scene):
    answer = await scene.ask("GET", f"{place()}/main.js")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_all_that_lies_in_the_folders_is_served():
    lie = {path.name for folder in FOLDERS for path in folder.glob("*") if path.is_file()}
    left = lie - set(bundle().files["ru"]) - {"index.html", "__init__.py"}
    assert left == set()
    assert {"main.js", "words.js", "app.css", "dom.js"} <= set(bundle().files["en"])


def test_every_type_is_one_that_browsers_run_or_show():
    assert all("/" in kind for kind in TYPES.values())
    assert ".html" not in TYPES, "a page has a policy of its own"


def test_two_files_of_one_name_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "main.js").write_text("")
    monkeypatch.setattr(pages, "FOLDERS", (tmp_path / "one", tmp_path / "two"))
    with pytest.raises(ValueError, match=r"another main\.js"):
        bundle.__wrapped__()


def test_modules_name_each_other_as_they_lie_side_by_side():
    """`./dom.js`: so one address holds them all, and changes with each of them."""
    served = set(bundle().files["ru"])
    for folder in FOLDERS:
        for path in folder.glob("*.js"):
            source = path.read_text(encoding="utf-8")
            named = re.findall(r"^(?:import|export)\b[^'\"\n;]*?\bfrom\s*['\"]([^'\"]+)", source, re.M)
            named += re.findall(r"\bimport\(\s*['\"]([^'\"]+)", source) + re.findall(
                r"^import ['\"]([^'\"]+)", source, re.M
            )
            for name in named:
                assert name.startswith("./"), f"{path.name}: {name}"
                assert name.removeprefix("./") in served, f"{path.name}: {name}"
