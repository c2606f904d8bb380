"""«Connect your Telegram group»: from the demo to a config that works, for whoever sits at this machine only."""

import stat
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bridge.app import Otklik
from bridge.config import load
from bridge.demo.connect import Connect
from bridge.demo.pages import page_routes
from bridge.web.server import WebServer
from tests.emulators.telegram import TelegramEmulator
from tests.ports import free_port

TOKEN = "9001:TEST"


@pytest.fixture
async def telegram():
    async with TelegramEmulator() as emulator:
        yield emulator


@pytest.fixture
def sales(telegram):
    """A forum to which the bot was just added."""
    return telegram.group("Продажи", forum=True).add(telegram.add_bot(TOKEN, "desk_bot", "Desk"), admin=True)


class Browser:
    """Our own page in a browser of this machine."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http = http
        self.url = url

    async def asks(self, what: str, told: object, **headers: str) -> tuple[int, dict]:
        """The answer to what the page sends; `headers` are set in place of its own, "" for none."""
        sent = {"Origin": self.url, "X-Otklik": "1", **{name.replace("_", "-"): it for name, it in headers.items()}}
        sent = {name: value for name, value in sent.items() if value}
        async with self.http.post(f"{self.url}/connect/{what}", json=told, headers=sent) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def opened(path: Path, port: int = 8080):
    """The page, with what is behind it; it writes to `path`. `port` is where Otklik is going to be."""
    app = web.Application()
    app.router.add_routes([*page_routes("ru"), *Connect(path, "ru", port).routes()])
    server = WebServer(app, "127.0.0.1", 0)
    await server.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Browser(http, f"http://127.0.0.1:{server.port}")
    finally:
        await server.stop()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config.toml"


@pytest.fixture
async def browser(path):
    async with opened(path) as browser:
        yield browser


@pytest.fixture
def bot(telegram, sales):
    """What is typed into the first form."""
    return {"token": TOKEN, "api_url": telegram.url}


async def test_the_bot_is_looked_at(browser, bot):
    status, told = await browser.asks("bot", bot)
    assert (status, told["name"], told["username"]) == (200, "Desk", "desk_bot")
    assert [line["mark"] for line in told["lines"]] == ["good", "good"]


async def test_a_token_that_telegram_does_not_know_is_told_with_what_to_do(browser, bot):
    status, told = await browser.asks("bot", {**bot, "token": "9999:UNKNOWN"})
    assert status == 200 and "name" not in told
    (line,) = told["lines"]
    assert line["mark"] == "bad" and line["fix"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"token": "nonsense"}, "это не похоже на токен бота"),
        ({"token": ""}, "это не похоже на токен бота"),
        ({"api_url": "ftp://there"}, "ожидался адрес"),
        ({"proxy": "there"}, "прокси"),
    ],
)
async def test_what_cannot_be_is_told_without_asking_telegram(browser, bot, wrong, says):
    status, told = await browser.asks("bot", {**bot, **wrong})
    assert status == 400
    assert says in told["messages"][0]


async def test_a_server_that_does_not_answer_is_told(browser, bot):
    status, told = await browser.asks("bot", {**bot, "api_url": "http://127.0.0.1:9"})
    assert status == 200 and told["lines"][0]["mark"] == "bad"


async def test_the_group_is_found(browser, bot, sales):
    assert await browser.asks("groups", bot) == (200, {"groups": [{"id": str(sales.id), "title": "Продажи"}]})


async def test_a_config_is_written_that_works(browser, bot, sales, path):
    title = 'Продажи «"оптом\\"»'
    status, told = await browser.asks(
        "write", {**bot, "chat_id": str(sales.id), "title": title, "site": "https://shop.example.ru"}
    )
    assert (status, told["path"]) == (200, str(path))
    assert {line["mark"] for line in told["lines"]} == {"good"}
    config = load(path, {})
    assert config.desk.token.get_secret_value() == TOKEN
    assert (config.groups[0].chat_id, config.groups[0].title) == (sales.id, title)
    assert {channel.kind for channel in config.channels} == {"site", "telegram"}
    assert config.channel("site").origins == ("https://shop.example.ru", "http://127.0.0.1:8080")
    assert config.web.enabled and not config.web.local


async def test_the_program_starts_with_it_and_its_desk_wants_proof(bot, sales, path):
    async with opened(path, free_port()) as browser:
        await browser.asks("write", {**bot, "chat_id": str(sales.id)})
        otklik = Otklik(load(path, {}))
        await otklik.start()
        try:
            here = f"http://127.0.0.1:{otklik.port}"
            async with browser.http.get(f"{here}/desk/me") as answer:
                assert (answer.status, (await answer.json())["local"]) == (401, False)
            headers = {"Origin": here, "X-Otklik": "1"}
            async with browser.http.post(
                f"{here}/desk/enter", json={"local_name": "Anybody"}, headers=headers
            ) as answer:
                assert answer.status == 403
        finally:
            await otklik.stop()


async def test_a_desk_that_is_switched_off_is_not_there(bot, sales, path):
    async with opened(path, free_port()) as browser:
        await browser.asks("write", {**bot, "chat_id": str(sales.id)})
        path.write_text(path.read_text() + "[web]\nenabled = false\n")
        otklik = Otklik(load(path, {}))
        await otklik.start()
        try:
            for what in ("", "/me", "/app"):
                async with browser.http.get(f"http://127.0.0.1:{otklik.port}/desk{what}") as answer:
                    assert answer.status == 404
        finally:
            await otklik.stop()


async def test_only_its_owner_may_read_it(browser, bot, path):
    await browser.asks("write", {**bot, "chat_id": "-1"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_address_outside_is_where_browsers_find_it(browser, bot, path):
    await browser.asks("write", {**bot, "chat_id": "-1", "public_url": "https://chat.example.ru/"})
    config = load(path, {})
    assert config.public_url == "https://chat.example.ru"
    assert "https://chat.example.ru" in config.channel("site").origins


async def test_a_file_that_is_there_is_never_touched(browser, bot, path):
    path.write_text("mine")
    status, told = await browser.asks("write", {**bot, "chat_id": "-1"})
    assert status == 409 and "уже есть" in told["messages"][0]
    assert path.read_text() == "mine"


async def test_that_there_is_one_is_told_at_the_first_step(browser, bot, path):
    path.write_text("mine")
    status, told = await browser.asks("bot", bot)
    assert status == 409 and "уже есть" in told["messages"][0]


async def test_nor_is_what_a_link_leads_to(browser, bot, path, tmp_path):
    path.symlink_to(tmp_path / "elsewhere")
    assert (await browser.asks("write", {**bot, "chat_id": "-1"}))[0] == 409
    assert not (tmp_path / "elsewhere").exists()


async def test_a_place_that_cannot_be_written_is_told(tmp_path, bot):
    async with opened(tmp_path / "no/such/config.toml") as browser:
        status, told = await browser.asks("write", {**bot, "chat_id": "-1"})
    assert status == 500 and "Не удалось записать" in told["messages"][0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": 'x"\nchat_id = 1'},
        {"title": "${HOME}"},
        {"title": "x" * 600},
        {"title": "x" * 65},
        {"title": 5},
        {"chat_id": "@sales"},
        {"chat_id": "0"},
        {"chat_id": "-1\n[x]"},
        {"chat_id": "٣"},
        {"site": "shop.example.ru"},
        {"public_url": "chat.example.ru"},
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_is_written(browser, bot, path, wrong):
    status, told = await browser.asks("write", {**bot, "chat_id": "-1", **wrong})
    assert status == 400
    assert told["messages"]
    assert not path.exists()


@pytest.mark.parametrize("body", [[], "words", None, {"token": "x" * 20_000}])
async def test_what_is_no_form_is_refused(browser, body):
    assert (await browser.asks("bot", body))[0] == 400


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"X_Otklik": ""},
        {"Host": "evil.example:8080", "Origin": "http://evil.example:8080"},
        {"X_Forwarded_For": "203.0.113.7"},
        {"Via": "1.1 proxy"},
    ],
)
@pytest.mark.parametrize("what", ["bot", "groups", "write"])
async def test_nobody_else_may_do_any_of_it(browser, bot, path, telegram, what, foreign):
    status, told = await browser.asks(what, {**bot, "chat_id": "-1"}, **foreign)
    assert status == 403
    assert "только с того компьютера" in told["messages"][0]
    assert not path.exists()


async def test_the_page_says_all_of_it_in_words(browser):
    for language, heading in (("ru", "Подключить группу Telegram"), ("en", "Connect your Telegram group")):
        async with browser.http.get(f"{browser.url}/connect?language={language}") as answer:
            page = await answer.text()
        assert f"<h1>{heading}</h1>" in page and "{{" not in page
