"""`check` of a Messenger channel against the emulator: what is right, what is not, and the fix of each."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.check import Mark, Section, check
from bridge.config import Config, load
from tests.emulators.facebook import ERRORS, FacebookEmulator
from tests.emulators.facebook.things import Callback
from tests.emulators.telegram import TelegramEmulator

URL = "https://desk.example.org"
GOOD = [
    "✓ токен действует: страница «Tea and Teapots»",
    "✓ разрешений токена достаточно",
    "✓ токен бессрочный",
    "✓ вебхук приложения ведёт сюда, нужные события включены",
    "✓ приложение подключено к странице",
]


@pytest.fixture
async def fb(caplog: pytest.LogCaptureFixture) -> AsyncIterator[FacebookEmulator]:
    caplog.set_level(logging.DEBUG)
    async with FacebookEmulator() as emulator:
        emulator.install()
        fields = list(emulator.page.installed[emulator.app.id])
        emulator.app.callback = Callback(f"{URL}/hooks/fb", emulator.verify_token, fields)
        yield emulator
    assert not [token for token in [*emulator.world.tokens, emulator.app.secret] if token in caplog.text]


class Checker:
    """Checks a config whose channel differs in `changes` (None: without the key)."""

    def __init__(self, fb: FacebookEmulator, telegram: TelegramEmulator, folder: Path) -> None:
        self.fb = fb
        self.telegram = telegram
        self.folder = folder

    def config(self, more: str = "", language: str = "ru", site: str = "", **changes: Any) -> Config:
        fb = self.fb
        given = {
            "page_id": fb.page.id,
            "page_token": fb.page.token,
            "app_id": fb.app.id,
            "app_secret": fb.app.secret,
            "verify_token": fb.verify_token,
            "api_url": fb.url,
            **changes,
        }
        lines = [f'{name} = "{value}"' for name, value in given.items() if isinstance(value, str)]
        lines += [f"{name} = {str(value).lower()}" for name, value in given.items() if isinstance(value, bool)]
        path = self.folder / "config.toml"
        path.write_text(
            f"""language = "{language}"
