"""What a widget is told at the beginning, who answers, and how a visitor goes on in another channel."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from bridge.channels.site.faces import Face
from bridge.inbox.join import join
from bridge.model import ChannelName, OperatorId, Profile
from tests.site_client import PollClient, SiteClient
from tests.site_office import ANNA, SHOP, SiteOffice
from tests.turned_clock import TurnedClock

HOURS = {"timezone": "Europe/Moscow", "open": ["mon-fri 09:00-18:00", "sat 10:00-15:00"]}
TG = ChannelName("tg")


def picture(path, colour="red"):
    Image.new("RGB", (40, 40), colour).save(path)
    return path


class Messenger:
    """Another channel of the company, as far as a site knows of it."""

    name = TG

    def __init__(self) -> None:
        self.works = True

    def link_for(self, token: str) -> str | None:
        return f"https://t.me/shop_bot?start={token}" if self.works else None


async def test_a_plain_welcome_has_nothing_that_is_not_configured(tmp_path):
    async with SiteOffice(tmp_path, file_limit=0) as office:
        assert await office.tab().connect() == {
            "type": "welcome",
            "v": 1,
            "reset": True,
            "history": False,
            "text_limit": 10_000,
        }


async def test_files_may_be_sent_up_to_the_limit(tmp_path):
    async with SiteOffice(tmp_path, file_limit=5) as office:
        upload = (await office.tab().connect())["upload"]
        assert (upload["file_limit"], upload["files_limit"]) == (5 * 1024 * 1024, 10)
        assert upload["token"]


async def test_the_company_has_a_name_a_line_and_a_picture(tmp_path):
    avatar = picture(tmp_path / "logo.png")
    async with SiteOffice(tmp_path, company="Лавка", hint="Отвечаем быстро", avatar=str(avatar)) as office:
        company = (await office.tab().connect())["company"]
        assert company == {"name": "Лавка", "hint": "Отвечаем быстро", "avatar": "/site/shop/avatar/company"}
        async with office.http.get(office.url + company["avatar"]) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert Image.open(io.BytesIO(await response.read())).size == (40, 40)
        async with office.http.get(office.url + "/site/shop/avatar/other") as response:
            assert response.status == 404


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_hours_are_told_with_the_next_changes(tmp_path, language):
    clock = TurnedClock()
    async with SiteOffice(tmp_path, clock, hours=HOURS) as office:
        hours = (await office.tab().connect(language=language))["hours"]  # a Sunday
        assert hours["open"] is False
        assert hours["changes"][:2] == ["2026-11-23T06:00:00Z", "2026-11-23T15:00:00Z"]
        days = {"ru": "Пн–Пт 9:00–18:00, Сб 10:00–15:00 (МСК)", "en": "Mon–Fri 9:00–18:00, Sat 10:00–15:00 (MSK)"}
        assert hours["text"] == days[language]
        clock._passed = timedelta(hours=22).total_seconds()
        assert (await office.tab().connect())["hours"]["open"] is True


async def test_hours_in_the_companys_own_words(tmp_path):
    async with SiteOffice(tmp_path, hours={**HOURS, "text": "Когда проснёмся"}) as office:
        assert (await office.tab().connect())["hours"]["text"] == "Когда проснёмся"


# --- who answers


@pytest.mark.parametrize(
    ("shown", "given", "name", "avatar"),
    [
        ("name", None, "Анна Петрова", False),
        ("first-name", None, "Анна", False),
        ("hidden", None, None, False),
        ("name", "Поддержка Лавки", "Поддержка Лавки", True),
        ("first-name", "Поддержка Лавки", "Поддержка Лавки", True),
        ("hidden", "Поддержка Лавки", None, False),
    ],
)
async def test_operators_are_shown_as_the_config_says(tmp_path, shown, given, name, avatar):
    async with SiteOffice(tmp_path, operators=shown) as office:
        if given:
            office.operators = [Face(OperatorId(7), given, picture(tmp_path / "anna.png"))]
            await office.stop()
            await office.start()
        visitor = office.tab()
        await visitor.connect()
        await visitor.say("Здравствуйте")
        answer = await office.answers("Да", operator=type(ANNA)(ANNA.id, "Анна Петрова"))
        await visitor.until_texts("Здравствуйте", "Да")
        message = visitor.messages[answer.id]
        assert (message.get("name"), "avatar" in message) == (name, avatar)
        if avatar:
            assert message["avatar"].rpartition("/")[2] != "7"
            async with office.http.get(office.url + message["avatar"]) as response:
                assert response.status == 200


async def test_a_picture_that_cannot_be_read_is_not_found(tmp_path):
    (tmp_path / "logo.png").write_text("no picture")
    async with (
        SiteOffice(tmp_path, avatar=str(tmp_path / "logo.png")) as office,
        office.http.get(office.url + "/site/shop/avatar/company") as response,
    ):
        assert response.status == 404


@pytest.mark.parametrize("way", [SiteClient, PollClient])
async def test_an_operator_who_is_writing_is_shown_in_every_tab(tmp_path, way):
    async with SiteOffice(tmp_path, operators="first-name", way=way) as office:
        first = office.tab()
        await first.connect()
        await first.say("Здравствуйте")
        second, stranger = office.tab(first), office.tab()
        await second.connect()
        await second.until_texts("Здравствуйте")
        await first.until_texts("Здравствуйте")
        await stranger.connect()
        customer = await office.inbox.read(lambda tx: tx.customer(tx.message(1).customer))
        office.channel.typing(customer.external_id, "Анна Петрова")
        for tab in (first, second):
            assert await tab.until("typing") == {"type": "typing", "name": "Анна"}
        await stranger.send("ping")
        await stranger.until("pong")
        assert "typing" not in [frame["type"] for frame in stranger.frames]


# --- going on elsewhere


@pytest.fixture
async def office(tmp_path):
    async with SiteOffice(tmp_path, continue_in=["tg"]) as office:
        office.others[TG] = Messenger()
        await office.stop()
        await office.start()
        yield office


async def test_links_name_the_channels_that_work(office):
    visitor = office.tab()
    assert (await visitor.connect())["links"] == [{"channel": "tg", "kind": "telegram", "title": "Telegram"}]
    office.others[TG].works = False
    assert "links" not in await office.tab().connect()
    await visitor.send("continue", channel="tg")
    assert (await visitor.until("error"))["code"] == "no-such-link"


@pytest.mark.parametrize("says_first", [True, False])
async def test_a_link_joins_who_opens_it(office, says_first):
    visitor = office.tab()
    await visitor.connect()
    if says_first:
        await visitor.say("Здравствуйте")
    await visitor.send("continue", channel="tg")
    link = await visitor.until("link")
    assert (link["channel"], link["expires_in"]) == ("tg", 900)
    token = link["url"].removeprefix("https://t.me/shop_bot?start=")

    def opened(tx):
        customer = tx.add_customer(TG, "1001", Profile(name="Анна"))
        return join(tx, token, customer)

    joined = await office.inbox.write(opened)
    assert joined.before.channel == SHOP
    assert (joined.conversation is not None) is says_first


async def test_another_channel_is_no_link(office):
    visitor = office.tab()
    await visitor.connect()
    for name in ("shop", "vk", ""):
        await visitor.send("continue", channel=name)
        error = await visitor.until("error")
        assert (error["code"], error["field"]) == ("no-such-link", "channel")


async def test_links_are_made_no_faster_than_messages(tmp_path):
    async with SiteOffice(tmp_path, continue_in=["tg"], messages_per_minute=2) as office:
        office.others[TG] = Messenger()
        await office.stop()
        await office.start()
        visitor = office.tab()
        await visitor.connect()
        for answer in ("link", "link", "error"):
            await visitor.send("continue", channel="tg")
            frame = await visitor.until(answer)
        assert (frame["code"], frame["retry_after"]) == ("flood", 30)
