"""docs/widget-protocol.md, section by section: Connecting and Frames, by a client that knows only the page."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OpenOffice
from tests.emulators.telegram import Attachment
from tests.office import Office
from tests.some_files import photo, picture
from tests.stories.scenes import accept, quiet
from tests.witness import SHOP, signed
from tests.witness_office import FORM, KEY, WAYS, Bare, Meet, answered, healthy, meetings
from tests.witness_tables import (
    ATTACHMENT,
    ERRORS,
    FRAMES,
    KINDS,
    MESSAGE,
    REFUSED_POSTS,
    REFUSED_UPLOADS,
    STYLES,
    Frame,
    Strange,
    check_frame,
)
from tests.witness_wires import Lost, Refused, Socket

PAGE = Path(__file__).parent.parent / "docs" / "widget-protocol.md"


@pytest.fixture
async def meet() -> AsyncIterator[Meet]:
    async with meetings() as meet:
        yield meet


@pytest.fixture(params=WAYS)
def by(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# the page and the tables


def rows_of(table: str) -> list[list[str]]:
    """The cells of a table."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def table_after(text: str, heading: str) -> dict[str, str]:
    """The first column of a table of the page, and the second."""
    rows = []
    for line in text[text.index(heading) :].splitlines()[1:]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            break
    found = {}
    for row in rows[2:]:
        for name, mark in re.findall(r"`([\w-]+)`(\??)", row[0]):
            found[name + mark] = row[1]
    return found


@pytest.mark.parametrize(
    ("heading", "table"),
    [
        ("**`welcome`**", FRAMES["welcome"]),
        ("**`messages`**", FRAMES["messages"]),
        ("\nA message:", MESSAGE),
        ("\nAn attachment:", ATTACHMENT),
        ("**`ack`**", FRAMES["ack"]),
        ("\n## Errors", FRAMES["error"]),
    ],
)
def test_the_checker_has_the_tables_of_the_page(heading: str, table: dict[str, Any]) -> None:
    listed = table_after(PAGE.read_text(), heading)
    assert listed.keys() == set(table)
    for name, kind in listed.items():
        wanted = table[name]
        if kind in ("string", "number", "boolean") and callable(wanted):
            assert wanted.__name__ in (kind, "true"), name
        elif kind == "array":
            assert isinstance(wanted, list), name
        elif kind == "object":
            assert isinstance(wanted, dict), name


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "nosuch"},
        {"type": "pong", "more": 1},
        {"type": "messages", "messages": [], "cursor": 1},
        {"type": "ack", "id": "m-12345678", "message": "1", "seq": 1, "at": "2026-02-03T09:15:02Z"},
        {"type": "ack", "id": "m-12345678", "message": 1, "seq": 1, "at": "2026-02-03 09:15:02"},
        {"type": "ack", "id": "m-12345678", "message": 1, "seq": 1},
        {"type": "typing", "name": None},
        {"type": "error", "code": "flood", "message": "Later"},
        {"type": "error", "code": "nosuch", "message": "Later"},
        {"type": "link", "channel": "tg", "url": "tg://resolve", "expires_in": 900},
        ["pong"],
    ],
)
def test_the_checker_finds_what_is_strange(frame: Any) -> None:
    with pytest.raises(Strange):
        check_frame(frame)


