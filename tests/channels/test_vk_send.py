"""Answers to customers of VKontakte: every kind of thing, changed, taken back, and every way of failing."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge.channels.vk.abilities import ABILITIES, REFUSED_TYPES
from bridge.channels.vk.compose import trimmed
from bridge.media import convert
from bridge.model import (
    Attachment,
    ChannelDown,
    Content,
    Delivery,
    Direction,
    ExternalId,
    File,
    Kind,
    MessageId,
    Outgoing,
    Refused,
    Sent,
    Span,
    Text,
    TryLater,
    Why,
)
from bridge.pieces import pieces
from tests.channels.vk_house import RU, House, OpenHouse
from tests.emulators.vk import OGG_OPUS, Person, VkEmulator
from tests.some_files import mp3, mp4, picture, webp


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house()


@pytest.fixture
async def ann(house: House, vk: VkEmulator) -> Person:
    """Somebody who has written."""
    person = vk.person()
    person.write("раз")
    await house.received(person)
    return person


def words(plain: str, *spans: Span) -> Content:
    return Content(text=Text(plain, spans))


class TestWords:
    async def test_words_with_formatting(self, house: House, ann: Person):
        spans = (
            Span(kind="bold", offset=3, length=5),
            Span(kind="spoiler", offset=3, length=5),
            Span(kind="text_link", offset=9, length=3, url="https://x.y"),
        )
        id = await house.answers(ann, Text("🐱 слово там", spans))
        assert (await house.settled(id)).delivery is Delivery.SENT
        (heard,) = ann.heard
        assert heard.text == "🐱 слово там"
        assert heard.format_data == {
            "version": "1",
            "items": [
                {"type": "bold", "offset": 3, "length": 5},
                {"type": "url", "offset": 9, "length": 3, "url": "https://x.y"},
            ],
        }
        assert heard.keyboard is None
        assert heard.links_parsed

    def test_white_space_around_moves_the_formatting(self):
        text = Text("\n  да нет ", (Span(kind="bold", offset=3, length=2), Span(kind="italic", offset=0, length=2)))
        assert trimmed(text) == Text("да нет", (Span(kind="bold", offset=0, length=2),))

    async def test_a_long_text_is_split_and_each_part_has_its_own_number(self, house: House, ann: Person):
        id = await house.answers(ann, "слово " * 1500)
        assert (await house.settled(id)).delivery is Delivery.SENT
        assert len(ann.texts) == 3
        assert " ".join(ann.texts).split() == ["слово"] * 1500
        assert len({message.random_id for message in ann.heard}) == 3

    async def test_a_quote(self, house: House, ann: Person):
        (message,) = await house.messages(ann, Direction.IN)
        await house.settled(await house.answers(ann, "да", reply_to=message.id))
        assert ann.heard[0].quoted is ann.dialog().messages[0]

    async def test_a_quote_of_what_is_gone_is_left_out(self, house: House, ann: Person):
        (message,) = await house.messages(ann, Direction.IN)
        ann.delete(ann.dialog().messages[0])
        await house.settled(await house.answers(ann, "да", reply_to=message.id))
        assert ann.texts == ["да"]
        assert ann.heard[0].quoted is None

    async def test_answers_keep_their_order_whatever_happens(self, house: House, vk: VkEmulator, ann: Person):
        vk.faults.next("messages.send", 10, skip=2, times=2)
        vk.faults.next("messages.send", 6, skip=4, times=1)
        vk.faults.next("messages.send", "cut_after", skip=6, times=1)
        ids = [await house.answers(ann, str(number)) for number in range(10)]
        await house.settled(ids[-1])
        assert ann.texts == [str(number) for number in range(10)]


class TestFiles:
    async def test_a_photo_with_words(self, house: House, vk: VkEmulator, ann: Person):
        await house.settled(await house.answers(ann, "вот", await house.file(picture(), Kind.PHOTO, "a.jpg")))
        (heard,) = ann.heard
        assert (heard.text, heard.kinds) == ("вот", ["photo"])
        assert vk.journal.uploads[0].field == "photo"
        assert vk.journal.leaks == []

    async def test_a_photo_of_another_type_becomes_png(self, house: House, ann: Person):
        await house.settled(await house.answers(ann, "", await house.file(webp(), Kind.PHOTO, "a.webp")))
        assert ann.heard[0].kinds == ["photo"]
        assert Image.open(io.BytesIO(ann.heard[0].attachments[0].bytes)).format == "PNG"

    @pytest.mark.parametrize("size", [(2100, 100), (13_000, 1_100)])
    async def test_a_photo_of_a_shape_that_vk_refuses_goes_as_a_file(
        self, house: House, vk: VkEmulator, ann: Person, size: tuple[int, int]
    ):
        wide = picture("PNG", Image.new("1", size))
        await house.settled(await house.answers(ann, "", await house.file(wide, Kind.PHOTO, "wide.png")))
        assert ann.heard[0].kinds == ["doc"]
        assert [upload.kind for upload in vk.journal.uploads] == ["doc"]

    async def test_a_photo_that_vk_takes_for_none_goes_as_a_file(self, house: House, vk: VkEmulator, ann: Person):
        vk.faults.next("upload", "rejected")
        await house.settled(await house.answers(ann, "", await house.file(picture(), Kind.PHOTO, "a.jpg")))
        assert ann.heard[0].kinds == ["doc"]

    async def test_an_album_is_one_message(self, house: House, ann: Person):
        things = [await house.file(picture(quality=q), Kind.PHOTO, f"{q}.jpg") for q in (10, 50, 90)]
        things.append(await house.file(mp4(b"isom", b"vide"), Kind.VIDEO, "v.mp4"))
        things.append(await house.file(b"%PDF-1.4", Kind.DOCUMENT, "Счёт.pdf"))
        id = await house.answers(ann, "всё", *things)
        await house.settled(id)
        (heard,) = ann.heard
        assert heard.kinds == ["photo"] * 3 + ["doc"] * 2
        assert [one.name for one in heard.attachments][3:] == ["v.mp4", "Счёт.pdf"]
        assert await house.store.read(lambda tx: list(tx.external_ids(id))) == [f"{ann.id}:{heard.cmid}"]

    async def test_more_than_ten_are_two_messages(self, house: House, ann: Person):
        one = await house.file(picture(), Kind.PHOTO, "a.jpg")
        await house.settled(await house.answers(ann, "", *[one] * 13))
        assert [len(message.kinds) for message in ann.heard] == [10, 3]

    async def test_captions_are_joined_in_their_order(self, house: House, ann: Person):
        one = await house.file(picture(), Kind.PHOTO, "a.jpg", caption=Text("раз"))
        two = await house.file(
            picture(), Kind.PHOTO, "b.jpg", caption=Text("два", (Span(kind="bold", offset=0, length=3),))
        )
        await house.settled(await house.answers(ann, "", one, two))
        (heard,) = ann.heard
        assert heard.text == "раз\nдва"
        assert heard.format_data
        assert heard.format_data["items"] == [{"type": "bold", "offset": 4, "length": 3}]

    async def test_captions_that_are_too_much_go_on_behind(self, house: House, ann: Person):
        long = "слово " * 600
        things = [await house.file(picture(), Kind.PHOTO, f"{n}.jpg", caption=Text(long)) for n in range(2)]
        id = await house.answers(ann, "", *things)
        assert (await house.settled(id)).delivery is Delivery.SENT
        assert [message.kinds for message in ann.heard] == [["photo", "photo"], []]
        assert " ".join(ann.texts).split() == ["слово"] * 1200
        assert len(await house.store.read(lambda tx: list(tx.external_ids(id)))) == 2

    async def test_the_same_file_is_uploaded_once(self, house: House, vk: VkEmulator, ann: Person):
        one = await house.file(picture(), Kind.PHOTO, "a.jpg")
        vk.faults.next("messages.send", "cut_before", times=2)
        await house.settled(await house.answers(ann, "", one))
        assert len(vk.journal.uploads) == 1

    async def test_one_that_vk_forgot_is_uploaded_again(self, house: House, vk: VkEmulator, ann: Person):
        one = await house.file(picture(), Kind.PHOTO, "a.jpg")
        await house.settled(await house.answers(ann, "", one))
        vk.faults.next("messages.send", 1150)
        assert (await house.settled(await house.answers(ann, "", one))).delivery is Delivery.SENT
        assert len(vk.journal.uploads) == 2

    async def test_a_file_without_an_ending_gets_one(self, house: House, vk: VkEmulator, ann: Person):
        await house.settled(await house.answers(ann, "", await house.file(b"something", Kind.DOCUMENT, "README")))
        assert ann.heard[0].attachments[0].name == "README.bin"

    @pytest.mark.parametrize("ending", sorted(REFUSED_TYPES))
    async def test_what_vk_refuses_by_name_is_refused_before(
        self, house: House, vk: VkEmulator, ann: Person, ending: str
    ):
        file = await house.file(b"something", Kind.DOCUMENT, f"a.{ending.upper()}")
        found = await house.settled(await house.answers(ann, "", file))
        assert (found.failure, found.failure_limit) == (Why.FILE_TYPE, f".{ending}")
        assert vk.journal.uploads == []

    async def test_music_whose_name_does_not_tell_is_known_by_its_content(
        self, house: House, vk: VkEmulator, ann: Person
    ):
        file = await house.file(mp3(), Kind.AUDIO)
        found = await house.settled(await house.answers(ann, "", file))
        assert (found.failure, found.failure_limit) == (Why.FILE_TYPE, ".mp3")
        assert vk.journal.uploads == []

    def test_what_is_too_big_is_refused_with_the_limit(self):
        media = ExternalId("x")
        for kind, limit in ((Kind.PHOTO, "50 МБ"), (Kind.DOCUMENT, "200 МБ")):
            one = Attachment(kind=kind, file=File(origin="media", ref=media), size=201 * 1024 * 1024)
            found = pieces(Content(attachments=(one,)), ABILITIES, RU)
            assert isinstance(found, Refused)
            assert (found.why, found.limit.replace("\xa0", " ")) == (Why.TOO_BIG, limit)


class TestVoice:
    async def test_ogg_is_voice(self, house: House, vk: VkEmulator, ann: Person):
        await house.settled(await house.answers(ann, "", await house.file(OGG_OPUS, Kind.VOICE, "v.ogg")))
        assert ann.heard[0].kinds == ["audio_message"]
        assert vk.journal.uploads[0].field == "file"

    async def test_something_else_is_made_voice(
        self, house: House, ann: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        async def made(path: Path, folder: Path | None = None) -> Path:
            voice = tmp_path / "made.ogg"
            voice.write_bytes(OGG_OPUS)
            return voice

        monkeypatch.setattr(convert, "voice_ogg", made)
        await house.settled(
            await house.answers(ann, "", await house.file(mp4(b"M4A ", b"soun"), Kind.VOICE, "v.m4a"))
        )
        assert ann.heard[0].kinds == ["audio_message"]
        assert not (tmp_path / "made.ogg").exists()

    async def test_or_goes_as_a_file(self, house: House, ann: Person, monkeypatch: pytest.MonkeyPatch):
        async def none(path: Path, folder: Path | None = None) -> None:
            return None

        monkeypatch.setattr(convert, "voice_ogg", none)
        await house.settled(
            await house.answers(ann, "", await house.file(mp4(b"M4A ", b"soun"), Kind.VOICE, "v.m4a"))
        )
        assert ann.heard[0].kinds == ["doc"]
        assert ann.heard[0].attachments[0].name == "v.m4a"


class TestOtherKinds:
    @pytest.mark.parametrize("kind", ["WEBP", "PNG"])
    async def test_a_sticker_is_a_graffiti(self, house: House, ann: Person, kind: str):
        sticker = await house.file(picture(kind), Kind.STICKER, f"s.{kind.lower()}", data={"emoji": "🐱"})
        await house.settled(await house.answers(ann, "", sticker))
        assert ann.heard[0].kinds == ["graffiti"]

    async def test_or_a_photo(self, house: House, vk: VkEmulator, ann: Person):
        vk.faults.next("upload", 1, times=3)
        sticker = await house.file(picture("WEBP"), Kind.STICKER, "s.webp")
        await house.settled(await house.answers(ann, "", sticker))
        assert ann.heard[0].kinds == ["photo"]

    async def test_one_that_moves_is_its_emoji(self, house: House, ann: Person):
        sticker = await house.file(b"\x1f\x8b\x08tgs", Kind.STICKER, "s.tgs", data={"emoji": "🐱"})
        await house.settled(await house.answers(ann, "", sticker))
        assert (ann.texts, ann.heard[0].kinds) == (["🐱"], [])

    @pytest.mark.parametrize("kind", [Kind.VIDEO, Kind.ANIMATION, Kind.VIDEO_NOTE])
    async def test_what_moves_is_a_file(self, house: House, ann: Person, kind: Kind):
        await house.settled(await house.answers(ann, "", await house.file(mp4(b"isom", b"vide"), kind, "v.mp4")))
        assert ann.heard[0].kinds == ["doc"]

    async def test_a_place(self, house: House, ann: Person):
        place = Attachment(kind=Kind.LOCATION, data={"latitude": 59.9, "longitude": 30.3})
        await house.settled(await house.answers(ann, "здесь", place))
        (heard,) = ann.heard
        assert heard.geo
        assert heard.geo["coordinates"] == {"latitude": 59.9, "longitude": 30.3}
        assert heard.text == "здесь"

    async def test_a_venue_has_its_name_besides(self, house: House, ann: Person):
        data = {"latitude": 59.9, "longitude": 30.3, "title": "Лавка", "address": "Невский, 1"}
        await house.settled(await house.answers(ann, "", Attachment(kind=Kind.VENUE, data=data)))
        (heard,) = ann.heard
        assert heard.geo
        assert heard.text == "Лавка\nНевский, 1"

    async def test_a_contact_is_words(self, house: House, ann: Person):
        data = {"phone": "+7 900", "first_name": "Ольга", "last_name": ""}
        await house.settled(await house.answers(ann, "", Attachment(kind=Kind.CONTACT, data=data)))
        assert ann.texts == ["Ольга +7 900"]


class TestUploadsThatFail:
    @pytest.mark.parametrize(
        ("where", "fault"),
        [
            ("docs.save", 105),
            ("docs.save", 22),
            ("upload", 7),
            ("upload", "html502"),
            ("upload", "cut_halfway"),
            ("docs.getMessagesUploadServer", 6),
        ],
    )
    async def test_it_is_done_anew(self, house: House, vk: VkEmulator, ann: Person, where: str, fault: Any):
        vk.faults.next(where, fault, times=2)
        id = await house.answers(ann, "", await house.file(b"%PDF-1.4", Kind.DOCUMENT, "a.pdf"))
        assert (await house.settled(id)).delivery is Delivery.SENT
        assert ann.heard[0].kinds == ["doc"]

    @pytest.mark.parametrize("code", [114, 118, 121, 122, 129])
    async def test_photos_too(self, house: House, vk: VkEmulator, ann: Person, code: int):
        vk.faults.next("photos.saveMessagesPhoto", code, times=2)
        id = await house.answers(ann, "", await house.file(picture(), Kind.PHOTO, "a.jpg"))
        assert (await house.settled(id)).delivery is Delivery.SENT
        assert ann.heard[0].kinds == ["photo"]

    async def test_in_the_end_the_operator_is_told(self, house: House, vk: VkEmulator, ann: Person):
        vk.faults.next("docs.save", 105, times=99)
        id = await house.answers(ann, "", await house.file(b"%PDF-1.4", Kind.DOCUMENT, "a.pdf"))
        assert (await house.settled(id)).failure is Why.REJECTED

    async def test_or_it_goes_as_an_address_of_ours(self, vk: VkEmulator, open_house: OpenHouse):
        house = await open_house(files_by_link=True)
        ann = vk.person()
        ann.write("раз")
        vk.faults.next("docs.save", 105, times=99)
        id = await house.answers(ann, "вот", await house.file(b"%PDF-1.4", Kind.DOCUMENT, "a.pdf"))
        assert (await house.settled(id)).delivery is Delivery.SENT
        assert ann.texts[0].startswith(f"вот\n📎 a.pdf: {house.url}/media/")

    async def test_who_blocked_us_is_known_at_the_first_step(self, house: House, vk: VkEmulator, ann: Person):
        ann.dialog().allowed = False
        id = await house.answers(ann, "", await house.file(picture(), Kind.PHOTO, "a.jpg"))
        assert (await house.settled(id)).failure is Why.BLOCKED
        customer = await house.customer(ann)
        assert customer
        assert customer.blocked

    async def test_a_file_that_is_gone(self, house: House, ann: Person):
        file = await house.file(picture(), Kind.PHOTO, "a.jpg")
        for path in (house.folder / "media").iterdir():
            path.unlink()
        assert (await house.settled(await house.answers(ann, "", file))).failure is Why.FILE_GONE


class TestChanges:
    async def test_words(self, house: House, vk: VkEmulator, ann: Person):
        id = await house.answers(ann, "раз")
        await house.settled(id)
        await house.edits(id, words("два"))
        await house.settled(id)
        assert ann.heard[0].texts == ["раз", "два"]
        assert await house.said(ann, Direction.OUT) == ["два"]

    async def test_a_quote_stays(self, house: House, ann: Person):
        (message,) = await house.messages(ann, Direction.IN)
        id = await house.answers(ann, "раз", reply_to=message.id)
        await house.settled(id)
        await house.edits(id, words("два"))
        await house.settled(id)
        assert ann.heard[0].text == "два"
        assert ann.heard[0].quoted is not None

    @pytest.mark.parametrize("restarted", [False, True])
    async def test_what_hangs_on_it_stays(self, house: House, vk: VkEmulator, ann: Person, restarted: bool):
        file = await house.file(picture(), Kind.PHOTO, "a.jpg")
        id = await house.answers(ann, "раз", file)
        await house.settled(id)
        if restarted:
            await house.reopen()
        await house.edits(id, Content(text=Text("два"), attachments=(file,)))
        await house.settled(id)
        (heard,) = ann.heard
        assert (heard.text, heard.kinds) == ("два", ["photo"])
        assert len(vk.journal.uploads) == 1 + restarted

    async def test_another_file_in_its_place(self, house: House, ann: Person):
        id = await house.answers(ann, "раз", await house.file(picture(), Kind.PHOTO, "a.jpg"))
        await house.settled(id)
        other = await house.file(b"%PDF-1.4", Kind.DOCUMENT, "a.pdf")
        await house.edits(id, Content(text=Text("раз"), attachments=(other,)))
        await house.settled(id)
        assert ann.heard[0].kinds == ["doc"]

    async def test_what_is_too_old_stays(self, house: House, ann: Person):
        id = await house.answers(ann, "раз")
        await house.settled(id)
        house.clock.passes(timedelta(hours=25).total_seconds())
        await house.edits(id, words("два"))
        assert (await house.settled(id)).failure is Why.CANNOT_EDIT
        assert ann.texts == ["раз"]

    async def test_voice_cannot_be_changed(self, house: House, ann: Person):
        voice = await house.file(OGG_OPUS, Kind.VOICE, "v.ogg")
        id = await house.answers(ann, "", voice)
        await house.settled(id)
        await house.edits(id, words("два"))
        assert (await house.settled(id)).failure is Why.CANNOT_EDIT

    async def test_one_message_does_not_become_two(self, house: House, ann: Person):
        content = Content(attachments=(await house.file(picture(), Kind.PHOTO, "a.jpg", caption=Text("x" * 4096)),))
        ids = (ExternalId(f"{ann.id}:1"), ExternalId(f"{ann.id}:2"))
        outgoing = Outgoing(message=MessageId(1), piece=0, customer=ExternalId(str(ann.id)), content=content)
        found = await house.channel.edit(outgoing, ids)
        assert isinstance(found, Refused)
        assert found.why is Why.CANNOT_EDIT

    @pytest.mark.parametrize(
        ("code", "why"),
        [
            (909, Why.CANNOT_EDIT),
            (920, Why.CANNOT_EDIT),
            (15, Why.CANNOT_EDIT),
            (901, Why.BLOCKED),
            (914, Why.TOO_LONG),
        ],
    )
    async def test_what_refuses_a_change(self, house: House, vk: VkEmulator, ann: Person, code: int, why: Why):
        id = await house.answers(ann, "раз")
        await house.settled(id)
        vk.faults.next("messages.edit", code)
        await house.edits(id, words("два"))
        assert (await house.settled(id)).failure is why


class TestTakingBack:
    @pytest.mark.parametrize("by_id", [False, True])
    async def test_it_is_gone_for_both(self, house: House, vk: VkEmulator, ann: Person, by_id: bool):
        vk.rules.delete_by_id = by_id
        id = await house.answers(ann, "слово " * 1000)
        await house.settled(id)
        assert len(ann.texts) == 2
        await house.unsends(id)
        await house.until(lambda: ann.texts == [])

    @pytest.mark.parametrize("in_items", [False, True])
    async def test_what_is_too_old_stays(self, house: House, vk: VkEmulator, ann: Person, in_items: bool):
        vk.rules.delete_errors_in_items = in_items
        id = await house.answers(ann, "раз")
        await house.settled(id)
        house.clock.passes(timedelta(hours=25).total_seconds())
        await house.unsends(id)
        assert (await house.settled(id)).failure is Why.CANNOT_UNSEND
        assert ann.texts == ["раз"]

    async def test_what_is_gone_already_is_as_it_should_be(self, house: House, vk: VkEmulator, ann: Person):
        id = await house.answers(ann, "раз")
        await house.settled(id)
        vk.admin_deletes(ann.heard[0])
        await house.unsends(id)
        await house.until(lambda: vk.calls_of("messages.delete"))
        found = await house.channel.unsend(ExternalId(str(ann.id)), [ExternalId(f"{ann.id}:{ann.heard[0].cmid}")])
        assert isinstance(found, Sent)

    async def test_what_is_no_message_of_this_dialog_is_nothing(self, house: House, ann: Person):
        assert isinstance(await house.channel.unsend(ExternalId(str(ann.id)), [ExternalId("5:1")]), Sent)


class TestFailures:
    @pytest.mark.parametrize(
        "fault", ["cut_after", "cut_before", "html502", "html200", "garbage", "cut_halfway", 1, 10, 77_777]
    )
    async def test_it_arrives_once_whatever_became_of_the_call(
        self, house: House, vk: VkEmulator, ann: Person, fault: Any
    ):
        vk.faults.next("messages.send", fault, times=2)
        id = await house.answers(ann, "раз")
        assert (await house.settled(id)).delivery is Delivery.SENT
        assert ann.texts == ["раз"]

    @pytest.mark.parametrize("where", ["item", "envelope"])
    @pytest.mark.parametrize("code", [900, 901, 902, 18, 3610])
    async def test_who_cannot_be_reached_is_blocked(
        self, house: House, vk: VkEmulator, ann: Person, code: int, where: str
    ):
        vk.faults.next("messages.send", code, where=where)
        id = await house.answers(ann, "раз")
        assert (await house.settled(id)).failure is Why.BLOCKED
        customer = await house.customer(ann)
        assert customer
        assert customer.blocked
        ann.write("я снова здесь")
        await house.received(ann, 2)
        customer = await house.customer(ann)
        assert customer
        assert not customer.blocked

    async def test_flood_control_is_waited_out(self, house: House, vk: VkEmulator, ann: Person):
        vk.faults.next("messages.send", 9)
        assert await house.sends(ann, words("раз")) == TryLater(timedelta(seconds=45), "error 9")
        vk.faults.next("messages.send", 29)
        assert await house.sends(ann, words("раз")) == TryLater(timedelta(hours=1), "error 29")

    async def test_too_many_calls_in_a_second_are_made_again(self, house: House, vk: VkEmulator, ann: Person):
        vk.faults.next("messages.send", 6, times=2)
        assert isinstance(await house.sends(ann, words("раз")), Sent)
        vk.faults.next("messages.send", 6, times=3)
        found = await house.sends(ann, words("два"), message=MessageId(2))
        assert found == TryLater(timedelta(seconds=0.5), "error 6")

    @pytest.mark.parametrize("code", [5, 27, 28, 1117, 15, 915])
    async def test_what_stops_the_channel_says_so_until_it_works_again(
        self, house: House, vk: VkEmulator, ann: Person, code: int
    ):
        vk.faults.next("messages.send", code)
        found = await house.sends(ann, words("раз"))
        assert isinstance(found, ChannelDown)
        assert house.channel.health.health == "down"
        assert house.channel.health.reason == found.reason
        assert isinstance(await house.sends(ann, words("раз")), Sent)
        assert house.channel.health.health == "up"

    async def test_a_captcha_is_trouble_for_the_admins(self, house: House, vk: VkEmulator, ann: Person):
        vk.faults.next("messages.send", 14)
        found = await house.sends(ann, words("раз"))
        assert isinstance(found, Refused)
        assert house.channel.health.health == "up"
        assert "14" in house.channel.health.reason

    async def test_a_permission_of_one_recipient_is_of_that_message(
        self, house: House, vk: VkEmulator, ann: Person
    ):
        vk.faults.next("messages.send", 7, where="item")
        assert isinstance(await house.sends(ann, words("раз")), Refused)
        assert house.channel.health.health == "up"

    async def test_an_answer_waits_while_vk_is_down(self, house: House, vk: VkEmulator, ann: Person):
        vk.down = True
        id = await house.answers(ann, "раз")
        await house.until(lambda: house.channel.health.health == "down")
        vk.down = False
        assert (await house.settled(id)).delivery is Delivery.SENT
        assert ann.texts == ["раз"]


class TestPresence:
    async def test_it_is_seen_when_somebody_answers(self, house: House, vk: VkEmulator, ann: Person):
        await house.settled(await house.answers(ann, "раз"))
        await house.until(lambda: vk.calls_of("messages.markAsRead"))
        assert ann.dialog().read_by_community
        await house.settled(await house.answers(ann, "два"))
        assert len(vk.calls_of("messages.markAsRead")) == 1
        ann.write("ещё")
        await house.received(ann, 2)
        await house.settled(await house.answers(ann, "три"))
        await house.until(lambda: len(vk.calls_of("messages.markAsRead")) == 2)

    async def test_typing_while_a_file_is_on_its_way(self, house: House, ann: Person):
        await house.settled(await house.answers(ann, "", await house.file(picture(), Kind.PHOTO, "a.jpg")))
        await house.until(lambda: ann.activities == ["typing"])

    async def test_what_fails_is_nobodys_business(self, house: House, vk: VkEmulator, ann: Person):
        vk.faults.next("messages.setActivity", 100)
        vk.faults.next("messages.markAsRead", "html502")
        await house.channel.typing(ExternalId(str(ann.id)))
        await house.channel.seen(ExternalId(str(ann.id)))


async def test_the_forms_are_as_the_api_wants_them(house: House, vk: VkEmulator, ann: Person):
    """All texts, one recipient by `peer_ids`, no True and no None."""
    (message,) = await house.messages(ann, Direction.IN)
    await house.settled(await house.answers(ann, "да", reply_to=message.id))
    (call,) = vk.calls_of("messages.send")
    assert call.http == "POST"
    assert call.params["peer_ids"] == str(ann.id)
    assert 0 < int(call.params["random_id"]) < 2**31
    assert json.loads(call.params["forward"]) == {"peer_id": ann.id, "conversation_message_ids": [1], "is_reply": 1}
    assert call.params["disable_mentions"] == "1"
    assert call.params["v"] == "5.199"
    assert not {"True", "False", "None"} & set(call.params.values())
