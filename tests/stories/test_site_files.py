"""Files between visitors and operators: both ways, through the group, and without the camera's notes."""

import secrets
from typing import Any

from tests.conftest import OpenOffice
from tests.office import Office
from tests.site_client import SiteClient
from tests.some_files import photo
from tests.stories.scenes import accept, quiet


async def uploads(office: Office, visitor: SiteClient, data: bytes, name: str) -> dict[str, Any]:
    """Upload a file; what the server says of it."""
    welcome = next(frame for frame in reversed(visitor.frames) if frame["type"] == "welcome")
    headers = {
        "Origin": "https://shop.example.ru",
        "Authorization": f"Bearer {welcome['upload']['token']}",
        "X-File-Name": name,
    }
    url = f"{office.site_url}/site/shop/upload"
    async with office.http.post(url, data=data, headers=headers) as response:
        assert response.status == 201, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def sends(visitor: SiteClient, *files: dict[str, Any], text: str = "") -> dict[str, Any]:
    """Send what was uploaded; the message as the visitor sees it."""
    id = secrets.token_urlsafe(12)
    await visitor.send("message", id=id, text=text, files=[file["file"] for file in files])
    while True:
        for message in visitor.messages.values():
            if message.get("client_id") == id:
                return message
        await visitor.next()


async def loads(office: Office, visitor: SiteClient, message: dict[str, Any]) -> bytes:
    """What a visitor's browser gets from an attachment's address."""
    (attachment,) = message["attachments"]
    path = attachment["url"].partition("/media/")[2]
    async with office.http.get(f"{office.site_url}/media/{path}") as response:
        assert response.status == 200, await response.text()
        return await response.read()


async def test_a_visitors_photo_is_on_the_desk_without_its_place(office: Office) -> None:
    visitor = await office.visitor()
    message = await sends(visitor, await uploads(office, visitor, photo(), "IMG_1.jpg"), text="Вот такой")
    await office.card("Вот такой")
    seen = await office.until(lambda: next((m for m in office.group.messages() if m.get("photo")), None))
    assert b"Secret" not in seen.file_bytes and seen.file_bytes.startswith(b"\xff\xd8")
    assert message["attachments"][0]["kind"] == "photo"
    assert await loads(office, visitor, message) == seen.file_bytes


async def test_words_and_their_photo_are_one_post(office: Office) -> None:
    visitor = await office.visitor()
    message = await sends(visitor, await uploads(office, visitor, photo(), "1.jpg"), text="Вот такой")
    assert message["text"] == "Вот такой"
    seen = await office.until(lambda: next((m for m in office.group.messages() if m.get("photo")), None))
    assert "Вот такой" in seen["caption"]
    await quiet(office)
    assert [m.id for m in office.group.messages(by=office.bot) if m.id > seen.id] == []


async def test_a_visitors_document_is_on_the_desk_under_its_name(office: Office) -> None:
    visitor = await office.visitor()
    page = b"<!doctype html><script>alert(1)</script>"
    await sends(visitor, await uploads(office, visitor, page, "a.html"))
    seen = await office.until(lambda: next((m for m in office.group.messages() if m.get("document")), None))
    assert seen["document"]["file_name"] == "a.html" and seen.file_bytes == page


async def test_an_operators_photo_reaches_the_visitor_without_its_place(office: Office) -> None:
    visitor = await office.visitor()
    await visitor.say("Покажите чайник")
    card = await office.card("Покажите чайник")
    await accept(office, card)
    said = await office.olga.says(office.group, photo=photo(), caption="Вот", reply_to=card)
    await visitor.until_texts("Покажите чайник", "Вот")
    answer = visitor.messages[max(visitor.messages)]
    data = await loads(office, visitor, answer)
    assert data.startswith(b"\xff\xd8") and b"Secret" not in data
    await office.reaction(said, "👌")


async def test_a_file_is_still_there_after_a_restart(open_office: OpenOffice) -> None:
    office = await open_office()
    visitor = await office.visitor()
    message = await sends(visitor, await uploads(office, visitor, b"%PDF-1.7 bill", "bill.pdf"), text="Счёт")
    await office.card("Счёт")
    await office.stop()
    await office.start()
    assert await loads(office, visitor, message) == b"%PDF-1.7 bill"
