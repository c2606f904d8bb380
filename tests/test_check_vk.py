"""`check` of a VKontakte community: a tick where all is well, a cross or a warning with its fix where it is not."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge.catalogue import Catalogue
from bridge.channels.vk.settings import VkSettings
from bridge.channels.vk.setup import TITLE
from bridge.check import Mark, Section
from bridge.check.vk import check_vk, vk_link
from tests.emulators.vk import VkEmulator

PUBLIC = "https://chat.example.ru"
HOOK = f"{PUBLIC}/hooks/vk"
Look = Callable[..., Any]


@pytest.fixture(autouse=True)
def ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is installed."""
    monkeypatch.setattr("bridge.check.vk.find_ffmpeg", lambda: "/usr/bin/ffmpeg")


@pytest.fixture
async def vk():
    async with VkEmulator() as emulator:
        yield emulator


@pytest.fixture
def look(vk: VkEmulator) -> Look:
    """The lines of the check, in Russian, with these settings."""

    async def looks(language: str = "ru", **settings: Any) -> Section:
        given = {"kind": "vk", "name": "vk", "group": "sales", "community_id": vk.group.id}
        given |= {"token": vk.token, "api_url": vk.url, **settings}
        section = Section("vk", Catalogue(language))
        await check_vk(section, VkSettings.model_validate(given), PUBLIC)
        return section

    return looks


def texts(section: Section) -> list[str]:
    return [f"{line.mark.value} {line.text}" for line in section.lines]


def troubles(section: Section) -> list[tuple[str, str]]:
    return [(line.text, line.fix) for line in section.lines if line.mark in (Mark.BAD, Mark.WARNING)]


async def test_all_is_well_by_long_poll(look: Look, vk: VkEmulator):
    assert texts(await look()) == [
        "✓ ключ доступа действует: сообщество «Shop»",
        f"· клиенты пишут сюда: https://vk.me/{vk.group.screen_name}",
        "✓ сообщения сообщества включены",
        "✓ прав достаточно: сообщения, фотографии, файлы, управление",
        "✓ события приходят опросом (Long Poll API 5.199), нужные включены",
    ]


async def test_without_ffmpeg_it_says_what_that_means(look: Look, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bridge.check.vk.find_ffmpeg", lambda: None)
    assert texts(await look())[-1].startswith("· программы ffmpeg нет")


async def test_all_is_well_by_callback(look: Look, vk: VkEmulator):
    server = vk.callback.add(HOOK, TITLE, "s")
    server.status = "ok"
    server.subscription.events.update(dict.fromkeys(server.subscription.events, True))
    assert texts(await look(updates="callback"))[-1] == (
        "✓ события приходят на наш адрес (Callback API 5.199), нужные включены"
    )


async def test_nothing_is_changed(look: Look, vk: VkEmulator):
    vk.long_poll.enabled = False
    await look(updates="both")
    assert {call.method.partition(".")[2][:3] for call in vk.calls} == {"get"}
    assert vk.journal.leaks == []


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("code", [5, 27, 28, 1117])
async def test_a_dead_token(look: Look, vk: VkEmulator, code: int, language: str):
    vk.group.revoke(error=code)
    ((_, fix),) = troubles(await look(language))
    assert fix


async def test_a_token_of_another_community(look: Look, vk: VkEmulator):
    ((text, _),) = troubles(await look(community_id=5))
    assert text == f"ключ доступа выдан сообществу {vk.group.id}, а в настройках community_id = 5"


@pytest.mark.parametrize("right", ["messages", "photos", "docs", "manage"])
async def test_a_right_that_is_missing(look: Look, vk: VkEmulator, right: str):
    vk.group.tokens[vk.token].scopes.remove(right)
    ((text, fix),) = troubles(await look())
    assert text == f"ключу доступа не хватает прав: {right}"
    assert "создайте новый ключ" in fix


async def test_messages_that_are_off(look: Look, vk: VkEmulator):
    vk.group.messages_enabled = False
    ((text, fix),) = troubles(await look())
    assert text.startswith("похоже, сообщения сообщества выключены")
    assert fix


async def test_what_otklik_will_mend_by_itself_is_only_noted(look: Look, vk: VkEmulator):
    vk.long_poll.enabled = False
    found = await look(updates="both")
    assert troubles(found) == []
    assert texts(found)[-2:] == [
        "· Long Poll API выключен: Otklik включит его при запуске",
        "· сервера Callback API ещё нет: Otklik добавит его при запуске",
    ]


async def test_events_that_are_off_are_named(look: Look, vk: VkEmulator):
    vk.long_poll.subscription.events.update(message_read=False, message_edit=False)
    assert (
        texts(await look())[-1] == "· выключены события: message_edit, message_read; Otklik включит их при запуске"
    )


async def test_an_old_version(look: Look, vk: VkEmulator):
    vk.long_poll.subscription.api_version = "5.131"
    assert texts(await look())[-1].startswith("· события приходят в версии API 5.131")


@pytest.mark.parametrize("status", ["failed", "wait", "unconfigured"])
async def test_a_callback_server_that_gets_nothing(look: Look, vk: VkEmulator, status: str):
    vk.callback.add(HOOK, TITLE, "s").status = status
    ((text, fix),) = troubles(await look(updates="callback"))
    assert text == f"ВКонтакте не доставляет события на {HOOK} (состояние: {status})"
    assert fix


async def test_events_of_a_callback_server_that_are_off(look: Look, vk: VkEmulator):
    vk.callback.add(HOOK, TITLE, "s").status = "ok"
    assert texts(await look(updates="callback"))[-1].startswith("· выключены события: message_new")


async def test_no_room_for_ours(look: Look, vk: VkEmulator):
    for number in range(10):
        vk.callback.add(f"https://other.example/{number}", "Other", "")
    ((text, _),) = troubles(await look(updates="callback"))
    assert text.startswith("в сообществе уже десять серверов")


@pytest.mark.parametrize("fault", ["html502", "garbage", "cut_before"])
async def test_no_answer(look: Look, vk: VkEmulator, fault: str):
    vk.faults.next("*", fault)
    ((text, fix),) = troubles(await look())
    assert vk.url.removeprefix("http://") in text
    assert fix


@pytest.mark.parametrize(
    "method",
    [
        "groups.getTokenPermissions",
        "groups.getLongPollSettings",
        "groups.getCallbackServers",
        "groups.getCallbackSettings",
    ],
)
@pytest.mark.parametrize("fault", [5, 15, 10, "html502"])
async def test_any_question_may_fail_by_itself(look: Look, vk: VkEmulator, method: str, fault: Any):
    vk.callback.add(HOOK, TITLE, "s").status = "ok"
    vk.faults.next(method, fault)
    found = troubles(await look(updates="both"))
    assert len(found) == 1
    assert found[0][1]


async def test_the_link_that_others_lead_to(vk: VkEmulator):
    given = {"kind": "vk", "name": "vk", "group": "sales", "community_id": vk.group.id, "token": vk.token}
    settings = VkSettings.model_validate({**given, "api_url": vk.url})
    assert await vk_link(settings) == f"https://vk.me/{vk.group.screen_name}"
    vk.group.revoke()
    assert await vk_link(settings) == ""
