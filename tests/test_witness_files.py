"""docs/widget-protocol.md, section by section: Files and Identity, by a client that knows only the page."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import OpenOffice
from tests.emulators.telegram import Attachment
from tests.office import Office
from tests.some_files import photo, picture
from tests.stories.scenes import quiet
from tests.witness import SHOP, UploadRefused, Witness, signed
from tests.witness_office import FORM, KEY, WAYS, Bare, Meet, answered, meetings
from tests.witness_tables import (
    Frame,
)


@pytest.fixture
async def meet() -> AsyncIterator[Meet]:
    async with meetings() as meet:
        yield meet


@pytest.fixture(params=WAYS)
def by(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# Files


async def test_a_file_goes_to_operators(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    sent = await witness.says("Вот", files=[("чек.pdf", b"%PDF-1.7 bill"), ("фото.jpg", photo())]).over()
    assert sent.ack
    await witness.until(lambda: witness.shown)
    document, image = witness.shown[0]["attachments"]
    assert document["kind"] == "document" and document["name"] == "чек.pdf" and document["size"] == 13
    assert document["mime"] == "application/pdf" and image["kind"] == "photo" and image["width"] == 60
    assert (await witness.loads(document)).data == b"%PDF-1.7 bill"
    seen = await office.until(lambda: next((m for m in office.group.messages() if m.get("document")), None))
    assert seen["document"]["file_name"] == "чек.pdf"
    assert (await witness.says(files=[("a.txt", b"only a file")]).over()).stored


async def test_what_an_upload_is_answered(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    assert (await witness.uploads("a.jpg", photo(orientation=6))) | {"file": "", "size": 0} == {
        "file": "",
        "kind": "photo",
        "name": "a.jpg",
        "mime": "image/jpeg",
        "size": 0,
        "width": 40,
        "height": 60,
    }
    assert (await witness.uploads("../../etc/x<>.png", picture("PNG")))["kind"] == "photo"
    assert (await witness.uploads("", b"text"))["kind"] == "document"


async def test_a_file_is_good_once_and_for_its_visitor(office: Office, meet: Meet, by: str) -> None:
    anna, boris = await meet(office, by).enters(), await meet(office, by).enters()
    file = (await anna.uploads("a.txt", b"text"))["file"]
    for witness, files in ((boris, [file]), (anna, ["nosuch"])):
        sent = witness.says("Вот")
        sent.uploaded = files
        assert (await sent.over()).refused == "file-gone", files
    good, again = anna.says("Вот", id="m-11111111"), anna.says("Ещё")
    good.uploaded = again.uploaded = [file]
    assert (await good.over()).stored and (await again.over()).refused == "file-gone"
    repeated = anna.says("Вот", id="m-11111111")
    repeated.uploaded = [file]
    assert (await repeated.over()).ack == good.ack  # the same message once more
    many = anna.says("Много")
    many.uploaded = [f"file{n}" for n in range(11)]
    assert (await many.over()).refused == "too-many-files"
    ten = await anna.says("", files=[(f"{n}.txt", b"text") for n in range(10)]).over()
    assert ten.stored


async def test_a_file_in_one_message_twice(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    file = (await witness.uploads("a.txt", b"text"))["file"]
    sent = witness.says("Вот")
    sent.uploaded = [file, file]
    await sent.over()
    assert sent.stored or sent.refused == "file-gone"
    if sent.ack:
        await witness.until(lambda: witness.shown)
        assert len(witness.shown[0]["attachments"]) == 1


async def test_a_file_is_good_for_a_day(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    file = (await witness.uploads("a.txt", b"text"))["file"]
    office.clock.passes(25 * 3600)
    await quiet(office)
    sent = witness.says("Вот", files=[])
    sent.uploaded = [file]
    assert (await sent.over()).refused == "file-gone"


async def refused(witness: Witness, data: bytes, **how: Any) -> UploadRefused:
    with pytest.raises(UploadRefused) as caught:
        await witness.uploads("a.bin", data, **how)
    return caught.value


async def test_uploads_that_are_refused(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site="file_limit = 1\nuploads_per_day = 2")
    witness = await meet(office, by, language="en").enters()
    assert witness.welcome["upload"]["file_limit"] == 1024 * 1024
    assert (await refused(witness, b"")).code == "empty"
    assert (await refused(witness, b"x", token="nonsense")).code == "bad-token"
    assert (await refused(witness, b"x", token="")).code == "bad-token"
    big = await refused(witness, bytes(1024 * 1024 + 1))
    assert big.code == "too-big" and re.search("[a-z]", big.message)
    for _ in range(2):
        await witness.uploads("a.bin", bytes(1024 * 1024))
    full = await refused(witness, bytes(1024 * 1024))
    assert full.code == "flood" and full.retry_after and 60 < full.retry_after <= 86400
    async with office.http.post(
        f"{office.site_url}/site/shop/upload",
        data=b"x",
        headers={"Origin": "https://evil.example", "Authorization": f"Bearer {witness.welcome['upload']['token']}"},
    ) as response:
        assert response.status == 403 and (await response.json())["error"] == "bad-origin"


async def test_the_token_lives_an_hour_and_over_a_reconnect(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    token = witness.welcome["upload"]["token"]
    await witness.close()
    again = await meet(office, by, secret=witness.secret).enters()
    await again.uploads("a.txt", b"text", token=token)
    before = again.welcome["upload"]["token"]
    office.clock.passes(3700)
    assert (await refused(again, b"text", token=token)).code == "bad-token"
    await again.until(lambda: again.welcome["upload"]["token"] != before)
    sent = await again.says("Вот", files=[("a.txt", b"text")]).over()
    assert sent.ack


async def test_a_client_with_an_old_token_comes_back_for_a_new_one(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by).enters()
    witness.welcome["upload"]["token"] = "old"
    sent = await witness.says("Вот", files=[("a.txt", b"text")]).over()
    assert sent.stored and sent.refusals == ["bad-token"] and witness.stopped == ""


async def test_a_browser_asks_before_it_uploads(office: Office) -> None:
    headers = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-file-name",
    }
    async with office.http.options(f"{office.site_url}/site/shop/upload", headers=headers) as response:
        assert response.status in (200, 204)
        assert response.headers["Access-Control-Allow-Origin"] == SHOP
        allowed = response.headers["Access-Control-Allow-Headers"].lower()
        assert "authorization" in allowed and "x-file-name" in allowed
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
    evil = {**headers, "Origin": "https://evil.example"}
    async with office.http.options(f"{office.site_url}/site/shop/upload", headers=evil) as response:
        assert response.headers.get("Access-Control-Allow-Origin") not in ("*", "https://evil.example")


async def slow_body(started: asyncio.Event, gate: asyncio.Event) -> AsyncIterator[bytes]:
    yield b"begin"
    started.set()
    await gate.wait()
    yield b"end"


async def test_four_uploads_at_once_and_one_that_stands_still(office: Office, meet: Meet) -> None:
    witness = await meet(office).enters()
    gate = asyncio.Event()
    headers = {"Origin": SHOP, "Authorization": f"Bearer {witness.welcome['upload']['token']}", "X-File-Name": "a"}
    begun = [asyncio.Event() for _ in range(4)]

    async def upload(started: asyncio.Event) -> tuple[int, Frame]:
        url = f"{office.site_url}/site/shop/upload"
        async with office.http.post(url, data=slow_body(started, gate), headers=headers) as response:
            return response.status, await response.json()

    office.clock.speed = 1.0
    running = [asyncio.create_task(upload(started)) for started in begun]
    for started in begun:
        await started.wait()
    await asyncio.sleep(0.2)
    assert (await refused(witness, b"fifth")).code == "flood"
    office.clock.passes(31)
    answers = await asyncio.gather(*running)
    gate.set()
    assert [(status, body["error"]) for status, body in answers] == [(408, "late")] * 4


async def test_a_disk_that_takes_nothing(office: Office, meet: Meet) -> None:
    witness = await meet(office).enters()
    media = office.folder / "media"
    if media.exists():
        media.rename(office.folder / "elsewhere")
    media.write_text("a file where the folder was")
    error = await refused(witness, b"text")
    assert error.code == "try-later" and error.retry_after


async def test_addresses_that_do_not_work(office: Office, meet: Meet) -> None:
    witness = await meet(office).enters()
    await witness.says("Вот", files=[("a.txt", b"text")]).over()
    await witness.until(lambda: witness.shown)
    (attachment,) = witness.shown[0]["attachments"]
    url = attachment["url"]
    assert (await witness.loads(attachment)).status == 200
    start, token, name = re.fullmatch(r"(.*/media/)([^/]+)/(.+)", url).groups()  # type: ignore[union-attr]
    other = "A" if token[-2] != "A" else "B"  # not the last sign: some of its bits say nothing
    assert (await witness.loads({"url": f"{start}{token[:-2]}{other}{token[-1]}/{name}"})).status == 403
    assert (await witness.loads({"url": f"{start}nonsense/{name}"})).status == 403
    office.clock.passes(30 * 86400)
    assert (await witness.loads(attachment)).status == 410


async def test_an_address_of_what_was_taken_back(office: Office, meet: Meet) -> None:
    witness = await meet(office).enters()
    said = await answered(office, witness, "Раз", None, photo=photo(), caption="Вот")
    await witness.until(lambda: len(witness.shown) == 2)
    (attachment,) = witness.shown[1]["attachments"]
    assert (await witness.loads(attachment)).status == 200
    await office.olga.says(office.group, "/unsend", reply_to=said)
    await witness.until(lambda: witness.shown[1].get("deleted"))
    assert (await witness.loads(attachment)).status == 404


async def test_a_file_that_telegram_does_not_give_now(office: Office, meet: Meet) -> None:
    witness = await meet(office).enters()
    await answered(office, witness, "Раз", None, document=Attachment(b"text", name="a.txt"))
    await witness.until(lambda: len(witness.shown) == 2)
    office.clock.passes(31 * 86400)  # the copy here has gone by then
    await asyncio.sleep(0.5)
    await witness.close()
    witness = await meet(office, secret=witness.secret).enters()
    await witness.until(lambda: len(witness.shown) == 2)
    office.telegram.down = True
    response = await witness.loads(witness.shown[1]["attachments"][0])
    assert response.status == 503 and int(response.headers["Retry-After"]) > 0
    office.telegram.down = False


async def test_a_channel_without_files(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site="file_limit = 0")
    witness = await meet(office, by).enters()
    assert "upload" not in witness.welcome


# Identity


def claims(office: Office, **more: Any) -> dict[str, Any]:
    return {"sub": "anna-7", "exp": int(office.clock.now().timestamp()) + 3600, "name": "Анна Крылова", **more}


@pytest.fixture
async def known(open_office: OpenOffice) -> Office:
    return await open_office(site=f'identity_secret = "{KEY}"', posts_per_minute=600)


@pytest.mark.parametrize("jwt", [False, True])
async def test_who_is_signed_is_known_on_every_device(known: Office, meet: Meet, by: str, jwt: bool) -> None:
    contacts = {"email": "anna@example.ru", "phone": "+79001234567"}
    first = await meet(known, by, identity=signed(KEY, jwt=jwt, **claims(known, **contacts))).enters()
    assert first.welcome["identified"] is True and first.errors == []
    await first.says("С телефона").over()
    card = await known.card("С телефона")
    assert "Анна Крылова" in card.text and "anna@example.ru" in card.text
    second = await meet(known, by, identity=signed(KEY, jwt=not jwt, **claims(known))).enters()
    await second.until(lambda: second.texts == ["С телефона"])
    await second.says("С ноутбука").over()
    await first.until(lambda: first.texts == ["С телефона", "С ноутбука"])


async def test_a_guest_becomes_a_person(known: Office, meet: Meet, by: str) -> None:
    guest = await meet(known, by).enters()
    await guest.says("Ещё гость").over()
    identity = signed(KEY, **claims(known, sub=77))
    person = await meet(known, by, secret=guest.secret, identity=identity).enters()
    await person.until(lambda: person.texts == ["Ещё гость"])
    await guest.until(lambda: guest.closes)
    assert guest.closes == [1001]
    await guest.until(lambda: guest._open)
    assert guest.welcome["reset"] is True and guest.welcome["history"] is False and guest.texts == []
    elsewhere = await meet(known, by, identity=identity).enters()
    await elsewhere.until(lambda: elsewhere.texts == ["Ещё гость"])


async def test_identities_that_are_none(known: Office, by: str) -> None:
    now = int(known.clock.now().timestamp())
    none = {
        "nonsense": "nonsense",
        "other key": signed("f" * 32, **claims(known)),
        "other key, jwt": signed("f" * 32, jwt=True, **claims(known)),
        "old": signed(KEY, **claims(known, exp=now - 3600)),
        "old jwt": signed(KEY, jwt=True, **claims(known, exp=now - 3600)),
        "too far": signed(KEY, **claims(known, exp=now + 31 * 86400)),
        "too far, jwt": signed(KEY, jwt=True, **claims(known, exp=now + 31 * 86400)),
        "no exp": signed(KEY, sub="anna-7"),
        "no sub": signed(KEY, exp=now + 3600),
        "empty sub": signed(KEY, **claims(known, sub="")),
        "long sub": signed(KEY, **claims(known, sub="x" * 129)),
        "bool sub": signed(KEY, **claims(known, sub=True)),
        "null sub": signed(KEY, **claims(known, sub=None)),
        "upper-case": ".".join(
            part.upper() if place else part for place, part in enumerate(signed(KEY, **claims(known)).split("."))
        ),
        "alg none": "eyJhbGciOiJub25lIn0." + signed(KEY, **claims(known)).split(".")[0] + ".",
    }
    for what, identity in none.items():
        known.clock.passes(30)
        bare = await Bare(known, by).says_hello(identity=identity)
        first, second = await bare.next(), await bare.next()
        assert first and first.get("code") == "bad-identity", (what, first)
        assert second and second["type"] == "welcome" and "identified" not in second, what
        await bare.wire.close()


async def test_the_longest_good_identity(known: Office, meet: Meet, by: str) -> None:
    now = int(known.clock.now().timestamp())
    for jwt in (False, True):
        identity = signed(KEY, jwt=jwt, sub="x" * 128, exp=now + 30 * 86400 - 60)
        witness = await meet(known, by, identity=identity).enters()
        assert witness.welcome.get("identified") is True, jwt


async def test_an_identity_where_none_is_taken(office: Office, meet: Meet, by: str) -> None:
    witness = await meet(office, by, identity=signed(KEY, **claims(office))).enters()
    assert [error["code"] for error in witness.errors] == ["bad-identity"]
    assert "identified" not in witness.welcome


async def test_whom_the_company_knows_is_not_asked(open_office: OpenOffice, meet: Meet, by: str) -> None:
    office = await open_office(site=f'identity_secret = "{KEY}"\n{FORM}')
    identity = signed(KEY, **claims(office, email="anna@example.ru"))
    witness = await meet(office, by, identity=identity).enters()
    assert [asked["name"] for asked in witness.welcome["form"]["ask"]] == ["phone"]
    await witness.fills_in(consent=True)
    await witness.until(lambda: witness.contact_taken)
    assert (await witness.says("Раз").over()).stored
