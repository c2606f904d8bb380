"""The widget as it is sent: small, of modules that fit together, with its words in both languages."""

import re
import shutil
import subprocess

import aiohttp
import pytest
from aiohttp import web

from bridge.catalogue import LANGUAGES, Catalogue
from bridge.channels.site import bundle, texts
from bridge.channels.site.bundle import BundleError, app, join, loader
from bridge.channels.site.pages import launch, widget_routes
from bridge.channels.site.settings import SiteSettings
from bridge.web.server import WebServer

NODE = shutil.which("node")
KILOBYTE = 1024
SHOP = SiteSettings.model_validate(
    {"kind": "site", "name": "shop", "group": "sales", "origins": ["https://shop.example.ru"]}
)
MODULES = bundle.sources()


def settings(**more: object) -> SiteSettings:
    return SiteSettings.model_validate({**SHOP.model_dump(exclude_none=True), **more})


def script() -> bundle.Asset:
    return loader({"shop": launch(SHOP)})


def test_the_loader_is_small():
    assert len(script().bodies["gzip"]) <= 3 * KILOBYTE


def test_all_of_it_is_small():
    for language in LANGUAGES:
        assert len(script().bodies["br"]) + len(app().scripts[language].bodies["br"]) <= 20 * KILOBYTE


def test_every_module_is_needed():
    joined = join(MODULES)
    for name, source in MODULES.items():
        own = [line for line in source.splitlines() if line.startswith("export const ")]
        assert own and own[0].removeprefix("export ") in joined, name


def test_every_word_that_the_modules_ask_for_is_there():
    for names, sources in (
        (texts.APP, MODULES.values()),
        (texts.LOADER, [(bundle.STATIC / "loader.js").read_text(encoding="utf-8")]),
    ):
        asked = {
            found[1] or found[2]
            for source in sources
            for found in re.finditer(r"(?<![\w.'/])words(?:\.([a-z]\w*)|\['([a-z-]+)'\])", source)
        }
        assert asked - set(names) - {"js"} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_said(language):
    say = Catalogue(language)
    assert [name for name in (*texts.APP, *texts.LOADER) if f"widget-{name}" not in say] == []
    for name, word in texts.words(texts.APP, language).items():
        assert word.strip(), name


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
@pytest.mark.parametrize("name", ["loader.cjs", *(f"{language}.mjs" for language in LANGUAGES)])
def test_what_is_sent_parses(name, tmp_path):
    sent = script() if name == "loader.cjs" else app().scripts[name[:2]]
    file = tmp_path / name
    file.write_bytes(sent.plain)
    done = subprocess.run([NODE, "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_the_minifier_it_is_the_same_only_bigger(monkeypatch):
    monkeypatch.setattr(bundle, "minify", None)
    assert "export const start" in bundle._app_script("en")


MAIN = "import { b } from './b.js';\nexport const start = () => b;\n"


def test_modules_are_joined_in_the_order_in_which_they_need_each_other():
    joined = join({"main": MAIN, "b": "export const b = 1;\n", "unused": "nonsense"})
    assert joined == "export const start = (() => {\nconst b = 1;\nconst start = () => b;\nreturn start;\n})();\n"


@pytest.mark.parametrize(
    ("b", "complaint"),
    [
        ("const start = 1;\nexport const b = 2;\n", "start is declared in b.js already"),
        ("export const c = 1;\n", "does not export 'b'"),
        ("export default 1;\nexport const b = 1;\n", "cannot be joined"),
        ("import * as x from './x.js';\nexport const b = 1;\n", "cannot be joined"),
        ("export const b = 1;\nconst { c } = b;\n", "one name at a time"),
        ("import { x } from './x.js';\nexport const b = 1;\n", "no module x.js"),
    ],
)
def test_what_cannot_be_joined_is_said(b, complaint):
    with pytest.raises(BundleError, match=re.escape(complaint)):
        join({"main": MAIN, "b": b})


def test_a_place_to_bake_into_stands_once():
    assert bundle.bake("const a = /* words */ {};", words='{"b":1}') == 'const a = {"b":1};'
    with pytest.raises(BundleError):
        bundle.bake("const a = 1;", words="{}")


def test_the_launcher_knows_what_is_not_as_usual():
    assert launch(SHOP) == {"color": "#2457d6"}
    told = launch(
        settings(
            position="left",
            theme="dark",
            invitation={"text": "Помочь?", "after": 5, "pages": ["/kettles*", "/a.b/чайник"]},
        )
    )
    assert told == {
        "color": "#2457d6",
        "position": "left",
        "theme": "dark",
        "invitation": {"text": "Помочь?", "after": 5, "pages": ["/kettles.*", r"/a\.b/чайник"]},
    }


def test_words_cannot_end_the_script():
    source = loader({"shop": {"invitation": {"text": "</script><b>", "after": 1}}}).plain.decode()
    assert "</script>" not in source


@pytest.fixture
async def server():
    application = web.Application()
    application.add_routes(widget_routes([SHOP]))
    server = WebServer(application, "127.0.0.1", 0)
    await server.start()
    yield f"http://127.0.0.1:{server.port}"
    await server.stop()


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        yield http


async def test_the_loader_is_asked_for_again_now_and_then(server, http):
    first = await http.get(f"{server}/widget.js", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert (first.status, first.headers["Content-Encoding"]) == (200, "br")
    assert first.headers["Cache-Control"] == "public, max-age=600"
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    again = await http.get(f"{server}/widget.js", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304


@pytest.mark.parametrize(("taken", "coding"), [("gzip", "gzip"), ("identity", None), ("br;q=1.0", "br")])
async def test_a_browser_gets_what_it_can_unpack(server, http, taken, coding):
    response = await http.get(f"{server}/widget.js", headers={"Accept-Encoding": taken})
    assert response.headers.get("Content-Encoding") == coding
    assert response.headers["Vary"] == "Accept-Encoding"


async def test_the_app_is_kept_for_ever_and_an_old_address_gives_the_new_one(server, http):
    plain = {"Accept-Encoding": "identity"}
    current = await http.get(f"{server}/widget/app.{app().hash}.ru.js", headers=plain)
    assert current.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert current.headers["Access-Control-Allow-Origin"] == "*"
    assert current.content_type == "text/javascript"
    old = await http.get(f"{server}/widget/app.0123456789ab.ru.js", headers=plain)
    assert old.headers["Cache-Control"] == "no-store"
    assert await old.read() == await current.read()
    assert (await http.get(f"{server}/widget/app.{app().hash}.de.js")).status == 404
