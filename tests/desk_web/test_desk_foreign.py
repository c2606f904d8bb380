"""Each operator sees their own groups only, whatever their page sends; and nothing at all once they have left."""

import json
from typing import Any

import aiohttp
import pytest

from bridge.inbox.accept import accept
from bridge.inbox.reply import Reply, reply
from bridge.model import Attachment, Content, Delivery, File, Kind, Profile, Text, Why
from tests.desk_web.desk_office import ANNA, BORIS, HELP, PICTURES, SALES, SUPPORT, VERA, DeskOffice
from tests.desk_web.operator import Page
from tests.some_files import png

SECRET = "тайна чужой группы"


async def foreign(office: DeskOffice) -> tuple[int, int, int]:
    """A conversation of a group that is not Anna's: its id, that of the question, that of a failed answer."""
    profile = Profile(name=SECRET, avatar=File(origin=PICTURES, ref="face"))
    asked = await office.writes("чужой", SECRET, channel=HELP, profile=profile)

    def work(tx: Any) -> int:
        accept(tx, asked, VERA)
        said = Reply(conversation=asked, operator=VERA, content=Content(text=Text(SECRET)))
        message = reply(tx, said)
        tx.finish(message.id, Delivery.FAILED, failure=Why.BLOCKED)
        return int(message.id)

    answer = await office.write(work)
    return asked, (await office.messages(asked))[0].id, answer


async def a_minute(office: DeskOffice, page: Page) -> None:
    office.passes(30)
    await page.reads()
    office.passes(31)


async def truth(office: DeskOffice, conversation: int) -> tuple[Any, ...]:
    found = await office.conversation(conversation)
    return found, [(m, m.revision, m.delivery, m.deleted_at) for m in await office.messages(conversation)]


async def test_whatever_id_is_guessed_a_foreign_conversation_is_not_there(desk_office: DeskOffice):
    conversation, question, answer = await foreign(desk_office)
    mine = await desk_office.writes("Мария")
    anna = await desk_office.at_work(ANNA)
    await anna.done("accept", conversation=mine)
    before = await truth(desk_office, conversation)
    there, nowhere = [], []
    for target, known in ((conversation, there), (conversation + 1000, nowhere)):
        for kind in ("accept", "close", "reopen", "no_reply"):
            known.append(await anna.refused(kind, conversation=target))
        known.append(await anna.refused("reply", conversation=target, text="!"))
        known.append(await anna.refused("note", conversation=target, text="!"))
        for to in ({"feed": True}, {"group": SALES}, {"operator": ANNA.id}):
            known.append(await anna.refused("transfer", conversation=target, to=to))
        for kind, fields in (("open", {"conversation": target}), ("open", {"conversation": target, "after": 0})):
            await anna.send(kind, **fields)
            known.append(await anna.until("refused"))
        await anna.send("earlier", conversation=target, before=10**9)
        known.append(await anna.until("refused"))
        await anna.send("typing", conversation=target)
    for message, known in ((question, there), (answer, there), (answer + 1000, nowhere), (answer + 1001, nowhere)):
        known.append(await anna.refused("edit", message=message, text="!"))
        known.append(await anna.refused("unsend", message=message))
        known.append(await anna.refused("retry", message=message))
    known = [{**frame, "id": None} for frame in there]
    assert known == [
        {**frame, "id": None} for frame in nowhere
    ]  # nothing tells one that is there from one that is not
    assert (await anna.refused("reply", conversation=mine, text="!", reply_to=question))[
        "code"
    ] == "no-such-message"
    assert await truth(desk_office, conversation) == before
    await desk_office.settles()
    assert SECRET not in json.dumps(anna.frames, ensure_ascii=False)