def test_the_checker_has_the_codes_of_the_page() -> None:
    page = PAGE.read_text()
    errors = table_after(page[page.index("Nothing of a refused frame") :], "\n")
    assert errors.keys() == ERRORS.keys()
    for code, (_, closes) in ERRORS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{code}` | ") and line.count("|") == 4)
        assert closes is None or str(closes) in row, code
    uploads = page[page.index("| status | `error` | |") :].partition("\n\n")[0]
    found = {code: int(status) for status, code in re.findall(r"\| (\d+) \| `([\w-]+)`", uploads)}
    assert found == REFUSED_UPLOADS
    posts = page[page.index("| 400 | `bad-request`") :].partition("\n\n")[0]
    listed = {int(row[0]): set(re.findall("`([\\w-]+)`", row[1])) for row in rows_of(posts)}
    assert listed == REFUSED_POSTS


# Connecting


async def status(office: Office, by: str, origin: str | None, channel: str = "shop") -> int:
    bare = Bare(office, by, origin, channel)
    try:
        await bare.says_hello()
    except Refused as error:
        return error.status
    finally:
        await bare.wire.close()
    return 101


async def test_only_the_channels_pages_may_connect(office: Office, by: str) -> None:
    assert await status(office, by, SHOP) == 101
    assert await status(office, by, "http://127.0.0.1:8080") == 101  # the server's own
    for other in ("https://evil.example", "http://shop.example.ru", f"{SHOP}:8443", f"{SHOP}.evil.example", "null"):
        assert await status(office, by, other) == 403, other
    assert await status(office, by, None) == 403
    assert await status(office, by, SHOP, "nosuch") == 404


async def test_a_channel_for_every_page(open_office: OpenOffice, by: str) -> None:
    more = '[[channel]]\nkind = "site"\nname = "any"\ngroup = "sales"\norigins = ["*"]'
    office = await open_office(more=more)
    assert await status(office, by, "https://somewhere.example", "any") == 101


async def test_a_wrong_origin_is_final(office: Office, meet: Meet, by: str) -> None:
    witness = meet(office, by, origin="https://evil.example").start()
    assert await witness.until(lambda: witness.stopped) == "HTTP 403"


@pytest.mark.parametrize("secret", ["a" * 31, "a" * 129, "a" * 31 + "+", "ы" * 40, "", None, 7, ["a" * 40]])
async def test_a_secret_that_is_none(office: Office, by: str, secret: Any) -> None:
    bare = await Bare(office, by).says_hello(secret=secret)
    error = await bare.until("error")
    assert error["code"] == "bad-secret"
    assert await bare.ends() == 4400


@pytest.mark.parametrize("secret", ["aB3_-" * 7, "z" * 128])
async def test_secrets_of_any_length_that_the_page_allows(office: Office, meet: Meet, by: str, secret: str) -> None:
    witness = await meet(office, by, secret=secret).enters()
    await witness.says("Это я").over()
    again = await meet(office, by, secret=secret).enters()
    assert again.welcome["history"] is True
    await again.until(lambda: again.texts == ["Это я"])


async def test_connecting_alone_leaves_no_trace(office: Office, meet: Meet, by: str) -> None:
    first = await meet(office, by, page={"title": "Чайники", "url": f"{SHOP}/kettles"}, fields={"a": "b"}).enters()
    await first.sends("page", title="Другая")
    await first.sends("seen", cursor=0)
    await first.close()
    second = await meet(office, by, secret=first.secret).enters()
    assert second.welcome["history"] is False and second.welcome["reset"] is True
    await quiet(office)
    assert not [m for m in office.group.messages(by=office.bot) if "Гость" in m.text]


async def test_the_example_of_the_page(open_office: OpenOffice, by: str) -> None:
    office = await open_office(
        site='greeting = "Здравствуйте! Чем помочь?"', more='[[operator]]\nid=501\nname="Анна"'
    )
    example = PAGE.read_text().partition("### An example")[2].partition("```\n")[2].partition("```")[0]
    said: list[Any] = []
    steps = [(line[0], json.loads(line[2:])) for line in example.splitlines()]
    theirs = [frame for arrow, frame in steps if arrow == "←"]
    hello, message, *rest = [frame for arrow, frame in steps if arrow == "→"]
    bare = await Bare(office, by).says_hello(**{**hello, "secret": secrets.token_urlsafe(32)})
    said.append(await bare.next())
    await bare.wire.send(message)
    said += [await bare.next() for _ in range(3)]
    card = await office.card("Есть ли красный?")
    assert "Чайники" in card.text
    await accept(office, card)
    answer = await office.olga.says(office.group, "Да, остались два.", reply_to=card)
    said.append(await bare.next())
    await office.reaction(answer, "👌")
    for frame in rest:
        await bare.wire.send({**frame, "cursor": said[-1]["cursor"]})
    await office.reaction(answer, "👀")

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(inner) for name, inner in value.items()}
        return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__

    assert [shape(frame) for frame in said] == [shape(frame) for frame in theirs]
    assert [frame["type"] for frame in said] == [frame["type"] for frame in theirs]
    for got, listed in zip(said, theirs, strict=True):  # what does not depend on the day
        for name in ("type", "v", "reset", "history", "greeting", "text_limit"):
            assert got.get(name) == listed.get(name)
    texts = [m for f in said if f["type"] == "messages" for m in f["messages"]]
    listed = [m for f in theirs if f["type"] == "messages" for m in f["messages"]]
    fixed = ("from", "text", "name", "client_id", "shown")
    assert [[m.get(n) for n in fixed] for m in texts] == [[m.get(n) for n in fixed] for m in listed]


async def test_handshakes_while_the_server_stops(office: Office) -> None:
    seen = set()
    address = f"{office.site_url}/site/shop"
    stopping = asyncio.create_task(office.stop())
    while not stopping.done():
        wire = Socket(office.http, address, SHOP, office.clock.sleep)
        try:
            await wire.connect()
            seen.add("in")
            await wire.close()
        except Refused as error:
            assert error.status == 503 and error.retry_after
            seen.add("later")
        except Lost:
            seen.add("nobody")
    assert seen <= {"in", "later", "nobody"}


# Frames: from the client


async def test_the_language_of_the_sentences(office: Office, meet: Meet, by: str) -> None:
    for language, known in (("en-GB", "a"), ("ru", "я"), ("ru-RU", "я"), ("de", "a"), (None, "я")):
        witness = await meet(office, by, **({"language": language} if language else {})).enters()
        await witness.sends("nosuch")
        error = await witness.error("unknown-type")
        assert bool(re.search("[а-я]", error["message"])) == (known == "я"), language


async def test_operators_see_where_the_visitor_is(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by, page={"title": "Чайники", "url": f"{SHOP}/kettles"}).enters()
    await witness.says("Раз").over()
    card = await office.card("Раз")
    assert "Чайники" in card.text and card.get("entities") and f"{SHOP}/kettles" in str(card)
    await witness.sends("page", title="Кофейники", url=f"{SHOP}/pots")
    await witness.says("Два").over()
    await office.until(lambda: "Кофейники" in card.now().text and f"{SHOP}/pots" in str(card.now()))


async def test_only_web_addresses_count(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by, page={"title": "Т" * 500, "url": "javascript:alert(1)"}).enters()
    await witness.says("Раз").over()
    card = await office.card("Раз")
    assert "javascript" not in str(card) and "Т" * 90 in card.text and "Т" * 201 not in card.text


async def test_a_message_is_cleaned(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    sent = await witness.says(" \n раз\x00\x07 \u202eдва\u2066\r\nтри\tчетыре\u200b <b>&amp; \n ").over()
    assert sent.ack
    await witness.until(lambda: witness.texts)
    (text,) = witness.texts
    assert text.startswith("раз") and text.endswith("<b>&amp;")
    assert not set(text) & set("\x00\x07\u202e\u2066\r") and "\n" in text


@pytest.mark.parametrize("letter", ["я", "😀", '"', "\n\\"])
async def test_ten_thousand_characters_and_one_more(office: Office, meet: Meet, by: str, letter: str) -> None:
    witness = await meet(office, by).enters()
    text = ("a" + letter * 10_000)[:9_999] + "."
    assert (await witness.says(text).over()).stored
    await witness.until(lambda: witness.texts == [text])
    refused = await witness.says(text + "!").over()
    assert refused.refused == "text-too-long"
    assert (await witness.says("Дальше").over()).stored


@pytest.mark.parametrize("text", ["", " \n ", "\u200b\u200d\u2060", "\x00", "\u202e"])
async def test_nothing_visible(office: Office, meet: Meet, by: str, text: str) -> None:
    witness = await meet(office, by).enters()
    assert (await witness.says(text).over()).refused == "empty"
    await quiet(office)
    assert witness.texts == []


BAD_FRAMES: list[tuple[dict[str, Any], str]] = [
    ({"type": "message", "id": "short77", "text": "x"}, "id"),
    ({"type": "message", "id": "x" * 65, "text": "x"}, "id"),
    ({"type": "message", "id": "with space", "text": "x"}, "id"),
    ({"type": "message", "text": "x"}, "id"),
    ({"type": "message", "id": 12345678, "text": "x"}, "id"),
    ({"type": "message", "id": "m-12345678"}, "text"),
    ({"type": "message", "id": "m-12345678", "text": None}, "text"),
    ({"type": "message", "id": "m-12345678", "text": "x", "files": "f"}, "files"),
    ({"type": "message", "id": "m-12345678", "text": "x", "files": [1]}, "files"),
    ({"type": "message", "id": "m-12345678", "text": "x", "reply_to": "1"}, "reply_to"),
    ({"type": "message", "id": "m-12345678", "text": "x", "reply_to": True}, "reply_to"),
    ({"type": "page", "title": 1}, "title"),
    ({"type": "page", "url": []}, "url"),
    ({"type": "fields", "fields": []}, "fields"),
    ({"type": "fields"}, "fields"),
    ({"type": "fields", "fields": {"a": {"b": 1}}}, "fields"),
    ({"type": "contact", "name": 1}, "name"),
    ({"type": "contact", "consent": "yes"}, "consent"),
    ({"type": "continue"}, "channel"),
    ({"type": "received"}, "cursor"),
    ({"type": "seen", "cursor": "1"}, "cursor"),
    ({"type": "seen", "cursor": 1.5}, "cursor"),
]


async def test_wrong_fields_are_named_and_break_nothing(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    for frame, field in BAD_FRAMES:
        before = len(witness.errors)
        assert witness.wire is not None
        await witness.wire.send(frame)
        error = await witness.until(lambda before=before: witness.errors[before:], str(frame))  # type: ignore[misc]
        assert error[0]["code"] == "bad-frame", (frame, error)
        assert error[0].get("field") == field, (frame, error)
        if field != "id" and "id" in frame:
            assert error[0]["id"] == frame["id"]
    for kind in ("nosuch", "welcome", "ack", "", "constructor"):
        before = len(witness.errors)
        await witness.sends(kind)
        await witness.error("unknown-type", after=before)
    assert (await witness.says("Всё цело").over()).stored
    assert witness.closes == []


async def test_what_is_no_frame(office: Office, meet: Meet) -> None:
    witness = await meet(office).enters()
    assert isinstance(witness.wire, Socket)
    for text in ("", "{", "[]", "7", "null", '"hello"', "{}", '{"type":1}', '{"type":null}', "[" * 20_000):
        before = len(witness.errors)
        await witness.wire.send_text(text)
        error = await witness.until(lambda before=before: witness.errors[before:], text)  # type: ignore[misc]
        assert error[0]["code"] == "bad-frame", text
    before = len(witness.errors)
    await witness.wire.send_bytes(b'{"type":"ping"}')
    await witness.error("bad-frame", after=before)
    assert (await witness.says("Всё цело").over()).stored


async def test_unknown_fields_are_ignored(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by, colour="red", page={"title": "Т", "more": 1}).enters()
    await witness.sends("ping", extra={"a": [1]})
    await witness.until(lambda: any(frame["type"] == "pong" for frame in witness.frames))
    assert witness.errors == []


async def test_what_the_page_knows(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    fields = {"Тариф": "Большой", "Скидка": 5.5, "VIP": True, "Пусто": None, "Нет": "", "Длинное": "я" * 300}
    fields |= {"и" * 50: "имя", "Строки": "раз\nдва"}
    await witness.sends("fields", fields=fields)
    await quiet(office)
    assert not [m for m in office.group.messages(by=office.bot) if "Большой" in m.text]
    await witness.says("Раз").over()
    card = await office.card("Раз")
    assert "Тариф: Большой" in card.text and "Скидка: 5.5" in card.text and "VIP: " in card.text
    assert "Пусто" not in card.text and "Нет" not in card.text
    assert "я" * 201 not in card.text and "и" * 41 not in card.text and "раз два" in card.text
    await witness.sends("fields", fields={f"n{n:02}": n for n in range(25)})
    await office.until(lambda: "n00: 0" in card.now().text)
    assert "Тариф" not in card.now().text and "n20" not in card.now().text


CONTACT = {"name": "Анна", "email": "anna@example.ru", "consent": True}


async def test_the_form_comes_first(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site=FORM)
    witness = await meet(office, by).enters()
    assert witness.welcome["form"] == {
        "ask": [
            {"name": "name", "required": False},
            {"name": "email", "required": True},
            {"name": "phone", "required": False},
        ],
        "consent": {"text": "Согласен на обработку", "url": "https://shop.example.ru/privacy"},
    }
    other = await meet(office, by, secret=witness.secret).enters()
    sent = witness.says("Раз")
    await witness.error("form-first")
    for wrong, field in (
        ({"name": "Анна", "consent": True}, "email"),
        ({"email": "anna", "consent": True}, "email"),
        ({"email": "anna@example.ru"}, "consent"),
        ({"email": "anna@example.ru", "consent": False}, "consent"),
        ({**CONTACT, "phone": "call me"}, "phone"),
    ):
        before = len(witness.errors)
        await witness.fills_in(**wrong)
        assert (await witness.error("bad-contact", after=before))["field"] == field
    await witness.fills_in(**CONTACT)
    await sent.over()
    assert sent.stored and sent.refusals == ["form-first"]
    await other.until(lambda: other.contact_taken)
    card = await office.card("Раз")
    assert "Анна" in card.text and "anna@example.ru" in card.text
    again = await meet(office, by, secret=witness.secret).enters()
    assert "form" not in again.welcome


async def test_the_form_in_the_hello(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site=FORM)
    witness = await meet(office, by, contact=CONTACT).enters()
    assert "form" not in witness.welcome
    assert (await witness.says("Раз").over()).stored
    bare = await Bare(office, by).says_hello(contact={"email": "nonsense", "consent": True})
    first, second = await bare.next(), await bare.next()
    assert first and first["code"] == "bad-contact" and first["field"] == "email"
    assert second and second["type"] == "welcome" and second["form"]["ask"]


async def test_a_form_that_nobody_stored_is_asked_again(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site=FORM)
    witness = await meet(office, by).enters()
    await witness.fills_in(**CONTACT)
    await witness.until(lambda: witness.contact_taken)
    await witness.close()
    later = await meet(office, by, secret=witness.secret).enters()
    assert "form" in later.welcome


async def test_going_on_in_another_channel(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site='continue_in = ["tg"]', posts_per_minute=600)
    await healthy(office)
    witness = await meet(office, by).enters()
    assert witness.welcome["links"] == [{"channel": "tg", "kind": "telegram", "title": "Telegram"}]
    await witness.says("Раз").over()
    await office.card("Раз")
    link = await witness.goes_on_in("tg")
    assert link["url"].startswith("https://t.me/") and link["expires_in"] == 900
    anna = office.customer("Анна")
    await anna.human.starts(office.bot, link["url"].partition("start=")[2])
    await witness.until(lambda: len(witness.texts) == 2)
    assert witness.shown[1]["from"] == "system"
    for other in ("shop", "nosuch", ""):
        before = len(witness.errors)
        await witness.sends("continue", channel=other)
        assert (await witness.error("no-such-link", after=before))["field"] == "channel"


async def test_operators_learn_what_became_of_their_answers(office: Office, meet: Meet, by: str) -> None:
    witness = meet(office, by)
    witness.looks = False
    await witness.enters()
    said = await answered(office, witness, "Раз", "Два")
    await witness.until(lambda: witness.texts == ["Раз", "Два"])
    await office.reaction(said, "👌")
    await witness.looks_at_it()
    await office.reaction(said, "👀")
    for cursor in (0, witness.cursor, 10**15):  # twice, and nonsense
        await witness.sends("received", cursor=cursor)
        await witness.sends("seen", cursor=cursor)
    assert (await witness.says("Три").over()).stored and witness.errors == []


# Frames: from the server


async def test_everything_a_welcome_may_have(open_office: OpenOffice, meet: Meet, tmp_path: Path, by: str) -> None:
    (tmp_path / "shop.png").write_bytes(picture("PNG"))
    site = f"""
greeting = "Здравствуйте!"
company = "Лавка"
hint = "Отвечаем быстро"
avatar = "{tmp_path}/shop.png"
continue_in = ["tg"]
identity_secret = "{KEY}"
{FORM}
[channel.hours]
timezone = "Europe/Moscow"
open = ["mon-fri 09:00-18:00", "sat 10:00-15:00"]
"""
    office = await open_office(site=site)
    await healthy(office)
    identity = signed(KEY, sub="7", exp=int(office.clock.now().timestamp()) + 3600)
    witness = await meet(office, by, identity=identity).enters()
    assert witness.welcome.keys() - {"type"} == {name.rstrip("?") for name in FRAMES["welcome"]}
    assert witness.welcome["hours"]["open"] is False  # a Sunday
    assert witness.welcome["hours"]["changes"] == sorted(witness.welcome["hours"]["changes"]) != []
    async with office.http.get(witness.reaches(witness.welcome["company"]["avatar"])) as response:
        assert response.status == 200 and response.content_type.startswith("image/")


SAYS: dict[str, dict[str, Any]] = {
    "photo": {"photo": photo(), "caption": "Вот"},
    "video": {"video": True, "caption": "Вот"},
    "animation": {"animation": True},
    "video_note": {"video_note": True},
    "audio": {"audio": True},
    "voice": {"voice": True},
    "sticker": {"sticker": Attachment(picture("WEBP"), emoji="🔥")},
    "document": {"document": Attachment(b"%PDF-1.4", name="Счёт №5.pdf"), "caption": "Счёт"},
}


async def test_every_kind_of_attachment(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(posts_per_minute=600)
    witness = await meet(office, by).enters()
    await witness.says("Раз").over()
    card = await office.card("Раз")
    await accept(office, card)
    for place, (kind, what) in enumerate(SAYS.items(), 2):
        await office.olga.says(office.group, reply_to=card, **what)
        await witness.until(lambda place=place: len(witness.shown) == place, kind)  # type: ignore[misc]
        message = witness.shown[-1]
        (attachment,) = message["attachments"]
        assert attachment["kind"] == kind and message["text"] == what.get("caption", "")
        response = await witness.loads(attachment)
        assert response.status == 200, kind
        data = response.data
        download = response.headers.get("Content-Disposition", "").startswith("attachment")
        assert download or kind != "document"
        if kind == "photo":
            assert data.startswith(b"\xff\xd8") and b"Secret" not in data
        if kind == "document":
            assert data == b"%PDF-1.4" and attachment["name"] == "Счёт №5.pdf"
    assert {message["attachments"][0]["kind"] for message in witness.shown[1:]} == KINDS
    for what in ({"location": (55.75, 37.61)}, {"contact": ("+79991234567", "Борис")}, {"dice": 4}):
        before = len(witness.shown)
        await office.olga.says(office.group, reply_to=card, **what)
        await witness.until(lambda before=before: len(witness.shown) > before)  # type: ignore[misc]
    assert "https://" in witness.texts[-3] and "+79991234567" in witness.texts[-2]


async def test_an_album_is_one_message_or_several_with_their_files(
    open_office: OpenOffice, meet: Meet, by: str
) -> None:
    office = await open_office(posts_per_minute=600)
    witness = await meet(office, by).enters()
    await witness.says("Раз").over()
    card = await office.card("Раз")
    await accept(office, card)
    await office.olga.album(office.group, [photo(), photo(), photo()], caption="Три", reply_to=card)

    def files() -> list[Frame]:
        return [attachment for message in witness.shown for attachment in message.get("attachments", [])]

    await witness.until(lambda: len(files()) == 3)
    assert {attachment["kind"] for attachment in files()} == {"photo"} and "Три" in witness.texts
    assert len({attachment["url"] for attachment in files()}) == 3


async def test_every_kind_of_span(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    words = {
        kind: kind if kind != "text_link" else "ссылка" for kind in sorted(STYLES)
    }  # their entities have the same names in Telegram
    text, entities = "👍🏽", []
    for kind, word in words.items():
        more = {"url": "https://example.ru/"} if kind == "text_link" else {}
        text += " "
        at = len(text.encode("utf-16-le")) // 2
        entities.append({"type": kind, "offset": at, "length": len(word), **more})
        text += word
    text += " https://example.com spoiler"
    entities.append({"type": "spoiler", "offset": len(text.encode("utf-16-le")) // 2 - 7, "length": 7})
    await answered(office, witness, "Раз", text, entities=entities)
    await witness.until(lambda: len(witness.texts) == 2)
    message = witness.shown[1]
    assert message["text"] == text
    units = text.encode("utf-16-le")
    found = {
        span["kind"]: units[span["offset"] * 2 : (span["offset"] + span["length"]) * 2].decode("utf-16-le")
        for span in message["spans"]
    }
    assert found == words


async def test_quotes_edits_and_what_is_taken_back(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    said = await answered(office, witness, "Какой цвет?", "Синий или красный")
    await witness.until(lambda: len(witness.shown) == 2)
    question, answer = witness.shown
    assert answer["name"] == "Ольга" and answer["from"] == "operator"
    # the visitor answers the operator's message
    await witness.says("Этот", reply_to=answer["id"]).over()
    await witness.until(lambda: witness.shown[-1].get("reply_to") == answer["id"])
    mirrored = await office.finds("Этот")
    assert mirrored["reply_to_message"]["message_id"] == said.id
    # the operator answers the visitor's, with a quote; the one that is answered is not the newest
    quoted = await office.olga.says(office.group, "Какой именно?", reply_to=mirrored, quote="Этот")
    await witness.until(lambda: witness.texts[-1] == "Какой именно?")
    assert witness.shown[-1].get("quote") == "Этот"
    assert witness.shown[-1]["reply_to"] == witness.shown[2]["id"]
    # an edit
    await office.reaction(quoted, "👀")
    await office.olga.edits(quoted, "Синий?")
    await witness.until(lambda: witness.texts[-1] == "Синий?")
    assert witness.shown[-1]["edited"] is True
    # taken back
    await office.olga.says(office.group, "/unsend", reply_to=quoted)
    await witness.until(lambda: witness.shown[-1].get("deleted"))
    assert len(witness.shown) == 4
    again = await meet(office, by, secret=witness.secret).enters()
    await again.until(lambda: again.shown == witness.shown)
    assert question["id"] < answer["id"]


async def test_an_answer_to_a_strangers_message_is_no_answer(office: Office, meet: Meet, by: str) -> None:
    anna, boris = await meet(office, by).enters(), await meet(office, by).enters()
    await anna.says("Тайна").over()
    await anna.until(lambda: anna.shown)
    for other in (anna.shown[0]["id"], 999, 0, 2**53 - 1):
        sent = await boris.says(f"Я {other}", reply_to=other).over()
        assert sent.stored, (other, sent)
    await boris.until(lambda: len(boris.shown) == 4)
    assert not any("reply_to" in message for message in boris.shown)


async def test_the_operators_face(open_office: OpenOffice, meet: Meet, tmp_path: Path, by: str) -> None:
    (tmp_path / "anna.png").write_bytes(picture("PNG"))
    more = f'[[operator]]\nid = 501\nname = "Анна Крылова"\navatar = "{tmp_path}/anna.png"'
    office = await open_office(more=more)
    witness = await meet(office, by).enters()
    await answered(office, witness, "Раз", "Два")
    await witness.until(lambda: len(witness.shown) == 2)
    assert witness.shown[1]["name"] == "Анна Крылова"
    async with office.http.get(witness.reaches(witness.shown[1]["avatar"])) as response:
        assert response.status == 200 and response.content_type.startswith("image/")


async def test_operators_without_a_name(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site='operators = "hidden"')
    witness = await meet(office, by).enters()
    await answered(office, witness, "Раз", "Два")
    await witness.until(lambda: len(witness.shown) == 2)
    assert not witness.shown[1].keys() & {"name", "avatar"}
