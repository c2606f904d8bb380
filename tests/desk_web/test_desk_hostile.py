"""Whatever a page sends, the desk answers or ends it, harms nobody and tells nothing of its insides."""

import json
import random
import re
from typing import Any

import pytest

from bridge.desks.web.parsing import parse
from bridge.desks.web.protocol import FRAME_LIMIT, Refusal
from bridge.model import Attachment, Content, Kind, Profile, Span, Text
from tests.desk_web.desk_office import ANNA, BORIS, DeskOffice
from tests.desk_web.operator import Closed, Page

KINDS = re.split(
    r"\W+",
    "hello ping watch open leave earlier typing accept close reopen no_reply reply note edit unsend retry transfer",
)
FIELDS = re.split(
    r"\W+",
    "version id conversation message text files reply_to quote list group search offset limit after oldest before"
    " to comment operator feed",
)
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**70), 1.5, 1e308, "", "1", "x" * 70, "sales",
    "feed", "\x00", "\ud800", "'; drop table messages; --", "<script>alert(1)</script>", "\u202eabc", [], [1],
    [None], ["x"] * 11, {}, {"feed": True}, {"operator": 1}, {"operator": 2**70}, {"operator": True},
    {"group": "sales"}, {"group": "\ud800"}, {"group": ""}, {"a": {"b": {"c": []}}},
]  # fmt: skip

BROKEN = [
    "", " ", "null", "[]", "1", '"hello"', "{", "{}", '{"type":1}', '{"type":null}', '{"type":"secrets"}', "nan",
    '{"type":"reply"}', "[" * 50_000, '{"a":' * 50_000, '{"type":"ping","x":' + "9" * 5_000 + "}",
    '{"type":"open","conversation":NaN}', '{"type":"open","conversation":Infinity}', "\ufeff{}", "\x00",
    '{"type":"open","conversation":1e400}', '{"type":"ping","type":"open"}', "x" * (FRAME_LIMIT + 1),
]  # fmt: skip


@pytest.mark.parametrize("raw", BROKEN, ids=lambda raw: ascii(raw[:30]))
def test_what_is_no_frame_is_refused(raw: str):
    with pytest.raises(Refusal):
        parse(raw)


def test_anything_in_any_field_is_read_or_refused():
    dice = random.Random(1)
    for _ in range(20_000):
        fields = {name: dice.choice(VALUES) for name in dice.sample(FIELDS, dice.randrange(len(FIELDS)))}
        raw = json.dumps({"type": dice.choice(KINDS), **fields}, ensure_ascii=dice.random() < 0.5)
        try:
            frame = parse(raw)
        except Refusal:
            continue
        for name in getattr(frame, "__slots__", ()):
            value = getattr(frame, name)
            assert not isinstance(value, str) or name == "deed" or len(value) <= 10_000
            if isinstance(value, int):
                assert abs(value) < 2**53 + 1


async def alive(page: Page) -> bool:
    await page.send("ping")
    await page.until("pong")
    return True


async def test_garbage_is_answered_and_the_page_goes_on(desk_office: DeskOffice, caplog: pytest.LogCaptureFixture):
    asked = await desk_office.writes("Мария")
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    await boris.watch("feed")
    for raw in BROKEN:
        await anna.socket.send_str(raw)
        answer = await anna.until("refused")
        assert answer["message"] and "Traceback" not in answer["message"]
    await anna.socket.send_bytes(b"\x00\xff")
    await anna.until("refused")
    dice = random.Random(2)
    for _ in range(300):
        fields = {name: dice.choice(VALUES) for name in dice.sample(FIELDS, dice.randrange(8))}
        frame = {"type": dice.choice([kind for kind in KINDS if kind != "hello"]), "conversation": asked, **fields}
        try:
            await anna.socket.send_str(json.dumps(frame))
            assert await alive(anna)
        except Closed as closed:
            assert closed.code == 4429
            desk_office.passes(50)
            await boris.reads()
            anna = await desk_office.at_work(ANNA)
    await desk_office.settles()
    assert await alive(boris)
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


