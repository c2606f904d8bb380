"""Files in the VKontakte emulator: three steps up, public addresses down. "§n": the fact sheet on VKontakte."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.emulators.common.clock import HandClock
from tests.emulators.vk import OGG_OPUS, Person, VkEmulator, doc, photo, picture, sticker, voice
from tests.emulators.vk.raw import Raw

ENGINE = b"MZ\x90\x00"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def vk(clock: HandClock) -> AsyncIterator[VkEmulator]:
    async with VkEmulator(clock=clock) as vk:
        vk.rules.rate_limit = None
        yield vk


@pytest.fixture
async def raw(vk: VkEmulator) -> AsyncIterator[Raw]:
    async with aiohttp.ClientSession() as session:
        yield Raw(vk, session)


@pytest.fixture
def ann(vk: VkEmulator) -> Person:
    person = vk.person("Ann Lee")
    person.write("Hello")
    return person


async def post(raw: Raw, url: str, data: bytes, name: str, field: str = "file") -> dict[str, Any]:
    form = aiohttp.FormData()
    form.add_field(field, data, filename=name)
    async with raw.session.post(url, data=form) as got:
        assert got.content_type == "text/html"  # JSON nevertheless
        return json.loads(await got.text())


async def photo_url(raw: Raw, ann: Person) -> str:
    return (await raw("photos.getMessagesUploadServer", peer_id=ann.id))["upload_url"]


async def doc_url(raw: Raw, ann: Person, kind: str = "doc") -> str:
    return (await raw("docs.getMessagesUploadServer", peer_id=ann.id, type=kind))["upload_url"]


async def get(raw: Raw, url: str, **how: Any) -> tuple[int, str, bytes]:
    async with raw.session.get(url, **how) as got:
        return got.status, got.content_type, await got.read()


async def test_a_photo_goes_up_in_three_steps(vk: VkEmulator, raw: Raw, ann: Person):
    data = picture("red")
    answer = await post(raw, await photo_url(raw, ann), data, "a.jpg", "photo")
    assert json.loads(answer["photo"])
    (saved,) = await raw("photos.saveMessagesPhoto", **answer)
    assert saved["owner_id"] == -vk.group.id
    name = f"photo{saved['owner_id']}_{saved['id']}_{saved['access_key']}"
    sent = await raw.send(ann, attachment=name)
    (heard,) = ann.heard
    assert (heard.attachments[0].kind, heard.attachments[0].bytes) == ("photo", data)
    assert await raw.refused("photos.saveMessagesPhoto", **answer) == 121  # only once
    cmid = sent["conversation_message_id"]
    await raw("messages.edit", peer_id=ann.id, cmid=cmid, message="Caption", attachment=name)
    assert heard.kinds == ["photo"]
    await raw("messages.edit", peer_id=ann.id, cmid=cmid, message="Caption")
    assert heard.kinds == []  # not named again: dropped


async def test_documents_and_voices_go_up(vk: VkEmulator, raw: Raw, ann: Person):
    answer = await post(raw, await doc_url(raw, ann), b"%PDF", "файл.pdf")
    saved = await raw("docs.save", file=answer["file"], title="Счёт.pdf")
    assert (saved["type"], saved["doc"]["title"], saved["doc"]["ext"]) == ("doc", "Счёт.pdf", "pdf")
    one = f"doc{saved['doc']['owner_id']}_{saved['doc']['id']}_{saved['doc']['access_key']}"
    answer = await post(raw, await doc_url(raw, ann, "audio_message"), OGG_OPUS, "voice.ogg")
    saved = await raw("docs.save", file=answer["file"])
    assert (saved["type"], saved["audio_message"]["duration"]) == ("audio_message", 4)
    two = f"doc{saved['audio_message']['owner_id']}_{saved['audio_message']['id']}"
    await raw.send(ann, "Both", attachment=f"{one},{two}")
    assert [(a.kind, a.bytes) for a in ann.heard[0].attachments] == [("doc", b"%PDF"), ("audio_message", OGG_OPUS)]
    await raw.send(ann, attachment=two.replace("doc", "audio_message"))
    assert ann.heard[1].kinds == ["audio_message"]


async def test_attachments_must_be_known_and_own(vk: VkEmulator, raw: Raw, ann: Person):
    answer = await post(raw, await photo_url(raw, ann), picture(), "a.jpg", "photo")
    (saved,) = await raw("photos.saveMessagesPhoto", **answer)
    good = f"photo{saved['owner_id']}_{saved['id']}"
    await raw.send(ann, attachment=good)
    customers = ann.write(attachments=["photo"]).attachments[0]
    wrong = [f"{good}_otherkey", "photo-1_2", customers.ref, "hello", good.replace("photo", "doc")]
    for name in [*wrong, ",".join([good] * 11)]:
        assert await raw.refused("messages.send", peer_id=ann.id, random_id=0, attachment=name) == 100, name
    other = vk.community("Other")
    assert (
        await raw.refused("messages.send", peer_id=ann.id, random_id=0, attachment=good, access_token=other.token)
    ) == 100


async def test_an_upload_address_is_for_one_use_and_not_for_long(
    vk: VkEmulator, raw: Raw, ann: Person, clock: HandClock
):
    url = await doc_url(raw, ann)
    assert "file" in await post(raw, url, b"x", "x.txt")
    assert "error" in await post(raw, url, b"x", "x.txt")
    url = await doc_url(raw, ann)
    clock.passed += vk.rules.upload_life + 1
    assert "error" in await post(raw, url, b"x", "x.txt")
    vk.faults.next("upload", 5)
    assert "error" in await post(raw, await doc_url(raw, ann), b"x", "x.txt")
    vk.faults.next("upload", "rejected")
    assert (await post(raw, await photo_url(raw, ann), picture(), "a.jpg", "photo"))["photo"] == "[]"


async def test_what_is_refused(vk: VkEmulator, raw: Raw, ann: Person):
    for data, name, field in ((b"x", "x.txt", "document"), (b"ID3", "song.mp3", "file"), (ENGINE, "a.exe", "file")):
        assert "error" in await post(raw, await doc_url(raw, ann), data, name, field), name
    assert "error" in await post(raw, await doc_url(raw, ann), b"", "empty.txt")
    assert "error" in await post(raw, await doc_url(raw, ann, "audio_message"), b"RIFF", "voice.ogg")
    assert "error" in await post(raw, await photo_url(raw, ann), picture(), "a.jpg", "document")
    for data, name in (
        (b"text", "a.jpg"),
        (picture(), "a.pdf"),
        (picture(size=(210, 10)), "narrow.jpg"),
        (picture(size=(14_000, 1000), kind="PNG"), "large.png"),
    ):
        answer = await post(raw, await photo_url(raw, ann), data, name, "photo")
        assert answer["photo"] == "[]", name
        assert await raw.refused("photos.saveMessagesPhoto", **answer) == 100
    vk.rules.doc_limit = vk.rules.photo_limit = 100
    assert "error" in await post(raw, await doc_url(raw, ann), bytes(101), "a.zip")
    assert "error" in await post(raw, await photo_url(raw, ann), picture(), "a.jpg", "photo")
    assert await raw.refused("docs.save", file="nonsense") == 105
    assert await raw.refused("docs.getMessagesUploadServer", type="film") == 100
    ann.deny()
    assert await raw.refused("photos.getMessagesUploadServer", peer_id=ann.id) == 901
    assert "upload_url" in await raw("photos.getMessagesUploadServer", peer_id=0)


# -- what customers send (§8)


async def shapes(raw: Raw, message: Any) -> list[dict[str, Any]]:
    found = await raw("messages.getById", message_ids=message.id)
    return [one[one["type"]] for one in found["items"][0]["attachments"]]


async def test_the_best_photo_is_the_original_or_the_largest(raw: Raw, ann: Person):
    data = picture("green", (900, 700))
    original, large = await shapes(raw, ann.write(attachments=[photo(data), photo(data, original=False)]))
    assert (await get(raw, original["orig_photo"]["url"]))[2] == data
    assert "orig_photo" not in large
    best = max(large["sizes"], key=lambda one: one["width"] * one["height"])
    assert (best["type"], (await get(raw, best["url"]))[2]) == ("w", data)


async def test_a_document_leads_to_the_cdn(raw: Raw, ann: Person, vk: VkEmulator):
    (shape,) = await shapes(raw, ann.write(attachments=[doc(b"%PDF", "a.pdf", title="Invoice")]))
    assert (shape["title"], shape["ext"], shape["size"], shape["type"]) == ("Invoice", "pdf", 4, 1)
    assert (await get(raw, shape["url"], allow_redirects=False))[0] == 302
    assert await get(raw, shape["url"]) == (200, "application/pdf", b"%PDF")
    assert vk.journal.downloads == ["a.pdf"]


async def test_voices_and_stickers_have_addresses(raw: Raw, ann: Person):
    (shape,) = await shapes(raw, ann.write(attachments=[voice(transcript="Hi")]))
    assert shape["transcript"] == "Hi"
    assert await get(raw, shape["link_ogg"]) == (200, "audio/ogg", OGG_OPUS)
    data = picture("pink", (512, 512), "PNG")
    (shape,) = await shapes(raw, ann.write(attachments=[sticker(5, data, animated=True)]))
    assert (await get(raw, shape["images"][-1]["url"]))[2] == data
    assert (await get(raw, shape["animation_url"]))[1] == "application/json"


async def test_addresses_die_and_a_look_up_gives_fresh_ones(
    vk: VkEmulator, raw: Raw, ann: Person, clock: HandClock
):
    message = ann.write(attachments=[photo(), doc()])
    picture_, paper = await shapes(raw, message)
    clock.passed += 24 * 3600 + 1
    assert (await get(raw, picture_["orig_photo"]["url"]))[0] == 404
    assert (await get(raw, paper["url"]))[:2] == (200, "text/html")
    picture_, paper = await shapes(raw, message)
    assert (await get(raw, picture_["orig_photo"]["url"]))[0] == 200
    vk.faults.next("file", "html502")
    assert (await get(raw, picture_["orig_photo"]["url"]))[0] == 502
    vk.faults.next("file", "cut_halfway")
    with pytest.raises(aiohttp.ClientError):
        await get(raw, picture_["orig_photo"]["url"])


async def test_tokens_do_not_belong_to_files(vk: VkEmulator, raw: Raw, ann: Person):
    (shape,) = await shapes(raw, ann.write(attachments=[photo()]))
    bearer = {"Authorization": f"Bearer {vk.token}"}
    assert (await get(raw, shape["orig_photo"]["url"], headers=bearer))[0] == 403
    assert len(vk.journal.leaks) == 1
