"""How things look in the frames: the same faces as in the group, what may be done, what is left out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.catalogue import Catalogue
from bridge.desks.telegram.render.names import MARKS, avatar
from bridge.desks.web.views import DeskGroup, DeskSource, Views, channel_views
from bridge.faces import COLOURS, Colour, colour
from bridge.inbox.accept import accept
from bridge.inbox.join import join, offer_join
from bridge.media.links import MediaLinks
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    Customer,
    CustomerId,
    Delivery,
    Direction,
    ExternalId,
    File,
    Kind,
    Message,
    MessageId,
    OperatorId,
    Profile,
    Text,
    Why,
)
from tests.desk_web.desk_office import (
    ANNA,
    EVERYTHING,
    LITTLE,
    SALES,
    SHOP,
    SUPPORT,
    VERA,
    VK,
    DeskOffice,
    FakeChannel,
)
from tests.turned_clock import START, TurnedClock

MARIA = Customer(
    id=CustomerId(1),
    channel=SHOP,
    external_id=ExternalId("m"),
    guest_number=4,
    profile=Profile(name="Мария Ёлкина"),
)
SAID = Message(
    id=MessageId(5),
    conversation=None,
    customer=CustomerId(1),
    direction=Direction.OUT,
    content=Content(text=Text("Да")),
    written_at=START,
    author=ANNA.id,
    author_name="Анна",
    delivery=Delivery.SENT,
    desk_seq=9,
)


@pytest.fixture
def views() -> Views:
    channels: dict[ChannelName, Any] = {SHOP: FakeChannel(SHOP, EVERYTHING), VK: FakeChannel(VK, LITTLE)}
    sources = {SHOP: DeskSource(kind="site", title="Магазин", group=SALES, mark="🌐")}
    groups = [DeskGroup(name=SALES, title="Продажи", language="ru")]
    links = MediaLinks(b"k" * 32, "https://chat.example.ru/otklik", TurnedClock())
    return Views(Catalogue("ru"), sources, channels, links, groups)


def test_a_customer_has_the_same_colour_on_both_desks():
    assert set(MARKS) == set(Colour)
    assert "".join(MARKS[each] for each in COLOURS) == "🔴🟠🟡🟢🔵🟣🟤"
    for number in range(50):
        customer = replace(MARIA, external_id=ExternalId(str(number)))
        assert avatar(customer) == f"{MARKS[colour(customer)]} МЁ"
    assert len({colour(replace(MARIA, external_id=ExternalId(str(n)))) for n in range(100)}) == 7
    assert colour(replace(MARIA, profile=Profile())) is Colour.GREY


def test_what_may_be_done_with_a_message_depends_on_the_channel_and_the_reader(views: Views):
    def can(message: Message, channel: ChannelName = SHOP, reader: OperatorId = ANNA.id) -> object:
        return views.message(message, channel, reader).get("can", {})

    assert can(SAID) == {"edit": True, "unsend": True}
    assert can(SAID, reader=VERA.id) == {"unsend": True}
    assert can(SAID, VK) == {}
    assert can(replace(SAID, delivery=Delivery.QUEUED), VK) == {"edit": True, "unsend": True}
    failed = replace(SAID, delivery=Delivery.FAILED, failure=Why.TOO_BIG, failure_limit="1 МБ")
    assert can(failed, VK) == {"edit": True, "unsend": True, "retry": True}
    assert can(replace(SAID, deleted_at=START)) == {}
    assert can(replace(SAID, direction=Direction.NOTE, delivery=None)) == {"edit": True}
    assert can(replace(SAID, direction=Direction.NOTE, delivery=None), reader=VERA.id) == {}
    assert can(replace(SAID, direction=Direction.IN, author=None, delivery=None)) == {}
    shown: Any = views.message(failed, VK, ANNA.id)
    assert shown["failure"] == {"code": "too-big", "text": "файл слишком большой для этого канала (до 1 МБ)."}


def test_an_event_and_a_note_are_told_apart_and_what_was_taken_back_keeps_its_words(views: Views):
    happened = replace(SAID, direction=Direction.NOTE, author=None, author_name="", delivery=None)
    assert views.message(happened, SHOP, None)["from"] == "event"
    assert views.message(replace(happened, author=ANNA.id), SHOP, None)["from"] == "note"
    assert views.message(replace(SAID, direction=Direction.SYSTEM), SHOP, None)["from"] == "system"
    gone = views.message(replace(SAID, deleted_at=START), SHOP, None)
    assert (gone["text"], gone["deleted"]) == ("Да", True)


def test_addresses_of_files_have_no_host(views: Views):
    photo = Attachment(kind=Kind.PHOTO, file=File(origin="x", ref="y"), name="a.png", caption=Text("под"))
    shown: Any = views.message(replace(SAID, content=Content(attachments=(photo,))), SHOP, None)
    (attachment,) = shown["attachments"]
    assert attachment["url"].startswith("/otklik/media/")
    assert attachment["caption"] == "под"


def test_a_page_knows_what_each_channel_carries():
    sources = {VK: DeskSource(kind="vk", title="Сообщество", group=SALES, mark="🔷", by_link=True)}
    known: Any = channel_views(sources, {VK: FakeChannel(VK, replace(LITTLE, window=timedelta(days=7)))})  # type: ignore[dict-item]
    assert (known[VK]["window"], known[VK]["edits"], known[VK]["by_link"]) == (604800.0, False, True)
    assert channel_views(sources, {}) == {}


async def test_the_card_tells_who_it_is_and_where_else_and_what_was_before(desk_office: DeskOffice):
    profile = Profile(
        name="Мария Ёлкина", username="maria", link="https://vk.com/maria", email="m@example.org", verified=True
    )
    first = await desk_office.writes("m", "первый раз", profile=profile, details={"корзина": "3"})
    anna = await desk_office.at_work(ANNA)
    await anna.done("accept", conversation=first)
    await anna.done("close", conversation=first)
    desk_office.passes(20)
    second = await desk_office.writes("m", "второй раз", profile=profile)
    there = await desk_office.writes("v", "я и тут", channel=VK, profile=Profile(name="Маша"))

    def together(tx: Any) -> None:
        token = offer_join(tx, tx.conversation(second).customer, VK)
        assert join(tx, token, tx.customer(tx.conversation(there).customer))

    await desk_office.write(together)
    shown = await anna.look(second)
    customer = shown["customer"]
    assert (customer["name"], customer["initials"], customer["verified"]) == ("Мария Ёлкина", "МЁ", True)
    assert (customer["email"], customer["link"]) == ("m@example.org", "https://vk.com/maria")
    assert customer["elsewhere"] == [{"name": "Маша", "channel": "vk", "kind": "vk", "title": "Сообщество"}]
    assert shown["conversation"]["previous_operator"] == "Анна"
    assert {past["id"]: past["last"]["text"] for past in shown["history"]} == {
        first: "первый раз",
        there: "я и тут",
    }
    assert (await anna.look(first))["conversation"]["details"] == {"корзина": "3"}


async def test_events_tell_where_it_went_by_the_groups_title(desk_office: DeskOffice):
    asked = await desk_office.writes("m")
    anna = await desk_office.at_work(ANNA, SALES, SUPPORT)
    await anna.done("transfer", conversation=asked, to={"group": SUPPORT}, comment="")
    (event,) = (await anna.look(asked))["events"]
    assert (event["what"], event["to"], event["operator"]) == (
        "moved",
        "Поддержка",
        {"id": ANNA.id, "name": "Анна"},
    )


async def test_who_reads_english_is_answered_in_english(desk_office: DeskOffice):
    services = desk_office.desk._services
    services.groups[SUPPORT] = DeskGroup(name=SUPPORT, title="Support", language="en")  # type: ignore[index]
    words = Catalogue("en")
    shop = services.views["ru"]
    services.views["en"] = Views(words, shop._sources, shop._channels, shop._links)  # type: ignore[index]
    asked = await desk_office.writes("v", channel=ChannelName("help"), profile=Profile())
    await desk_office.write(lambda tx: accept(tx, asked, ANNA))
    vera = await desk_office.at_work(VERA, SUPPORT)
    assert (await vera.refused("accept", conversation=asked))["message"] == "Already taken by Анна."
    await vera.watch("accepted")
    assert vera.rows[asked]["name"].startswith("Guest")
