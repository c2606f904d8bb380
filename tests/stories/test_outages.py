"""A platform that does not work: its operators are told once, and everybody else works on."""

import pytest

from bridge.contracts import ChannelHealth, Health
from bridge.model import ChannelDown
from tests.conftest import OpenOffice
from tests.messenger import MessengerOffice, messenger_office
from tests.stories.scenes import accept, accepted, quiet

DOWN = ChannelHealth(Health.DOWN, "ключ сообщества больше не действует")
GRACE = 66.0  # seconds, with the time between two looks


@pytest.fixture(params=["replies", "topics"])
async def vk_office(
    open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> MessengerOffice:
    return await messenger_office(open_office, monkeypatch, forum=request.param == "topics")


def notices(messenger: MessengerOffice) -> list[str]:
    """What the group was told of the channel."""
    posts = messenger.office.group.messages(by=messenger.office.bot)
    return [post.text[:1] for post in posts if post.text[:1] in "🔴🟢🟡" and "🔷 ВК: " in post.text]


async def looked(messenger: MessengerOffice, seconds: float) -> None:
    """Let the group's watch look at the channel for so long."""
    await quiet(messenger.office)
    for _ in range(round(seconds / 6)):
        messenger.office.clock.passes(6)
        await messenger.office.clock.sleep(0.5)
    await quiet(messenger.office)


async def test_an_outage_is_told_once_and_its_end_once(vk_office: MessengerOffice) -> None:
    office, vk = vk_office.office, vk_office.vk
    await vk.writes("anna", "Здравствуйте", name="Анна")
    card = await office.card("Здравствуйте")
    await accept(office, card)
    vk.health = DOWN
    vk.script = [ChannelDown("token")]
    await looked(vk_office, GRACE)
    notice = await office.finds("🔷 ВК: канал не работает. Ключ сообщества больше не действует.")
    assert notice.thread in (None, 1)
    if not office.group.chat.forum:
        await office.olga.says(office.group, "Да", reply_to=card)
        await office.until(lambda: len(vk.sent) == 1)
    await looked(vk_office, 2 * GRACE)
    assert notices(vk_office) == ["🔴"]
    vk.health = ChannelHealth(Health.UP)
    vk.script = []
    await office.finds("🟢 🔷 ВК: канал снова работает.")
    await looked(vk_office, 2 * GRACE)
    assert notices(vk_office) == ["🔴", "🟢"]
    if not office.group.chat.forum:
        await office.until(lambda: vk.said[-1] == "Да" and len(vk.said) >= 2)  # what waited has gone


async def test_a_blip_is_told_to_nobody(vk_office: MessengerOffice) -> None:
    vk_office.office.clock.speed = 2.0  # a busy machine shall not make more of it
    vk_office.vk.health = DOWN
    await looked(vk_office, 12)
    vk_office.vk.health = ChannelHealth(Health.UP)
    vk_office.office.clock.speed = 20.0
    await looked(vk_office, 2 * GRACE)
    assert notices(vk_office) == []


async def test_the_other_channels_work_on(vk_office: MessengerOffice) -> None:
    office = vk_office.office
    vk_office.vk.health = DOWN
    await looked(vk_office, GRACE)
    pyotr, card = await accepted(office, "Пётр", "Есть чайник?")
    if not office.group.chat.forum:
        await office.olga.says(office.group, "Есть", reply_to=card)
        await pyotr.will_see("Есть")
    async with office.http.get(f"{office.site_url}/metrics") as response:
        lines = (await response.text()).splitlines()
    assert 'channel_up{channel="vk",kind="vk"} 0.0' in lines
    assert 'channel_up{channel="tg",kind="telegram"} 1.0' in lines


async def test_a_trouble_of_a_channel_that_works_is_told_too(vk_office: MessengerOffice) -> None:
    vk_office.vk.health = ChannelHealth(Health.UP, "в сообществе выключены события правки")
    await looked(vk_office, GRACE)
    await vk_office.office.finds("🟡 🔷 ВК: В сообществе выключены события правки.")
    await looked(vk_office, 2 * GRACE)
    assert notices(vk_office) == ["🟡"]


async def test_the_reason_stands_in_status(vk_office: MessengerOffice) -> None:
    office = vk_office.office
    vk_office.vk.health = DOWN
    await office.olga.says(office.group, "/status")
    await office.until(
        lambda: (
            any("ключ сообщества" in seen.text for seen in office.olga.hints(office.group))
            or any("ключ сообщества" in m.text for m in office.group.messages(by=office.bot))
        )
    )