public_url = "{URL}"
[desk]
token = "9001:TEST"
api_url = "{self.telegram.url}"
[[group]]
name = "sales"
title = "Sales"
chat_id = -1001
[[channel]]
kind = "facebook"
name = "fb"
group = "sales"
"""
            + "\n".join(lines)
            + f"\n{more}\n{site}",
            encoding="utf-8",
        )
        return load(path, {})

    async def __call__(self, **how: Any) -> Section:
        from bridge.catalogue import Catalogue
        from bridge.check.facebook import check_facebook

        config = self.config(**how)
        section = Section("fb", Catalogue(config.language))
        await check_facebook(section, config.channel("fb"), config)  # type: ignore[arg-type]
        return section


@pytest.fixture
async def checked(fb: FacebookEmulator, tmp_path: Path) -> AsyncIterator[Checker]:
    async with TelegramEmulator() as telegram:
        telegram.add_bot("9001:TEST", "desk_bot", "Desk")
        yield Checker(fb, telegram, tmp_path)


def texts(section: Section) -> list[str]:
    return [f"{line.mark.value} {line.text}" for line in section.lines]


def told(section: Section, mark: Mark) -> list[str]:
    """The lines of a mark with their fixes."""
    return [f"{line.text} → {line.fix}" for line in section.lines if line.mark is mark]


def one(section: Section, mark: Mark) -> str:
    (found,) = told(section, mark)
    return found


async def test_all_is_well(fb, checked):
    before = (dict(fb.page.installed), fb.app.callback, dict(fb.page.profile))
    section = await checked()
    assert texts(section)[:5] == GOOD
    assert told(section, Mark.BAD) == told(section, Mark.WARNING) == []
    assert texts(section)[-1] == f"· клиенты пишут странице так: https://m.me/{fb.page.id}"
    assert {call.verb for call in fb.calls} == {"GET"}
    assert (dict(fb.page.installed), fb.app.callback, dict(fb.page.profile)) == before


async def test_it_is_part_of_the_whole_check(checked):
    config = checked.config(
        site='[[channel]]\nkind = "site"\nname = "shop"\ngroup = "sales"\n'
        'origins = ["https://shop.example.org"]\ncontinue_in = ["fb"]'
    )
    report = await check(config)
    table = report.table()
    assert "✓ токен действует: страница «Tea and Teapots»" in table
    assert f"fb: https://m.me/{checked.fb.page.id}" in table


async def test_in_english_there_is_no_russian(fb, checked):
    fb.token_of().scopes.clear()
    section = await checked(language="en", human_agent=True)
    assert not re.search("[а-яё]", " ".join(f"{line.text} {line.fix}" for line in section.lines), re.I)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("190/463", "срок токена"),
        ("190/460", "сменил пароль"),
        ("190/458", "удалено"),
        ("190", "не принимает токен"),
    ],
)
async def test_a_dead_token(fb, checked, key, words):
    fb.token_of().dead = ERRORS[key]
    section = await checked()
    assert words in one(section, Mark.BAD)
    assert "page_token" in one(section, Mark.BAD)
    assert len(section.lines) == 1


async def test_a_token_of_another_page(fb, checked):
    other = fb.add_page("Cups")
    assert "«Cups»" in one(await checked(page_token=other.token), Mark.BAD)


async def test_a_token_of_another_app(fb, checked):
    fb.token_of().app = fb.inbox
    assert "app_secret не от того приложения" in one(await checked(), Mark.BAD)


async def test_a_wrong_app_secret(checked):
    assert "app_secret" in one(await checked(app_secret="wrong"), Mark.BAD)


async def test_a_wrong_app_id(checked):
    section = await checked(app_id="77")
    assert "app_id 77" in told(section, Mark.BAD)[0]


@pytest.mark.parametrize("scope", ["pages_messaging", "pages_manage_metadata"])
async def test_a_permission_that_is_needed(fb, checked, scope):
    fb.token_of().scopes.remove(scope)
    assert f"не хватает разрешений: {scope}" in told(await checked(), Mark.BAD)[0]


async def test_a_permission_that_would_be_good(fb, checked):
    fb.token_of().scopes.remove("pages_show_list")
    assert "pages_show_list" in one(await checked(), Mark.WARNING)


async def test_a_token_that_ends(fb, checked):
    fb.token_of().expires_at = 1_900_000_000
    assert "до 17.03.2030" in one(await checked(), Mark.WARNING)


async def test_a_webhook_elsewhere(fb, checked):
    fb.app.callback.url = "https://old.example.org/hook"
    assert "old.example.org" in one(await checked(), Mark.WARNING)


async def test_a_webhook_that_is_not_set_yet(fb, checked):
    fb.app.callback = None
    fb.page.installed.clear()
    section = await checked()
    assert "· вебхука у приложения нет: Otklik задаст его при запуске" in texts(section)
    assert "· приложение не подключено к странице: Otklik подключит его при запуске" in texts(section)


async def test_events_that_are_switched_off(fb, checked):
    fb.app.callback.fields.remove("message_reads")
    fb.page.installed[fb.app.id] = ["messages"]
    found = [text for text in texts(await checked()) if "выключены события" in text]
    assert "message_reads;" in found[0]
    assert "messaging_postbacks, " in found[1]


async def test_another_name_of_an_event_will_do(fb, checked):
    for fields in (fb.app.callback.fields, fb.page.installed[fb.app.id]):
        fields[fields.index("message_reactions")] = "messaging_reactions"
    assert texts(await checked())[:5] == GOOD


async def test_one_webhook_is_enough_for_two_pages_of_an_app(fb, checked):
    cups = fb.add_page("Cups")
    fb.app.callback.url = f"{URL}/hooks/cups"
    more = f'[[channel]]\nkind = "facebook"\nname = "cups"\ngroup = "sales"\npage_id = "{cups.id}"\n'
    more += f'page_token = "{cups.token}"\napp_secret = "{fb.app.secret}"\nverify_token = "x"\n'
    assert texts(await checked(more=more))[:5] == GOOD


async def test_without_an_app_id(checked):
    section = await checked(app_id=None)
    assert any(f"{URL}/hooks/fb" in text for text in texts(section))
    assert "✓ приложение подключено к странице" in texts(section)


async def test_one_who_may_not_answer(fb, checked):
    fb.page.tasks = ["ADVERTISE"]
    assert "задачу «Сообщения»" in one(await checked(), Mark.BAD)


async def test_what_cannot_be_seen_from_here_is_said(fb, checked):
    section = await checked(human_agent=True)
    notes = " ".join(texts(section))
    assert "Маршрутизация бесед" in notes
    assert "Human Agent" in notes
    assert "Advanced Access" in notes
    assert "кнопки «Начать»" in notes
    fb.page.features = {}
    fb.page.profile["get_started"] = {"payload": "GET_STARTED"}
    notes = " ".join(texts(await checked()))
    assert "Маршрутизация бесед" not in notes
    assert "кнопки «Начать»" not in notes


async def test_versions(fb, checked):
    assert "v99.0" in one(await checked(api_version="v99.0"), Mark.BAD)
    assert "отвечает v24.0" in one(await checked(api_version="v3.0"), Mark.WARNING)


@pytest.mark.parametrize("fault", ["html502", "drop_before"])
async def test_a_platform_that_is_away(fb, checked, fault):
    fb.faults.next("page", fault, times=3)
    assert "не отвечает" in one(await checked(), Mark.BAD)


@pytest.mark.parametrize("method", ["debug_token", "subscriptions", "subscribed_apps"])
async def test_a_trouble_in_the_middle_is_said(fb, checked, method):
    fb.faults.next(method, "2")
    assert "Facebook отказал (error 2)" in one(await checked(), Mark.BAD)


async def test_a_limit(fb, checked):
    fb.faults.next("page", "4")
    assert "Facebook отказал (error 4)" in one(await checked(), Mark.BAD)