async def test_nothing_of_a_foreign_group_is_ever_told(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    await anna.watch("feed")
    conversation, _, answer = await foreign(desk_office)
    await desk_office.settles()
    for which in ("accepted", "closed", "mine", "feed"):
        for search in ("", "чужой", "тайна"):
            assert (await anna.watch(which, search=search))["total"] == 0
    await anna.send("watch", list="feed", group=SUPPORT, search="", offset=0, limit=10)
    assert (await anna.until("refused"))["code"] == "no-such-group"
    await desk_office.becomes(answer, Delivery.SENT)
    await desk_office.writes("чужой", SECRET, channel=HELP)
    await desk_office.settles()
    assert SECRET not in json.dumps(anna.frames, ensure_ascii=False)
    assert SUPPORT not in anna.figures["groups"]
    assert conversation not in anna.rows


async def test_the_history_has_no_conversations_of_foreign_groups(desk_office: DeskOffice):
    first = await desk_office.writes("Мария", SECRET)
    anna = await desk_office.at_work(ANNA)
    await anna.done("transfer", conversation=first, to={"group": SUPPORT})
    vera = await desk_office.at_work(VERA, SUPPORT)
    await vera.done("close", conversation=first)
    second = await desk_office.writes("Мария", "снова я")
    assert (await anna.look(second))["history"] == []
    assert (await vera.look(first))["history"] == []
    await vera.refused("reopen", conversation=first)
    await anna.done("close", conversation=second)
    await vera.done("reopen", conversation=first)
    await desk_office.settles()
    assert anna.talk["conversation"]["may"]["reopen"] is False
    assert SECRET not in json.dumps(anna.talk, ensure_ascii=False)


async def test_what_went_to_another_group_is_told_of_no_more(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    await anna.done("accept", conversation=asked, id="accepted")
    await boris.look(asked)
    await anna.look(asked)
    await desk_office.settles()
    answer = await anna.done("transfer", conversation=asked, to={"group": SUPPORT}, id="moved")
    assert "conversation" not in answer
    vera = await desk_office.at_work(VERA, SUPPORT)
    await vera.done("accept", conversation=asked)
    await vera.done("note", conversation=asked, text=SECRET)
    await desk_office.settles()  # only now the others are told
    for page in (anna, boris):
        assert page.talk["conversation"]["group"] == SUPPORT
        assert page.talk["conversation"]["operator"] is None
    for id in ("accepted", "moved"):  # asked again, what was done is done; how it is now is not told
        again = await anna.done("accept", conversation=asked, id=id)
        assert "conversation" not in again
    for page in (anna, boris):
        told = json.dumps(page.frames, ensure_ascii=False)
        assert SECRET not in told and VERA.name not in told


async def test_a_picture_is_served_only_to_operators_of_the_customers_group(desk_office: DeskOffice):
    desk_office.files["face"] = png()
    await foreign(desk_office)
    customer = await desk_office.inbox.find(HELP, "чужой")
    anna, vera = desk_office.page(ANNA), await desk_office.at_work(VERA, SUPPORT)
    await vera.watch("mine")
    address = next(iter(vera.rows.values()))["avatar"]
    assert address.startswith(f"/desk/avatar/{customer.id}?")

    async def get(page: Any, path: str = address) -> aiohttp.ClientResponse:
        async with desk_office.http.get(desk_office.url + path, headers=page.headers) as response:
            await response.read()
            return response

    good = await get(vera)
    assert (good.status, good.content_type) == (200, "image/webp")
    assert good.headers["Cache-Control"].startswith("private")
    for refused in (
        await get(anna),
        await get(vera, "/desk/avatar/999999"),
        await get(vera, "/desk/avatar/0"),
        await get(vera, f"/desk/avatar/{10**14}"),
    ):
        assert refused.status == 404
    vera.cookie = "forged"
    assert (await get(vera)).status == 404


async def test_an_upload_of_a_colleague_cannot_be_sent(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    anna, boris = await desk_office.at_work(ANNA), await desk_office.at_work(BORIS)
    await anna.done("accept", conversation=asked)
    async with desk_office.http.post(
        f"{desk_office.url}/desk/upload", data=png(), headers={**boris.headers, "X-Otklik": "1"}
    ) as response:
        uploaded = await response.json()
    assert (await anna.refused("reply", conversation=asked, text="", files=[uploaded["id"]]))["code"] == "file-gone"
    assert (await anna.refused("reply", conversation=asked, text="", files=["guess"]))["code"] == "file-gone"
    await boris.done("reply", conversation=asked, text="", files=[uploaded["id"]])
    assert (await boris.refused("reply", conversation=asked, text="", files=[uploaded["id"]]))[
        "code"
    ] == "file-gone"


async def test_who_has_no_session_or_comes_from_another_site_gets_nothing(desk_office: DeskOffice):
    page = desk_office.page(ANNA)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await page.open(Origin="https://evil.example")
    assert refused.value.status == 403
    page.cookie = "forged"
    await page.open()
    assert (await page.next())["code"] == "session-over"
    assert await page.until_closed() == 4401
    nobody = desk_office.page(VERA, SUPPORT)
    desk_office.door.members[VERA.id] = set()
    await nobody.open()
    assert (await nobody.next())["type"] == "bye"
    assert await nobody.until_closed() == 4403


async def test_a_membership_that_is_lost_ends_what_is_open(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    anna = await desk_office.at_work(ANNA, SALES, SUPPORT)
    helped = await desk_office.writes("Пётр", channel=HELP)
    await anna.watch("feed")
    await anna.look(helped)
    assert sorted(anna.order) == sorted([asked, helped])
    desk_office.door.members[ANNA.id] = {SALES}
    await a_minute(desk_office, anna)
    await anna.until("groups")
    await desk_office.settles()
    assert anna.order == [asked]
    assert set(anna.figures["groups"]) == {SALES}
    assert (await anna.refused("accept", conversation=helped))["code"] == "not-found"
    before = len(anna.frames)
    await desk_office.writes("Пётр", SECRET, channel=HELP)
    await desk_office.settles()
    assert SECRET not in json.dumps(anna.frames[before:], ensure_ascii=False)
    desk_office.door.members[ANNA.id] = set()
    await a_minute(desk_office, anna)
    bye = await anna.until("bye")
    assert bye["code"] == "not-a-member" and bye["message"]
    assert await anna.until_closed() == 4403


async def test_where_nobody_can_tell_who_is_a_member_pages_are_told_so_and_come_again(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA, SALES)
    desk_office.door.reachable = False
    await a_minute(desk_office, anna)
    bye = await anna.until("bye")
    assert (bye["code"], await anna.until_closed()) == ("not-checked", 1013)
    again = desk_office.page(ANNA)
    await again.open()
    assert (await again.next())["code"] == "not-checked"
    assert await again.until_closed() == 1013
    desk_office.door.reachable = True
    await (await desk_office.at_work(ANNA, SALES)).watch("feed")


async def test_a_session_that_was_left_ends_its_pages(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    del desk_office.door.sessions[anna.cookie]
    await a_minute(desk_office, anna)
    assert await anna.until_closed() == 4401


async def test_attachments_have_addresses_of_our_own(desk_office: DeskOffice):
    photo = Attachment(kind=Kind.PHOTO, file=File(origin=PICTURES, ref="p"), name="а б.jpg")
    asked = await desk_office.writes("Мария", "", photo)
    anna = await desk_office.at_work(ANNA)
    (message,) = (await anna.look(asked))["messages"]
    assert message["attachments"][0]["url"].startswith("/media/")
