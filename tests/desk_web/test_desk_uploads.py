"""Files of operators: taken in, sent once, refused with a sentence; and only from our own page."""

import asyncio
import contextlib
import io
from typing import Any

import aiohttp

from bridge.desks.web import uploads
from bridge.model import Kind
from tests.desk_web.desk_office import ANNA, VK, DeskOffice
from tests.desk_web.operator import Page
from tests.some_files import png


async def upload(office: DeskOffice, page: Page, data: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    given = {**page.headers, "X-Otklik": "1", "X-File-Name": "%D1%84%D0%BE%D1%82%D0%BE.png", **headers}
    async with office.http.post(
        f"{office.url}/desk/upload", data=data, headers={k: v for k, v in given.items() if v}
    ) as response:
        body = await response.json() if response.content_type == "application/json" else {}
        return response.status, body


async def test_a_file_is_taken_in_and_goes_with_an_answer(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    anna = await desk_office.at_work(ANNA)
    await anna.done("accept", conversation=asked)
    status, taken = await upload(desk_office, anna, png())
    assert status == 201
    assert (taken["kind"], taken["name"], taken["mime"]) == ("photo", "фото.png", "image/png")
    assert taken["width"] and taken["height"] and taken["size"]
    await anna.look(asked)
    said = await anna.done("reply", conversation=asked, text="вот", files=[taken["id"]])
    await desk_office.settles()
    (shown,) = anna.talk["messages"][said["message"]]["attachments"]
    async with desk_office.http.get(desk_office.url + shown["url"]) as response:
        assert (response.status, response.content_type) == (200, "image/png")
    message = await desk_office.message(said["message"])
    assert message.content.text.plain == "вот"
    assert [each.kind for each in message.content.attachments] == [Kind.PHOTO]
    await anna.done("edit", message=said["message"], text="вот она")
    edited = await desk_office.message(said["message"])
    assert (edited.content.text.plain, len(edited.content.attachments)) == ("вот она", 1)
    note = await upload(desk_office, anna, png())
    await anna.done("note", conversation=asked, text="", files=[note[1]["id"]])


async def test_what_the_channel_does_not_carry_is_refused_before_it_is_queued(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария", channel=VK)
    anna = await desk_office.at_work(ANNA)
    await anna.done("accept", conversation=asked)
    _, taken = await upload(desk_office, anna, png())
    refused = await anna.refused("reply", conversation=asked, text="вот", files=[taken["id"]])
    assert (refused["code"], refused["message"]) == (
        "unsupported",
        "этот канал не передаёт такие сообщения. Напишите текстом.",
    )
    assert len(await desk_office.messages(asked)) == 1
    await desk_office.writes("Пётр")
    other = await desk_office.writes("Пётр")
    await anna.done("accept", conversation=other)
    _, big = await upload(desk_office, anna, io.BytesIO(b"x" * (1024 * 1024 + 1)))
    refused = await anna.refused("reply", conversation=other, text="", files=[big["id"]])
    assert refused["code"] == "too-big"
    assert "1 МБ" in refused["message"].replace("\xa0", " ")


async def test_only_our_own_page_and_an_operator_may_upload(desk_office: DeskOffice):
    anna = desk_office.page(ANNA)
    assert (await upload(desk_office, anna, png(), Origin="https://evil.example"))[0] == 403
    assert (await upload(desk_office, anna, png(), **{"X-Otklik": ""}))[0] == 403
    assert (await upload(desk_office, anna, png(), Cookie="otklik_desk=forged"))[1]["error"] == "session-over"
    desk_office.door.members[ANNA.id] = set()
    status, refused = await upload(desk_office, anna, png())
    assert (status, refused["error"]) == (403, "not-a-member")
    assert refused["message"]


async def test_what_is_empty_or_too_big_is_refused_with_a_sentence(desk_office: DeskOffice, monkeypatch):
    anna = await desk_office.at_work(ANNA)
    assert (await upload(desk_office, anna, b""))[1]["message"] == "Файл пустой"
    monkeypatch.setattr(uploads, "FILE_LIMIT", 2 * 1024 * 1024)
    status, refused = await upload(desk_office, anna, io.BytesIO(b"x" * (2 * 1024 * 1024 + 1)))
    assert (status, refused["message"]) == (413, "Файл слишком большой: можно до 2 МБ")

    async def drip() -> Any:
        for _ in range(3):
            yield b"x" * 1024 * 1024

    assert (await upload(desk_office, anna, drip()))[0] == 413


async def test_one_operator_uploads_so_much_a_day_and_so_many_at_once(desk_office: DeskOffice, monkeypatch):
    anna = await desk_office.at_work(ANNA)
    monkeypatch.setattr(uploads, "PER_DAY", 100_000)
    assert (await upload(desk_office, anna, b"x" * 60_000))[0] == 201
    assert (await upload(desk_office, anna, b"x" * 60_000))[1]["error"] == "flood"
    desk_office.passes(24 * 3600 + 1)
    assert (await upload(desk_office, anna, b"x" * 60_000))[0] == 201
    monkeypatch.setattr(uploads, "AT_ONCE", 1)
    gate = asyncio.Event()

    async def slow() -> Any:
        yield b"x"
        await gate.wait()

    first = asyncio.create_task(upload(desk_office, anna, slow()))
    await desk_office.until(lambda: desk_office.desk._uploads._open[ANNA.id] == 1)
    assert (await upload(desk_office, anna, b"x"))[1]["error"] == "flood"
    gate.set()
    assert (await first)[0] == 201


async def test_an_upload_that_stops_is_given_up(desk_office: DeskOffice):
    anna = await desk_office.at_work(ANNA)
    gate = asyncio.Event()

    async def stuck() -> Any:
        yield b"x"
        await gate.wait()

    task = asyncio.create_task(upload(desk_office, anna, stuck()))
    await desk_office.until(lambda: any(abs(s - 30) < 0.1 for s in desk_office.clock.sleeps))  # type: ignore[attr-defined]
    await asyncio.sleep(0.01)
    desk_office.passes(31)
    with contextlib.suppress(aiohttp.ClientError):  # it may be closed while the client still sends
        assert (await task)[0] == 408
    gate.set()
