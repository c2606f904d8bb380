"""`bot.py check` of the web desk: beside Telegram's groups, and where there are none."""

import textwrap

import pytest

from bridge.catalogue import Catalogue
from bridge.check import Report, Section, check
from bridge.check.web import check_web_desk
from bridge.config import Config, load
from tests.ports import free_port

LOCAL = """\
    language = "ru"
    public_url = "http://127.0.0.1:{port}"
    [server]
    port = {port}
    [storage]
    path = "otklik.db"
    [web]
    local = true
    [[group]]
    name = "sales"
    [[channel]]
    kind = "site"
    name = "shop"
    group = "sales"
    origins = ["http://127.0.0.1:{port}"]
    """


@pytest.fixture
def local(tmp_path) -> Config:
    """Operators in the browser only, at this machine."""
    (tmp_path / "config.toml").write_text(textwrap.dedent(LOCAL).format(port=free_port()), encoding="utf-8")
    return load(tmp_path / "config.toml", {})


def lines(report: Report, title: str) -> list[str]:
    """What a section says."""
    (found,) = (section for section in report.sections if section.title == title)
    return said(found)


def said(found: Section) -> list[str]:
    return [f"{line.mark.value} {line.text}" for line in found.lines]


async def test_without_telegram_nothing_is_asked_of_it(local):
    report = await check(local)
    assert [section.title for section in report.sections] == [
        "Место для данных",
        "Веб-сервер",
        "Веб-панель",
        "[[channel]] shop: Сайт · shop",
    ]
    assert report.good, report.table()


async def test_it_says_where_the_desk_is_and_that_anybody_here_may_enter(local):
    assert lines(await check(local), "Веб-панель") == [
        f"✓ сотрудники работают на {local.public_url}/desk",
        "· без проверки, под любым именем: только с этой машины (local = true)",
    ]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://chat.example.ru", "✓ открывается и внутри Telegram: напишите боту сотрудников /desk в личку"),
        (
            "http://chat.example.ru",
            "· на /desk в личке бот пришлёт ссылку; внутри Telegram (Mini App) она открывается, только если "
            "public_url на https://",
        ),
    ],
)
async def test_inside_telegram_it_opens_by_https(tmp_path, url, says):
    text = textwrap.dedent(LOCAL).format(port=8080).replace("http://127.0.0.1:8080", url)
    text = text.replace("local = true", "").replace('name = "sales"', 'name = "sales"\nchat_id = -100200', 1)
    token = "123456789:AAEsecretsecretsecretsecretsecret01"
    text += f'[desk]\ntoken = "{token}"\napi_url = "http://127.0.0.1:1"\n'
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    section = Section("", Catalogue("ru"))
    await check_web_desk(section, load(tmp_path / "config.toml", {}))
    assert said(section) == [
        f"✓ сотрудники работают на {url}/desk",
        says,
    ]


async def test_without_an_address_it_says_how_far_the_link_leads(tmp_path):
    text = """\
        [desk]
        token = "123456789:AAEsecretsecretsecretsecretsecret01"
        [[group]]
        name = "sales"
        chat_id = -100200
        [[channel]]
        kind = "telegram"
        name = "tg"
        group = "sales"
        """
    (tmp_path / "config.toml").write_text(textwrap.dedent(text), encoding="utf-8")
    section = Section("", Catalogue("ru"))
    await check_web_desk(section, load(tmp_path / "config.toml", {}))
    assert said(section) == [
        "✓ сотрудники работают на http://127.0.0.1:8080/desk",
        "· без public_url ссылка, которую бот пришлёт на /desk, откроется только на этой машине",
    ]


async def test_a_desk_that_is_switched_off_is_not_spoken_of(local):
    off = local.model_copy(update={"web": local.web.model_copy(update={"enabled": False})})
    assert "Веб-панель" not in [section.title for section in (await check(off)).sections]
