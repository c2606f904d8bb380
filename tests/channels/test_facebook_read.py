"""Items of Messenger's webhook as values: every kind of the documentation, and everything that is none."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.catalogue import Catalogue
from bridge.channels.facebook.content import read_content
from bridge.channels.facebook.events import (
    Arrived,
    Echo,
    Edited,
    Handed,
    OptedIn,
    Policy,
    Reacted,
    Referral,
    Referred,
    Removed,
    Said,
    Unknown,
)
from bridge.channels.facebook.hook import sorted_items
from bridge.channels.facebook.read import Reader
from bridge.model import ChannelName, Content, Delivery, File, Kind, Text

FB = ChannelName("fb")
PAGE, ANN = "400712345678", "6120447719035528"
RU = Catalogue("ru")
READER = Reader(channel=FB, page=PAGE, say=RU)
NOW = datetime(2026, 10, 1, tzinfo=UTC)
AT = datetime.fromtimestamp(1790000000.123, UTC)
URL = "https://scontent.xx.fbcdn.net/v/t1.15752-9/a%20cup.jpg?oh=1&oe=2"


def read(body: dict, *, sender: str = ANN, recipient: str = PAGE, **more):
    frame = {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": 1790000000123}
    return READER.read({**frame, **body, **more}, NOW)


def said(message: dict) -> Content:
    found = read({"message": {"mid": "m_1", **message}})
    assert isinstance(found, Said)
    return found.incoming.content


def attached(*attachments: object, text: str = "") -> Content:
    return said({**({"text": text} if text else {}), "attachments": list(attachments)})


class TestMessages:
    def test_a_text(self):
        found = read({"message": {"mid": "m_1", "text": "Hi", "quick_reply": {"payload": "YES"}}})
        incoming = found.incoming
        assert (incoming.channel, incoming.customer, incoming.external_id) == (FB, ANN, "m_1")
        assert (incoming.written_at, incoming.content.text.plain, incoming.opens_window) == (AT, "Hi", True)
        assert (found.referral, found.starts) == (None, False)

    def test_a_quote(self):
        found = read({"message": {"mid": "m_2", "text": "x", "reply_to": {"mid": "m_0", "is_self_reply": False}}})
        assert found.incoming.reply_to == "m_0"

    def test_a_referral_of_an_advertisement(self):
        referral = {"ref": "r1", "source": "ADS", "type": "OPEN_THREAD", "ad_id": 8811}
        referral["ads_context_data"] = {"ad_title": "Teapots"}
        found = read({"message": {"mid": "m_7", "text": "ad msg", "referral": referral}})
        assert found.referral == Referral(ref="r1", source="ADS", ad="8811, Teapots")
        assert found.referral.text == "r1 (ADS, 8811, Teapots)"

    def test_without_an_id_it_has_one_that_stays_the_same(self):
        found = read({"message": {"text": "x"}})
        assert found.incoming.external_id == f"message:{ANN}:1790000000123"

    @pytest.mark.parametrize(
        ("type", "url", "kind", "name", "mime"),
        [
            ("image", URL, Kind.PHOTO, "a cup.jpg", "image/jpeg"),
            ("image", "https://f.b/v/x.gif", Kind.ANIMATION, "x.gif", "image/gif"),
            ("video", "https://f.b/v/x.mp4?a", Kind.VIDEO, "x.mp4", "video/mp4"),
            ("audio", "https://f.b/v/audioclip-1.mp4", Kind.VOICE, "audioclip-1.mp4", ""),
            ("audio", "https://f.b/v/song.mp3", Kind.AUDIO, "song.mp3", "audio/mpeg"),
            ("file", "https://f.b/v/%D0%A1.pdf", Kind.DOCUMENT, "С.pdf", "application/pdf"),
            ("file", "https://f.b/v/", Kind.DOCUMENT, "", ""),
        ],
    )
    def test_files(self, type, url, kind, name, mime):
        (found,) = attached({"type": type, "payload": {"url": url}}).attachments
        assert found.file == File(origin="remote:fb", ref=url)
        assert (found.kind, found.name, found.mime) == (kind, name, mime)

    def test_a_sticker_that_comes_twice_is_one(self):
        url = "https://f.b/v/1.png"
        parts = [
            {"type": "sticker", "payload": {"url": url, "sticker_id": 1444}},
            {"type": "image", "payload": {"url": url, "sticker_id": "1444"}},
        ]
        (found,) = attached(*parts).attachments
        assert found.kind is Kind.STICKER

    @pytest.mark.parametrize("id", [369239263222822, 369239343222814, 369239383222810, "369239263222822"])
    @pytest.mark.parametrize("type", ["sticker", "image"])
    def test_the_thumb(self, id, type):
        found = attached({"type": type, "payload": {"url": URL, "sticker_id": id}})
        assert found == Content(text=Text("👍"))

    def test_a_place(self):
        coordinates = {"coordinates": {"lat": 55.75, "long": -37}}
        (found,) = attached({"type": "location", "title": "Here", "payload": coordinates}).attachments
        assert found.kind is Kind.LOCATION
        assert found.data == {"latitude": 55.75, "longitude": -37.0, "title": "Here"}

    @pytest.mark.parametrize("lat", [None, "55", True, 91, float("nan"), 10**400])
    def test_a_place_that_is_none_is_a_link(self, lat):
        place = {"type": "location", "url": "https://maps/", "payload": {"coordinates": {"lat": lat, "long": 1}}}
        assert attached(place) == Content(text=Text("🔗 Место: https://maps/"))

    @pytest.mark.parametrize(
        ("attachment", "line"),
        [
            (
                {"type": "fallback", "title": "X", "payload": {"url": "https://x.y/", "title": "X"}},
                "Ссылка: X — https://x.y/",
            ),
            (
                {"type": "fallback", "url": "https://l.facebook.com/l.php?u=https%3A%2F%2Fx.y%2F&h=1"},
                "Ссылка: https://x.y/",
            ),
            ({"type": "fallback", "title": "Only words"}, "Ссылка: Only words"),
            ({"type": "reel", "payload": {"url": "https://f/r", "title": "Cat"}}, "Видео Reels: Cat — https://f/r"),
            ({"type": "ig_reel", "payload": {"url": "https://f/r"}}, "Видео Reels: https://f/r"),
            ({"type": "post", "payload": {"url": "https://f/p"}}, "Публикация: https://f/p"),
            ({"type": "ig_post", "payload": {"url": "https://f/p"}}, "Публикация: https://f/p"),
            ({"type": "appointment_booking", "payload": {"title": "9:00"}}, "Запись на приём: 9:00"),
            (
                {"type": "product", "payload": {"product": {"elements": [{"title": "Cup"}, {"title": "Pot"}]}}},
                "Товар: Cup, Pot",
            ),
        ],
    )
    def test_what_is_shared_is_a_line(self, attachment, line):
        assert attached(attachment) == Content(text=Text(f"🔗 {line}"))

    @pytest.mark.parametrize("type", ["fallback", "reel", "post", "product", "appointment_booking"])
    @pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {"url": "javascript:alert(1)"}}])
    def test_what_is_shared_without_anything_is_said(self, type, payload):
        assert "Messenger не передаёт" in attached({"type": type, **payload}).text.plain

    def test_what_the_text_says_is_not_said_again(self):
        share = {"type": "fallback", "payload": {"url": "https://x.y/", "title": "https://x.y/"}}
        assert attached(share, text="see https://x.y/").text.plain == "see https://x.y/"

    def test_a_template_is_its_words(self):
        payload = {
            "template_type": "generic",
            "text": "Choose",
            "buttons": [{"title": "Shop", "url": "https://s/"}, {"title": "Call", "type": "phone_number"}],
            "elements": [{"title": "Cup", "subtitle": "red", "default_action": {"url": "https://cup/"}}],
        }
        found = attached({"type": "template", "payload": payload}).text.plain.split("\n")
        assert found == ["Choose", "[Shop] https://s/", "[Call]", "Cup", "red", "https://cup/"]
        assert attached({"type": "template"}).text.plain == "[сообщение с кнопками]"

    def test_things_in_their_order(self):
        found = attached(
            {"type": "image", "payload": {"url": "https://f/1.jpg"}},
            {"type": "reel", "payload": {"url": "https://f/r"}},
            {"type": "file", "payload": {"url": "https://f/2.pdf"}},
            text="look",
        )
        assert found.text.plain == "look\n🔗 Видео Reels: https://f/r"
        assert [a.name for a in found.attachments] == ["1.jpg", "2.pdf"]

    @pytest.mark.parametrize("attachment", [{"type": "image"}, {"type": "hologram"}, {}, None, 7, {"type": 7}])
    def test_what_cannot_be_read_has_a_place(self, attachment):
        (found,) = attached(attachment).attachments
        assert found.kind is Kind.UNKNOWN

    def test_an_empty_one_too(self):
        assert said({}).attachments[0].data == {"what": "message"}
        assert said({"text": 7, "attachments": {}}).attachments[0].data == {"what": "message"}

    def test_one_that_was_taken_back(self):
        found = read({"message": {"mid": "m_1", "is_deleted": True}})
        assert found == Removed(customer=ANN, mid="m_1")


class TestPostbacks:
    def test_a_button(self):
        found = read({"postback": {"mid": "m_8", "title": "Price?", "payload": "P"}})
        assert (found.incoming.external_id, found.incoming.content.text.plain) == ("m_8", "Price?")
        assert not found.starts

    def test_the_first_one(self):
        referral = {"ref": "qr1", "source": "SHORTLINK", "type": "OPEN_THREAD"}
        body = {"mid": "m_8", "title": "Начать", "payload": "GET_STARTED", "referral": referral}
        found = read({"postback": body})
        assert found.starts
        assert found.referral.text == "qr1 (SHORTLINK)"

    def test_without_a_title_or_anything(self):
        assert read({"postback": {"payload": "P"}}).incoming.content.text.plain == "P"
        assert read({"postback": {"x": 1}}).incoming.content.attachments[0].kind is Kind.UNKNOWN


ECHO = {"mid": "m_6", "is_echo": True, "app_id": 263902037430900, "metadata": "tag", "text": "typed by staff"}


class TestEchoes:
    def test_it_is_of_the_recipient(self):
        found = read({"message": ECHO}, sender=PAGE, recipient=ANN)
        assert isinstance(found, Echo)
        assert (found.app, found.metadata) == ("263902037430900", "tag")
        assert (found.reply.customer, found.reply.external_id, found.reply.author_name) == (ANN, "m_6", "Facebook")

    def test_of_another_app(self):
        found = read({"message": {**ECHO, "app_id": "77"}}, sender=PAGE, recipient=ANN)
        assert found.reply.author_name == "Facebook (приложение 77)"

    def test_one_of_nothing(self):
        assert isinstance(read({"message": {"is_echo": True}}, sender=PAGE, recipient=ANN), Unknown)

    @pytest.mark.parametrize("nobody", ["ж" * 3000, "a/b", PAGE])
    def test_a_copy_of_what_was_said_to_nobody_is_unknown(self, nobody):
        assert isinstance(read({"message": ECHO}, sender=PAGE, recipient=nobody), Unknown)


class TestMarks:
    def test_delivered(self):
        found = read({"delivery": {"mids": ["m_9", None], "watermark": 1790000000999}}).receipt
        assert (found.delivery, found.external_ids) == (Delivery.DELIVERED, ("m_9",))
        assert found.until == datetime.fromtimestamp(1790000000.999, UTC)

    def test_delivered_without_names(self):
        assert read({"delivery": {"watermark": 1790000000999}}).receipt.external_ids == ()

    def test_read(self):
        found = read({"read": {"watermark": "1790000000999"}})
        assert isinstance(found, Arrived)
        assert (found.receipt.delivery, found.receipt.external_ids) == (Delivery.SEEN, ())

    @pytest.mark.parametrize("watermark", [None, "x", -1, True, 1e40, float("nan")])
    def test_until_no_time_at_all(self, watermark):
        assert isinstance(read({"read": {"watermark": watermark}}), Unknown)


class TestReactions:
    def test_one(self):
        found = read({"reaction": {"mid": "m_9", "action": "react", "emoji": "❤️", "reaction": "love"}})
        assert isinstance(found, Reacted)
        assert (found.reaction.target, found.reaction.emoji) == ("m_9", "❤️")

    @pytest.mark.parametrize(("name", "emoji"), [("love", "❤️"), ("angry", "😠"), ("other", "other"), (None, "?")])
    def test_one_without_an_emoji(self, name, emoji):
        assert read({"reaction": {"mid": "m", "action": "react", "reaction": name}}).reaction.emoji == emoji

    @pytest.mark.parametrize("more", [{}, {"emoji": "❤️", "reaction": "love"}])
    def test_none_any_more(self, more):
        assert read({"reaction": {"mid": "m", "action": "unreact", **more}}).reaction.emoji == ""

    def test_of_the_page(self):
        assert isinstance(read({"reaction": {"mid": "m", "action": "react"}}, sender=PAGE), Unknown)


class TestOthers:
    @pytest.mark.parametrize("number", [3, "3"])
    def test_an_edit(self, number):
        found = read({"message_edit": {"mid": "m_1", "text": "Hello!!", "num_edit": number}})
        assert found == Edited(customer=ANN, mid="m_1", text="Hello!!", number=3, at=AT)

    def test_a_link(self):
        found = read({"referral": {"ref": "qr2", "source": "SHORTLINK", "type": "OPEN_THREAD"}})
        assert found == Referred(customer=ANN, referral=Referral(ref="qr2", source="SHORTLINK"), at=AT)

    def test_an_opt_in(self):
        assert read({"optin": {"ref": "x"}}) == OptedIn(customer=ANN, ref="x", at=AT)
        nobody = {"recipient": {"id": PAGE}, "timestamp": 1, "optin": {"ref": "x", "user_ref": "y"}}
        assert isinstance(READER.read(nobody, NOW), Unknown)

    @pytest.mark.parametrize(
        ("name", "what", "field"),
        [
            ("pass_thread_control", "pass", "new_owner_app_id"),
            ("take_thread_control", "take", "new_owner_app_id"),
            ("request_thread_control", "request", "requested_owner_app_id"),
        ],
    )
    def test_who_has_the_thread(self, name, what, field):
        found = read({name: {"previous_owner_app_id": "1", field: 2, "metadata": ""}})
        assert found == Handed(customer=ANN, what=what, app="2", at=AT)

    @pytest.mark.parametrize("name", ["policy_enforcement", "policy-enforcement"])
    def test_policy(self, name):
        item = {"recipient": {"id": PAGE}, "timestamp": 1, name: {"action": "block", "reason": "spam"}}
        assert READER.read(item, NOW) == Policy(action="block", reason="spam")

    def test_unknown_ones_say_their_names_and_nothing_else(self):
        found = read({"account_linking": {"status": "linked", "authorization_code": "SECRET"}})
        assert found == Unknown(names=("account_linking(authorization_code,status)",))

    def test_times(self):
        for written in (1790000000123, "1790000000123"):
            item = {"sender": {"id": ANN}, "timestamp": written, "message": {"mid": "m"}}
            assert READER.read(item, NOW).incoming.written_at == AT
        item = {"sender": {"id": ANN}, "timestamp": 1790000000, "message": {"mid": "m"}}
        assert AT - READER.read(item, NOW).incoming.written_at < timedelta(seconds=1)
        for written in (None, 0, -5, "x", [], 1e300):
            item = {"sender": {"id": ANN}, "timestamp": written, "message": {"mid": "m"}}
            assert READER.read(item, NOW).incoming.written_at == NOW


class TestBatches:
    def test_all_entries_of_a_page_in_the_order_of_time(self):
        told = {
            "entry": [
                {"id": "1", "messaging": [{"timestamp": 3}, {"timestamp": 1}]},
                {"id": "2", "messaging": [{"timestamp": 9}]},
                {"id": "1", "standby": [{"timestamp": 2}]},
                {"id": "1", "changes": [{}]},
                {"id": 2, "messaging": "x"},
                7,
            ]
        }
        found = dict(sorted_items(told))
        assert {page: [item["timestamp"] for item in items] for page, items in found.items()} == {
            "1": [1, 2, 3],
            "2": [9],
        }

    def test_what_tells_no_time_stays_where_it_is(self):
        items = [{"timestamp": 5}, {"n": 1}, {"timestamp": 1}]
        assert dict(sorted_items({"entry": [{"id": "1", "messaging": items}]}))["1"] == [
            items[2],
            items[0],
            items[1],
        ]


WORDS = (
    "id mid text type payload url attachments title sticker_id coordinates lat long elements buttons is_echo ref"
)
NAMES = [*WORDS.split(), "watermark", "mids", "action", "emoji"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("m_1") | st.just(URL),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES) | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
KINDS = [
    "message",
    "postback",
    "message_edit",
    "reaction",
    "delivery",
    "read",
    "referral",
    "optin",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "policy_enforcement",
    "sender",
    "recipient",
    "timestamp",
]


@given(st.dictionaries(st.sampled_from(KINDS) | st.text(max_size=5), json_values, max_size=4))
def test_nothing_makes_the_reader_raise(item):
    READER.read(item, NOW)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["image", "fallback", "template", "location", "x"]), "payload": json_values}
        ),
        max_size=3,
    )
)
def test_nothing_makes_the_content_raise(attachments):
    found = read_content({"text": "x", "attachments": attachments}, FB, RU)
    json.dumps([dict(a.data) for a in found.attachments])
