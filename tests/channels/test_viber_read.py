"""Viber's events in, neutral messages out: every type of the platform's page, and whatever else may come."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.catalogue import Catalogue
from bridge.channels.viber.api import token_of
from bridge.channels.viber.read import content, context, country, incoming, profile, read_event
from bridge.messenger import remote
from bridge.model import Attachment, ChannelName, Content, ExternalId, Kind, Text

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
VIBER = ChannelName("viber")
RU = Catalogue("ru")
ANN = {"id": "q3Vd0mWsT1eXb7LpUj9kAg==", "name": "Ann Lee", "language": "uk", "country": "UA", "api_version": 10}
AT = datetime(2026, 9, 21, 14, 13, 20, 123000, tzinfo=UTC)


def event(**fields: Any) -> dict[str, Any]:
    return {
        "event": "message",
        "timestamp": int(AT.timestamp() * 1000),
        "chat_hostname": "SN-CHAT-11_",
        "message_token": 5102334455667788990,
        "sender": ANN,
        "message": {"type": "text", "text": "Hi"},
        "silent": False,
    } | fields


def said(message: Any) -> Content:
    return content(message, VIBER, RU)


def file(kind: Kind, url: str, **more: Any) -> Content:
    return Content(attachments=(Attachment(kind=kind, file=remote(VIBER, url), **more),))


JPG, MP4, PDF = "https://dl-media.viber.com/1/x.jpg", "https://dl-media.viber.com/v.mp4", "https://dl.viber.com/f"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"type": "text", "text": "Hi", "tracking_data": "t1"}, Content(text=Text("Hi"))),
        (
            {"type": "picture", "text": "my receipt", "media": JPG, "file_name": "x.jpg", "size": 81234},
            file(Kind.PHOTO, JPG, caption=Text("my receipt"), name="x.jpg", size=81234),
        ),
        ({"type": "picture", "text": "", "media": JPG, "thumbnail": JPG}, file(Kind.PHOTO, JPG)),
        (
            {"type": "picture", "media": "https://dl.viber.com/cat.GIF?x=1"},
            file(Kind.ANIMATION, "https://dl.viber.com/cat.GIF?x=1", name="animation.gif"),
        ),
        (
            {"type": "video", "media": MP4, "thumbnail": JPG, "size": 900123, "duration": 8, "text": "вот"},
            file(Kind.VIDEO, MP4, size=900123, duration=8, caption=Text("вот")),
        ),
        (
            {"type": "file", "media": PDF, "file_name": "счёт.pdf", "file_size": 20480},
            file(Kind.DOCUMENT, PDF, name="счёт.pdf", size=20480),
        ),
        (
            {"type": "file", "media": PDF, "file_name": "f.pdf", "size": "20480"},
            file(Kind.DOCUMENT, PDF, name="f.pdf", size=20480),
        ),
        ({"type": "file", "media": PDF}, file(Kind.DOCUMENT, PDF)),
        ({"type": "sticker", "sticker_id": 46105, "media": JPG}, file(Kind.STICKER, JPG)),
        ({"type": "sticker", "sticker_id": 46105}, Content(text=Text("[стикер]"))),
        ({"type": "audio", "media": PDF, "duration": 3}, file(Kind.AUDIO, PDF, duration=3)),
        (
            {"type": "contact", "contact": {"name": "Bob", "phone_number": "+380441112233", "avatar": JPG}},
            Content(
                attachments=(Attachment(kind=Kind.CONTACT, data={"phone": "+380441112233", "first_name": "Bob"}),)
            ),
        ),
        ({"type": "contact", "contact": {"name": "Bob"}}, Content(text=Text("Bob"))),
        (
            {"type": "location", "location": {"lat": 50.45, "lon": "30.52", "address": "Kyiv"}},
            Content(
                text=Text("Kyiv"),
                attachments=(Attachment(kind=Kind.LOCATION, data={"latitude": 50.45, "longitude": 30.52}),),
            ),
        ),
        ({"type": "location", "location": {"lat": 95, "lon": 30, "address": "Kyiv"}}, Content(text=Text("Kyiv"))),
        ({"type": "url", "media": "https://example.org/page"}, Content(text=Text("https://example.org/page"))),
        (
            {"type": "url", "text": "смотрите", "media": "https://example.org/a.gif"},
            Content(text=Text("смотрите\nhttps://example.org/a.gif")),
        ),
        ({"type": "url", "text": "https://e.org", "media": "https://e.org"}, Content(text=Text("https://e.org"))),
    ],
)
def test_every_type_of_message_is_read(message: dict[str, Any], expected: Content):
    assert said(message) == expected


def unknown(what: str, text: str = "") -> Content:
    return Content(text=Text(text), attachments=(Attachment(kind=Kind.UNKNOWN, data={"what": what}),))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"type": "hologram"}, unknown("hologram")),
        ({"type": "poll", "text": "Чай?", "media": "https://e.org/p"}, unknown("poll", "Чай?\nhttps://e.org/p")),
        ({"type": "rich_media", "media": "javascript:alert(1)"}, unknown("rich_media")),
        ({"type": "x" * 1000}, unknown("x" * 40)),
        ({"type": "text"}, unknown("text")),
        ({"type": "text", "text": None}, unknown("text")),
        ({"type": "text", "text": 7}, unknown("text")),
        ({"type": "picture"}, unknown("picture")),
        ({"type": "picture", "media": "file:///etc/passwd", "text": "вот"}, unknown("picture", "вот")),
        ({"type": "video", "media": ["a"]}, unknown("video")),
        ({"type": "file", "media": None}, unknown("file")),
        ({"type": "contact"}, unknown("contact")),
        ({"type": "contact", "contact": "Bob"}, unknown("contact")),
        ({"type": "contact", "contact": {"phone_number": 5}}, unknown("contact")),
        ({"type": "location"}, unknown("location")),
        ({"type": "location", "location": {"lat": "NaN", "lon": 1}}, unknown("location")),
        ({"type": "location", "location": {"lat": True, "lon": 1}}, unknown("location")),
        ({"type": "location", "location": {"lat": 1}}, unknown("location")),
        ({"type": "url"}, unknown("url")),
        ({"type": 5}, unknown("message")),
        ({"type": None}, unknown("message")),
        ({}, unknown("message")),
    ],
)
def test_what_cannot_be_read_has_a_placeholder(message: dict[str, Any], expected: Content):
    assert said(message) == expected


@pytest.mark.parametrize("message", [None, "text", [], 5])
def test_a_message_that_is_no_object_has_a_placeholder(message: Any):
    found = incoming(read_event(event(message=message), NOW), ExternalId("a"), VIBER, RU)
    assert found.content == unknown("message")


@pytest.mark.parametrize("size", [0, -5, True, "many", float("inf"), [], None])
def test_a_size_that_is_none_is_not_told(size: Any):
    (attachment,) = said({"type": "file", "media": PDF, "file_size": size}).attachments
    assert attachment.size is None


def test_a_message_is_read_whole():
    found = read_event(event(), NOW)
    assert (found.name, found.customer) == ("message", "q3Vd0mWsT1eXb7LpUj9kAg==")
    message = incoming(found, ExternalId("q3Vd0mWsT1eXb7LpUj9kAg=="), VIBER, RU)
    assert message.external_id == "in:5102334455667788990"
    assert message.written_at == AT
    assert (message.profile.name, message.profile.language) == ("Ann Lee", "uk")
    assert message.profile.avatar is None
    assert country(found) == "UA"


def test_a_token_is_the_same_as_a_number_and_as_a_string():
    as_number = json.loads('{"message_token": 5102334455667788990}')
    assert token_of(as_number) == token_of({"message_token": "5102334455667788990"}) == "5102334455667788990"
    assert token_of({"message_token": True}) == token_of({"message_token": 1.5}) == token_of({}) == ""


def test_an_event_without_a_token_is_known_by_all_of_it():
    one, same, other = (
        read_event({"event": "message", "sender": ANN, "message": {"type": "text", "text": text}}, NOW).token
        for text in ("a", "a", "b")
    )
    assert one == same != other
    assert one


@pytest.mark.parametrize(
    "name", ["Subscriber", "subscriber", " Viber User ", "", None, 5], ids=lambda name: repr(name)
)
def test_a_name_that_stands_for_none_leaves_a_guest(name: Any):
    assert profile(read_event(event(sender=ANN | {"name": name}), NOW), VIBER).name == ""


def test_a_person_without_a_name_is_read():
    found = read_event(event(sender={"id": "a"}), NOW)
    assert profile(found, VIBER).name == ""
    assert country(found) == ""


def test_an_avatar_is_a_file_at_viber():
    url = "https://media-direct.cdn.viber.com/a?dlid=1"
    assert profile(read_event(event(sender=ANN | {"avatar": url}), NOW), VIBER).avatar == remote(VIBER, url)
    assert profile(read_event(event(sender=ANN | {"avatar": "data:x"}), NOW), VIBER).avatar is None


@pytest.mark.parametrize(
    "timestamp",
    [None, "soon", True, -1, 10**30, float("nan"), int((NOW + timedelta(days=400)).timestamp() * 1000), []],
    ids=repr,
)
def test_a_time_that_is_none_is_now(timestamp: Any):
    assert read_event(event(timestamp=timestamp), NOW).at == NOW


@pytest.mark.parametrize(
    "fields", [{}, {"event": 5}, {"sender": "Ann"}, {"user": {"id": 7}}, {"user_id": "x" * 999}]
)
def test_an_event_of_nobody_is_no_error(fields: dict[str, Any]):
    assert read_event(fields, NOW).customer is None


def test_who_is_told_in_three_ways():
    assert read_event({"user": ANN}, NOW).customer == ANN["id"]
    assert read_event({"sender": ANN}, NOW).customer == ANN["id"]
    assert read_event({"user_id": "abc"}, NOW).customer == "abc"


def test_the_links_parameter_is_read():
    assert context(read_event({"event": "conversation_started", "context": " promo1 "}, NOW)) == "promo1"
    assert context(read_event({"event": "conversation_started"}, NOW)) == ""