async def test_what_is_refused_is_told_of_by_its_id(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    assert (await anna.refused("reply", conversation="x", text="!"))["field"] == "conversation"
    assert (await anna.refused("reply", conversation=1, text="я" * FRAME_LIMIT))["code"] == "too-big"
    assert (await anna.refused("note", conversation=1, text="", files=["f"] * 2 + list("abcdefghijk")))["code"]


async def test_who_sends_without_end_is_sent_away_and_the_others_are_not(desk_office: DeskOffice):
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    for _ in range(1300):
        await anna.socket.send_str('{"type":"ping"}')
    assert await anna.until_closed() == 4429
    assert [f["code"] for f in anna.frames if f["type"] == "bye"] == ["flood"]
    assert await alive(boris)


async def test_a_page_speaks_first_and_speaks_the_right_version(desk_office: DeskOffice):
    for first in ({"type": "watch", "list": "feed"}, {"type": "hello", "version": 2}, {"type": "hello"}):
        page = desk_office.page(ANNA)
        await page.open()
        await page.socket.send_str(json.dumps(first))
        assert await page.until_closed() == 4400
    late = desk_office.page(ANNA)
    await late.open()
    desk_office.passes(11)
    assert await late.until_closed() == 4408


async def test_who_is_silent_for_a_minute_is_gone(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    desk_office.passes(40)
    assert await alive(anna)
    desk_office.passes(59)
    assert await alive(anna)
    desk_office.passes(61)
    assert await anna.until_closed() == 4408


async def test_an_operator_has_so_many_pages_and_no_more(desk_office: DeskOffice):
    for _ in range(20):
        await desk_office.at_work(ANNA)
    more = desk_office.page(ANNA)
    await more.open()
    assert (await more.next())["code"] == "too-many-pages"
    assert await more.until_closed() == 4429
    await desk_office.at_work(BORIS)
    await desk_office.pages[0].close()
    await desk_office.until(lambda: desk_office.desk._of_one[ANNA.id] == 19)
    await desk_office.at_work(ANNA)


async def test_names_and_texts_of_strangers_go_as_they_are(desk_office: DeskOffice):
    evil = "<img src=x onerror=alert(1)>\u202e' -- \x00"
    spans = (
        Span(kind="text_link", offset=0, length=4, url="javascript:alert(1)"),
        Span(kind="text_link", offset=0, length=4, url="https://example.org/"),
        Span(kind="bold", offset=0, length=4),
        Span(kind="mention", offset=0, length=4),
    )
    place = Attachment(
        kind=Kind.VENUE, data={"latitude": float("nan"), "longitude": 2.0, "title": evil, "vcard": "x"}
    )
    profile = Profile(name=evil, username="evil", link="javascript:alert(1)")
    asked = await desk_office.writes("зло", evil, place, profile=profile, details={evil: evil})

    def format_it(tx: Any) -> None:
        (message,) = tx.conversation_messages(asked, 10)
        tx.set_content(message.id, Content(text=Text(evil, spans), attachments=(place,)))

    await desk_office.write(format_it)
    anna = await desk_office.at_work(ANNA)
    await anna.watch("feed")
    shown = await anna.look(asked)
    assert "link" not in shown["customer"]
    (message,) = shown["messages"]
    assert [(s["kind"], s.get("url")) for s in message["spans"]] == [
        ("text_link", "https://example.org/"), ("bold", None)
    ]  # fmt: skip
    assert set(message["attachments"][0]["data"]) == {"latitude", "longitude", "title"}
    assert "<img" in shown["customer"]["name"]
    long = "ы" * 10_000
    await anna.done("accept", conversation=asked)
    await anna.done("note", conversation=asked, text=long)
    await desk_office.settles()
    assert anna.texts[-1] == long


async def test_while_nothing_can_be_written_an_act_is_refused_and_works_later(
    desk_office: DeskOffice, monkeypatch: pytest.MonkeyPatch
):
    asked = await desk_office.writes("Мария")
    anna = await desk_office.at_work(ANNA)

    async def broken(work: Any) -> Any:
        raise OSError("the disk is full: /secret/path")

    with monkeypatch.context() as patch:
        patch.setattr(desk_office.inbox, "write", broken)
        refused = await anna.refused("accept", conversation=asked, id="same")
        assert refused["code"] == "try-later"
        assert "secret" not in json.dumps(refused)
        boris = await desk_office.at_work(BORIS)  # reading goes on
        assert (await boris.watch("feed"))["order"] == [asked]
    await anna.done("accept", conversation=asked, id="same")


async def test_who_cannot_be_welcomed_is_sent_away_and_can_come_again(
    desk_office: DeskOffice, monkeypatch: pytest.MonkeyPatch
):
    async def broken(work: Any) -> Any:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(desk_office.inbox, "write", broken)
        patch.setattr(desk_office.inbox, "read", broken)
        anna = desk_office.page(ANNA)
        await anna.open()
        await anna.send("hello", version=1)
        assert await anna.until_closed() == 1011
    await anna.connect()
