"""Every event's message and every attachment of VKontakte, as it reads here. Tables; no network."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from bridge.catalogue import Catalogue
from bridge.channels.vk import formatting, reactions, read
from bridge.channels.vk.attachments import READERS, best_size, with_known_files
from bridge.channels.vk.events import KINDS
from bridge.channels.vk.read import Reader
from bridge.model import ChannelName, Content, Kind, Span, Text

READER = Reader(ChannelName("vk"), Catalogue("ru"))
ANN = 77
SITE = "https://sun1.userapi.com"


def message(**fields: Any) -> dict[str, Any]:
    base = {"id": 5120, "conversation_message_id": 41, "date": 1_790_000_000, "peer_id": ANN, "from_id": ANN}
    return {**base, "out": 0, "text": "", "attachments": [], "fwd_messages": [], "random_id": 0, **fields}


def attached(kind: str, **body: Any) -> dict[str, Any]:
    return message(attachments=[{"type": kind, kind: body}])


def content(given: dict[str, Any], **names: str) -> Content:
    return READER.content(given, {int(key[1:]): name for key, name in names.items()})


def only(given: dict[str, Any]) -> Any:
    (found,) = content(given).attachments
    return found


def words(given: dict[str, Any]) -> str:
    return content(given).text.plain


PHOTO = {
    "id": 457,
    "owner_id": ANN,
    "text": "",
    "sizes": [
        {"type": "s", "url": f"{SITE}/s.jpg", "width": 75, "height": 56},
        {"type": "r", "url": f"{SITE}/r.jpg", "width": 5000, "height": 5000},
        {"type": "w", "url": f"{SITE}/w.jpg", "width": 2560, "height": 1920},
    ],
}


class TestPhotos:
    def test_the_original_is_taken(self):
        original = {"type": "base", "url": f"{SITE}/o.jpg", "width": 4000, "height": 3000}
        found = only(attached("photo", **PHOTO, orig_photo=original))
        assert found.kind is Kind.PHOTO
        assert found.file.origin == "remote:vk"
        assert found.file.ref.startswith(f"{SITE}/o.jpg")
        assert (found.width, found.height, found.mime) == (4000, 3000, "image/jpeg")

    def test_else_the_largest_that_is_no_crop(self):
        assert only(attached("photo", **PHOTO)).file.ref.startswith(f"{SITE}/w.jpg")

    def test_of_old_photos_without_sizes_the_letter_tells(self):
        sizes = [{"type": kind, "url": f"{SITE}/{kind}", "width": 0, "height": 0} for kind in "smxw"]
        found = best_size({"sizes": [sizes[3], *sizes[:3]]})
        assert found
        assert found["type"] == "w"

    def test_one_of_crops_only_is_better_than_none(self):
        found = best_size({"sizes": [{"type": "o", "url": f"{SITE}/o", "width": 1, "height": 1}]})
        assert found
        assert found["type"] == "o"

    def test_a_photo_that_is_nowhere_has_a_place(self):
        assert only(attached("photo", id=1, sizes=[])).data == {"what": "photo"}

    def test_an_address_that_is_none_is_no_file(self):
        sizes = [{"type": "w", "url": {"to": "x"}, "width": 1, "height": 1}]
        assert only(attached("photo", id=None, sizes=sizes)).data == {"what": "photo"}

    def test_an_album_is_one_message_in_its_order(self):
        things = [{"type": "photo", "photo": {**PHOTO, "id": number}} for number in (3, 1, 2)]
        refs = [one.file.ref for one in content(message(attachments=things)).attachments if one.file]
        assert [ref.rpartition("_")[2] for ref in refs] == ["3", "1", "2"]

    def test_new_addresses_of_the_same_photo_change_nothing(self):
        known = content(attached("photo", **PHOTO))
        moved = content(attached("photo", **{**PHOTO, "sizes": [{**PHOTO["sizes"][2], "url": f"{SITE}/new"}]}))  # type: ignore[index,dict-item]
        assert moved != known
        assert with_known_files(moved, known) == known
        other = content(attached("photo", **{**PHOTO, "id": 458}))
        assert with_known_files(other, known) == other


class TestFiles:
    DOC: ClassVar = {
        "id": 9,
        "owner_id": ANN,
        "title": "invoice.pdf",
        "size": 20480,
        "ext": "pdf",
        "url": "https://vk.com/doc77_9?h",
    }

    def test_a_document(self):
        found = only(attached("doc", **self.DOC))
        assert (found.kind, found.name, found.size) == (Kind.DOCUMENT, "invoice.pdf", 20480)
        assert found.mime == "application/pdf"
        assert found.file.ref.startswith("https://vk.com/doc77_9?h")

    def test_a_title_without_its_ending_gets_it(self):
        assert only(attached("doc", **{**self.DOC, "title": "Счёт"})).name == "Счёт.pdf"
        assert only(attached("doc", **{**self.DOC, "title": ""})).name == "файл.pdf"

    def test_a_gif_moves(self):
        assert only(attached("doc", **{**self.DOC, "title": "a.gif", "ext": "gif"})).kind is Kind.ANIMATION

    def test_a_document_without_an_address_is_named(self):
        assert words(attached("doc", id=9, title="invoice.pdf")) == "Файл: invoice.pdf"

    def test_voice_is_ogg(self):
        found = only(
            attached("audio_message", id=10, owner_id=ANN, duration=4, link_ogg="https://a/a.ogg", link_mp3="m")
        )
        assert (found.kind, found.duration, found.mime) == (Kind.VOICE, 4, "audio/ogg")
        assert found.file.ref.startswith("https://a/a.ogg")

    def test_voice_that_was_written_down(self):
        done = attached(
            "audio_message", duration=4, link_mp3="https://a/a.mp3", transcript="где заказ", transcript_state="done"
        )
        assert words(done) == "Расшифровка: где заказ"
        assert only(done).mime == "audio/mpeg"
        assert words(attached("audio_message", link_ogg="o", transcript="г", transcript_state="in_progress")) == ""

    def test_a_graffiti_is_a_picture(self):
        found = only(
            attached("graffiti", id=12, owner_id=ANN, url="https://vk.com/doc77_12", width=640, height=480)
        )
        assert (found.kind, found.mime, found.width) == (Kind.PHOTO, "image/png", 640)

    def test_a_sticker_is_the_picture_of_512(self):
        images = [{"url": f"{SITE}/{side}", "width": side, "height": side} for side in (64, 512, 1024)]
        found = only(
            attached("sticker", sticker_id=9008, product_id=279, images=images, animation_url="https://a.json")
        )
        assert (found.kind, found.width) == (Kind.STICKER, 512)
        assert found.file.ref.startswith(f"{SITE}/512")

    def test_a_sticker_with_a_background_only(self):
        images = [{"url": f"{SITE}/b", "width": 128, "height": 128}]
        assert only(attached("sticker", sticker_id=1, images_with_background=images)).width == 128
        assert only(attached("sticker", sticker_id=1)).data == {"what": "sticker"}


IN_WORDS = [
    (
        "wall",
        {"id": 5, "from_id": -1, "to_id": -1, "text": "post"},
        "Запись на стене: post\nhttps://vk.com/wall-1_5",
    ),
    ("textpost", {"id": 5, "owner_id": -1, "text": "t"}, "Запись: t\nhttps://vk.com/wall-1_5"),
    (
        "wall_reply",
        {"id": 8, "owner_id": -1, "post_id": 5, "text": "c"},
        "Комментарий на стене: c\nhttps://vk.com/wall-1_5?reply=8",
    ),
    ("audio", {"artist": "Artist", "title": "Song", "duration": 200}, "Аудиозапись: Artist — Song (3:20)"),
    ("link", {"url": "https://example.org", "title": "Example"}, "Ссылка: Example\nhttps://example.org"),
    (
        "market",
        {"id": 3, "owner_id": -1, "title": "Чайник", "price": {"text": "1 200 ₽"}},
        "Товар: Чайник — 1 200 ₽\nhttps://vk.com/market-1_3",
    ),
    (
        "market_album",
        {"id": 3, "owner_id": -1, "title": "Чай"},
        "Подборка товаров: Чай\nhttps://vk.com/market-1?section=album_3",
    ),
    (
        "poll",
        {"id": 2, "owner_id": 77, "question": "Чай?", "answers": [{"text": "да"}, {"text": "нет"}]},
        "Опрос: Чай?\n• да\n• нет\nhttps://vk.com/poll77_2",
    ),
    ("story", {"id": 4, "owner_id": 77}, "История\nhttps://vk.com/story77_4"),
    ("article", {"title": "A", "view_url": "https://vk.com/@a"}, "Статья: A\nhttps://vk.com/@a"),
    ("podcast", {"id": 6, "owner_id": -1, "title": "P"}, "Подкаст: P\nhttps://vk.com/podcast-1_6"),
    ("narrative", {"id": 6, "owner_id": -1, "title": "N"}, "Сюжет: N\nhttps://vk.com/narrative-1_6"),
    ("call", {"duration": 65}, "Звонок: (1:05)"),
    ("mini_app", {"app_id": 51, "title": "App"}, "Мини-приложение: App\nhttps://vk.com/app51"),
    ("event", {"id": 7, "text": "E"}, "Встреча: E\nhttps://vk.com/event7"),
    ("audio_playlist", {"id": 7, "owner_id": 77, "title": "L"}, "Плейлист: L\nhttps://vk.com/music/playlist/77_7"),
    ("donut_link", {"url": "https://vk.com/donut/x", "text": "D"}, "VK Donut: D\nhttps://vk.com/donut/x"),
]


class TestWhatHasNoBytes:
    @pytest.mark.parametrize(("kind", "body", "expected"), IN_WORDS, ids=[row[0] for row in IN_WORDS])
    def test_it_is_told_in_words_with_a_link(self, kind: str, body: dict[str, Any], expected: str):
        found = content(attached(kind, **body))
        assert found.text.plain == expected
        assert found.attachments == ()

    @pytest.mark.parametrize(("kind", "word"), [("video", "Видео"), ("video_message", "Видеосообщение")])
    def test_a_video_has_a_link_and_a_picture(self, kind: str, word: str):
        images = [
            {"url": f"{SITE}/p0", "width": 130, "height": 96},
            {"url": f"{SITE}/p1", "width": 320, "height": 240},
        ]
        found = content(attached(kind, id=11, owner_id=ANN, title="clip", duration=12, image=images))
        assert found.text.plain == f"{word}: clip (0:12)\nhttps://vk.com/video77_11"
        (picture,) = found.attachments
        assert picture.kind is Kind.PHOTO
        assert picture.file
        assert picture.file.ref.startswith(f"{SITE}/p1")

    def test_a_gift_has_a_picture(self):
        found = content(attached("gift", id=1, thumb_256=f"{SITE}/g.jpg"))
        assert found.text.plain == "Подарок"
        assert [one.kind for one in found.attachments] == [Kind.PHOTO]

    def test_a_preview_of_a_link_in_the_text_says_nothing(self):
        given = message(
            text="Смотрите http://Example.org/page/ вот",
            attachments=[{"type": "link", "link": {"url": "https://example.org/page", "title": "Example"}}],
        )
        assert words(given) == "Смотрите http://Example.org/page/ вот"

    def test_what_nobody_knows_has_a_place(self):
        assert only(message(attachments=[{"type": "hologram", "hologram": {"id": 1}}])).data == {"what": "hologram"}
        assert only(message(attachments=[{"type": "hologram"}])).kind is Kind.UNKNOWN

    def test_words_and_things_keep_their_order(self):
        given = message(
            text="вот",
            attachments=[
                {"type": "story", "story": {}},
                {"type": "photo", "photo": PHOTO},
                {"type": "gift", "gift": {}},
            ],
        )
        assert words(given) == "вот\nИстория\nПодарок"

    @pytest.mark.parametrize("kind", sorted(READERS))
    @pytest.mark.parametrize("body", [{}, None, [], "x", {"id": "x", "owner_id": None, "sizes": {}, "images": "y"}])
    def test_nothing_malformed_raises_or_vanishes(self, kind: str, body: Any):
        found = content(message(attachments=[{"type": kind, kind: body}]))
        assert found.text or found.attachments

    @pytest.mark.parametrize("things", [None, {}, "x", [None], ["x"], [{}], [{"type": None}]])
    def test_no_list_of_attachments_raises(self, things: Any):
        assert content(message(text="слова", attachments=things)).text.plain.startswith("слова")


class TestPlaces:
    def test_a_place(self):
        geo = {"type": "point", "coordinates": {"latitude": 59.9, "longitude": 30.3}, "place": {"title": "Spb"}}
        found = only(message(geo=geo))
        assert found.kind is Kind.LOCATION
        assert found.data == {"latitude": 59.9, "longitude": 30.3, "title": "Spb"}

    def test_as_it_was_written_once(self):
        assert only(message(geo={"coordinates": "59.9 30.3"})).data == {"latitude": 59.9, "longitude": 30.3}

    @pytest.mark.parametrize("geo", [{}, {"coordinates": None}, {"coordinates": {"latitude": "x"}}])
    def test_one_that_cannot_be_read_has_a_place(self, geo: Any):
        assert only(message(geo=geo)).data == {"what": "geo"}


class TestWords:
    def test_a_mention_is_a_name_that_leads_somewhere(self):
        found = content(message(text="Спросите [id77|Анну 🐱] и [club1|Лавку]"))
        assert found.text.plain == "Спросите Анну 🐱 и Лавку"
        assert found.text.spans == (
            Span(kind="text_link", offset=9, length=7, url="https://vk.com/id77"),
            Span(kind="text_link", offset=19, length=5, url="https://vk.com/club1"),
        )

    def test_brackets_that_mean_nothing_stay(self):
        assert words(message(text="[a|b] [id|c] |")) == "[a|b] [id|c] |"

    def test_formatting_is_kept_where_mentions_are_shortened(self):
        items = [
            {"type": "bold", "offset": 0, "length": 3},
            {"type": "italic", "offset": 4, "length": 10},
            {"type": "underline", "offset": 15, "length": 3},
            {"type": "url", "offset": 15, "length": 3, "url": "https://x.y"},
        ]
        found = formatting.read("раз [id77|Ann] два", {"version": "1", "items": items})
        assert found.plain == "раз Ann два"
        assert {(s.kind, s.offset, s.length, s.url) for s in found.spans} == {
            ("bold", 0, 3, ""),
            ("italic", 4, 3, ""),
            ("underline", 8, 3, ""),
            ("text_link", 8, 3, "https://x.y"),
            ("text_link", 4, 3, "https://vk.com/id77"),
        }

    @pytest.mark.parametrize(
        "data",
        [
            None,
            "x",
            "[]",
            {"items": 5},
            {"items": [None, {"type": "bold"}, {"type": "bold", "offset": 9, "length": 9}]},
        ],
    )
    def test_formatting_that_is_none_is_left_out(self, data: Any):
        assert formatting.read("слова", data) == Text("слова")

    def test_formatting_as_text(self):
        data = '{"version":"1","items":[{"type":"bold","offset":0,"length":2}]}'
        assert formatting.read("🐱", data).spans == (Span(kind="bold", offset=0, length=2),)

    def test_our_spans_go_out_as_far_as_vk_has_them(self):
        spans = (
            Span(kind="bold", offset=0, length=2),
            Span(kind="spoiler", offset=0, length=2),
            Span(kind="text_link", offset=0, length=2, url="tg://user?id=1"),
            Span(kind="text_link", offset=0, length=2, url="https://x.y"),
        )
        assert formatting.format_data(Text("🐱", spans)) == {
            "version": "1",
            "items": [
                {"type": "bold", "offset": 0, "length": 2},
                {"type": "url", "offset": 0, "length": 2, "url": "https://x.y"},
            ],
        }
        assert formatting.format_data(Text("слова")) is None


class TestForwarded:
    def test_it_is_nested_text_with_its_attachments(self):
        inner = {"from_id": -1, "text": "скидка\nсегодня", "attachments": [{"type": "photo", "photo": PHOTO}]}
        outer = {"from_id": 5, "text": "смотри", "attachments": [], "fwd_messages": [inner]}
        found = content(message(text="вот", fwd_messages=[outer]), _5="Анна Ли")
        assert found.text.plain == (
            "вот\nПересланное от Анна Ли:\n> смотри\n> Пересланное от vk.com/club1:\n> > скидка\n> > сегодня"
        )
        assert [one.kind for one in found.attachments] == [Kind.PHOTO]
        assert read.authors(message(fwd_messages=[outer])) == {5, -1}

    def test_what_a_forwarded_message_answers_stands_below_it(self):
        one = {"from_id": 5, "text": "да", "reply_message": {"from_id": 6, "text": "чай?"}}
        assert words(message(fwd_messages=[one])) == (
            "Пересланное от vk.com/id5:\n> да\n> Пересланное от vk.com/id6:\n> > чай?"
        )

    def test_formatting_moves_along(self):
        data = {"version": "1", "items": [{"type": "bold", "offset": 0, "length": 2}]}
        found = content(message(fwd_messages=[{"from_id": 5, "text": "да", "format_data": data}])).text
        (span,) = found.spans
        assert found.plain.encode("utf-16-le")[2 * span.offset :].decode("utf-16-le") == "да"

    def test_the_deepest_nest_is_cut(self):
        nest: dict[str, Any] = {"from_id": 1, "text": "x"}
        for _ in range(44):
            nest = {"from_id": 1, "text": "x", "fwd_messages": [nest]}
        assert words(message(fwd_messages=[nest])).count("Пересланное") == read.DEEPEST

    def test_a_great_many_are_cut(self):
        many = [{"from_id": 1, "text": "x"}] * 500
        assert words(message(fwd_messages=many)).endswith("\n…")


class TestAround:
    def test_where_it_stands(self):
        place = read.place(message())
        assert place
        assert (place.external_id, place.customer) == ("77:41", "77")
        assert read.cmid_in(77, place.external_id) == 41
        assert read.cmid_in(78, place.external_id) is None
        assert read.cmid_in(77, None) is None

    @pytest.mark.parametrize("peer", [-1, 0, 2_000_000_000, 2_000_000_001])
    def test_only_dialogs_with_one_person_are_served(self, peer: int):
        assert read.place(message(peer_id=peer)) is None

    def test_when(self):
        assert read.moment(message()) == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
        assert read.moment(message(date=10**30)) is None
        assert read.moment(message(date="x")) is None

    def test_old_events_are_the_message_itself(self):
        assert read.unwrapped(message(text="a"))[0]["text"] == "a"
        assert read.unwrapped({"message": message(text="b"), "client_info": {"lang_id": 3}})[1] == {"lang_id": 3}
        assert read.unwrapped(None) == ({}, {})

    def test_start(self):
        assert read.is_start(message(payload='{"command":"start"}'))
        for payload in (None, "", "x", '{"command":"help"}', "[]", "7", {"cmd": 1}):
            assert not read.is_start(message(payload=payload))

    def test_where_the_customer_came_from(self):
        assert read.referral(message(ref="promo", ref_source="ads")) == "promo (ads)"
        assert read.referral(message(ref="promo")) == "promo"
        assert read.referral(message()) == ""

    def test_the_language(self):
        assert read.profile(77, {"lang_id": 0}).language == "ru"
        assert read.profile(77, {"lang_id": 3}).language == "en"
        assert read.profile(77, {"lang_id": 555}).language == ""
        assert read.profile(77, {}).language == ""

    def test_a_message_of_nothing_has_a_place(self):
        assert only(message()).data == {"what": "message"}
        assert only(message(is_unavailable=True)).data == {"what": "unavailable"}

    def test_a_cut_message_says_so(self):
        assert (
            words(message(text="нача", is_cropped=True)).splitlines()[1].startswith("(сообщение пришло не целиком")
        )

    def test_reactions(self):
        say = Catalogue("ru")
        assert reactions.shown(4, say) == "👍"
        assert reactions.shown(64, say) == "реакция № 64"

    def test_presses(self):
        assert READER.pressed({"payload": {"k": 1}}).plain == 'Нажата кнопка: {"k": 1}'
        assert READER.pressed({"payload": "да"}).plain == "Нажата кнопка: да"

    def test_all_kinds_of_events_are_asked_for(self):
        assert set(KINDS) == {
            *("message_new", "message_reply", "message_edit", "message_allow", "message_deny"),
            *("message_typing_state", "message_read", "message_event", "message_reaction_event"),
            *("user_block", "user_unblock"),
        }
