"""/desk: a member of a group gets the way into the web desk in private, and nobody else gets anything."""

import re

import pytest

from tests.conftest import OpenOffice
from tests.emulators.telegram import Seen
from tests.office import Office
from tests.stories.scenes import hints, quiet

LINK = re.compile(r"https?://\S+/desk#link=[\w-]{20,}")


async def told(office: Office) -> list[Seen]:
    """What the bot has told Olga in private."""
    await quiet(office)
    return [seen for seen in office.olga.sees(office.bot) if seen.author_id == office.bot.id]


async def test_a_member_gets_a_link_of_their_own_each_time(office: Office) -> None:
    await office.olga.says(office.bot, "/desk")
    await office.olga.says(office.bot, "/desk@desk_bot")
    first, second = (LINK.search(seen.text) for seen in await told(office))
    assert first and second and first[0] != second[0]
    await quiet(office)
    assert cards(office) == [] and not office.telegram.calls_of("setChatMenuButton")


async def test_the_button_in_the_group_leads_to_the_same(office: Office) -> None:
    await office.olga.says(office.group, "/desk")
    hint = await office.until(lambda: next(iter(office.olga.hints(office.group)), None))
    assert "личном чате" in hint.text and not LINK.search(hint.text)
    (button,) = hint["reply_markup"]["inline_keyboard"][0]
    assert button["url"] == "https://t.me/desk_bot?start=desk"
    await office.olga.says(office.bot, "/start desk")
    (seen,) = await told(office)
    assert LINK.search(seen.text)
    assert not any(LINK.search(m.text) for m in office.group.messages())


async def test_a_stranger_is_a_customer(office: Office) -> None:
    anna = office.customer("Анна")
    await anna.writes("/desk")
    await office.card("/desk")
    await quiet(office)
    assert not any(LINK.search(text) for text in anna.sees)
    await office.olga.says(office.group, "Анна, вы к нам?")
    assert hints(office) == []


async def test_who_has_left_gets_nothing_any_more(open_office: OpenOffice) -> None:
    office = await open_office(public_url="https://desk.example.ru")
    await office.ivan.says(office.bot, "/desk")
    await office.until(lambda: f"menu {office.ivan.id}" in office.bot.settings)
    (button,) = (button for seen in office.ivan.sees(office.bot) for button in app_buttons(seen))
    assert button["web_app"] == {"url": "https://desk.example.ru/desk/app"}
    menu = office.bot.settings[f"menu {office.ivan.id}"]
    assert menu["type"] == "web_app" and menu["web_app"] == button["web_app"]
    await office.ivan.leaves(office.group)
    await office.until(lambda: office.bot.settings[f"menu {office.ivan.id}"]["type"] == "default")
    await office.ivan.says(office.bot, "/desk")
    await office.card("/desk")
    assert sum(bool(LINK.search(text)) for text in office.ivan.hears(office.bot)) == 1


async def test_a_member_of_any_group_is_one(open_office: OpenOffice) -> None:
    office = await open_office(other={})
    await office.petr.says(office.bot, "/desk")
    await office.until(lambda: any(LINK.search(text) for text in office.petr.hears(office.bot)))


async def test_where_telegram_does_not_say_who_is_a_member_nothing_is_given(office: Office) -> None:
    office.telegram.fail_next("getChatMember", error=500, times=5)
    await office.olga.says(office.bot, "/desk")
    assert not any(LINK.search(seen.text) for seen in await told(office))


@pytest.mark.parametrize("said", ["/desk please", "/desktop", "desk", "/desk@other_bot"])
async def test_only_the_command_is_one(office: Office, said: str) -> None:
    await office.olga.says(office.bot, said)
    assert not any(LINK.search(seen.text) for seen in await told(office))


def cards(office: Office) -> list[str]:
    return [m.text for m in office.group.messages(by=office.bot) if "Входящие:" not in m.text]


def app_buttons(seen: Seen) -> list[dict[str, object]]:
    rows = seen.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row if "web_app" in button]
