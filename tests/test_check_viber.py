"""`check` of a Viber channel against the emulator: what is right, what is not, and the fix of each."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge.catalogue import Catalogue
from bridge.channels.viber.settings import ViberSettings
from bridge.check.report import Mark, Section
from bridge.check.viber import check_viber, viber_link
from tests.emulators.viber import STATUSES, ViberEmulator
from tests.emulators.viber.trial import TrialBot

OURS = "https://desk.example.org"


@pytest.fixture
async def viber() -> AsyncIterator[ViberEmulator]:
    async with ViberEmulator() as emulator:
        yield emulator


def settings(viber: ViberEmulator, **more: Any) -> ViberSettings:
    return ViberSettings.model_validate(
        {"kind": "viber", "name": "viber", "group": "sales", "token": viber.token, "api_url": viber.url} | more
    )


async def checked(viber: ViberEmulator, public_url: str = OURS, language: str = "ru", **more: Any) -> Section:
    section = Section("viber", Catalogue(language))
    await check_viber(section, settings(viber, **more), public_url)
    return section


def texts(section: Section) -> list[str]:
    return [f"{line.mark.value} {line.text}" for line in section.lines]


async def test_a_new_bot_is_told_of(viber: ViberEmulator):
    assert texts(await checked(viber)) == [
        "✓ токен действует: бот «Shop support»",
        "· клиенты открывают бота так: viber://pa?chatURI=shopsupport",
        "· вебхука нет: Otklik задаст его при запуске",
    ]
    assert viber.calls_of("set_webhook") == []


async def test_a_webhook_that_leads_here_is_good(viber: ViberEmulator):
    async with TrialBot(viber) as bot:
        await bot.call("set_webhook", url=f"{bot.url}/hook", send_name=True)
        viber.world.hook.url = f"{OURS}/hooks/viber"
        assert texts(await checked(viber))[-1] == "✓ события приходят: вебхук задан, нужные события включены"


async def test_events_that_are_off_are_named(viber: ViberEmulator):
    viber.world.hook.url = f"{OURS}/hooks/viber"
    viber.world.hook.events = ("message", "delivered", "conversation_started")
    assert texts(await checked(viber))[-1] == "· выключены события: seen, failed; Otklik включит их при запуске"


async def test_a_webhook_elsewhere_is_a_warning_without_its_path(viber: ViberEmulator):
    viber.world.hook.url = "https://other.example/secret/path"
    line = (await checked(viber)).lines[-1]
    assert line.mark is Mark.WARNING
    assert "other.example" in line.text
    assert "secret" not in line.text
    assert line.fix


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("status", [status for status in STATUSES if status != 0])
async def test_every_refusal_has_a_fix(viber: ViberEmulator, status: int, language: str):
    viber.faults.next("get_account_info", status)
    (line,) = (await checked(viber, language=language)).lines
    assert line.mark is Mark.BAD
    assert line.fix


async def test_a_wrong_token_is_told_and_not_shown(viber: ViberEmulator, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    wrong = "4453b6ac12345678-0000000000000000-daf9cbb5448c51f5"
    section = await checked(viber, token=wrong)
    assert texts(section) == ["✗ Viber не принимает токен"]
    assert "App key" in section.lines[0].fix
    assert wrong not in caplog.text + str(section)


@pytest.mark.parametrize("fault", ["html", "garbage", "cut_before"])
async def test_a_server_that_does_not_answer_is_told(viber: ViberEmulator, fault: str):
    viber.faults.next("get_account_info", fault)
    (line,) = (await checked(viber)).lines
    assert line.mark is Mark.BAD
    assert "127.0.0.1" in line.text


async def test_where_a_visitor_can_go_on(viber: ViberEmulator):
    assert await viber_link(settings(viber)) == "viber://pa?chatURI=shopsupport"
    viber.down = True
    assert await viber_link(settings(viber)) == ""


async def test_the_whole_check_looks_at_the_bot_and_its_pictures(viber: ViberEmulator, tmp_path: Path):
    from bridge.check import bots
    from bridge.check.channels import check_channel
    from bridge.config import load
    from tests.emulators.telegram import TelegramEmulator

    Image.new("RGB", (20, 20)).save(tmp_path / "shop.png")
    async with TelegramEmulator() as telegram:
        telegram.add_bot("9001:TEST", "desk_bot", "Desk")
        (tmp_path / "config.toml").write_text(
            f"""
            language = "ru"
            public_url = "http://127.0.0.1:8080"
            [desk]
            token = "9001:TEST"
            api_url = "{telegram.url}"
            [[group]]
            name = "sales"
            title = "Продажи"
            chat_id = -100123
            [[channel]]
            kind = "site"
            name = "shop"
            group = "sales"
            origins = ["http://127.0.0.1:8080"]
            continue_in = ["viber"]
            [[channel]]
            kind = "viber"
            name = "viber"
            group = "sales"
            token = "{viber.token}"
            api_url = "{viber.url}"
            avatar = "shop.png"
            """,
            encoding="utf-8",
        )
        config = load(tmp_path / "config.toml", {})
        said = Catalogue("ru")
        async with bots.bot_at_work(config.desk, config.desk.token, said) as desk:
            site, bot = Section("site", said), Section("viber", said)
            await check_channel(site, config.channel("shop"), desk, config)
            await check_channel(bot, config.channel("viber"), desk, config)
    assert "✓ из чата можно продолжить в канале viber: viber://pa?chatURI=shopsupport" in texts(site)
    assert texts(bot)[0] == "✓ токен действует: бот «Shop support»"
    assert texts(bot)[-1] == f"✓ картинка {tmp_path / 'shop.png'} подходит"
