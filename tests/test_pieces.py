"""A message is cut into what a channel can carry; nothing of it is lost, and the cut is always the same."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.catalogue import Catalogue
from bridge.channels.telegram.abilities import abilities as telegram_abilities
from bridge.contracts import Abilities
from bridge.model import Attachment, Content, File, Kind, Refused, Span, Text, Why
from bridge.pieces import pieces
from bridge.text import units

RU = Catalogue("ru")
OWN = "telegram:9001"
TELEGRAM = telegram_abilities(OWN)
PLAIN = Abilities(
    text_limit=20,
    caption_limit=0,
    kinds=frozenset({Kind.PHOTO}),
    as_text=frozenset(Kind) - {Kind.PHOTO},
    file_limit=1000,
)
SMALL = replace(TELEGRAM, text_limit=20, caption_limit=9, album_limit=3)


def photo(caption: str = "", **fields: object) -> Attachment:
    file = File(origin=OWN, ref="p")
    return Attachment(kind=Kind.PHOTO, file=file, caption=Text(caption), **fields)  # type: ignore[arg-type]


def of(kind: Kind, caption: str = "") -> Attachment:
    return Attachment(kind=kind, file=File(origin=OWN, ref=kind.value), caption=Text(caption))


def cut(content: Content, abilities: Abilities = SMALL) -> list[object]:
    """Pieces, short: a text as its words, an album as its kinds and captions."""
    made = pieces(content, abilities, RU)
    assert not isinstance(made, Refused), made
    return [
        piece.text.plain if not piece.attachments else [(a.kind.value, a.caption.plain) for a in piece.attachments]
        for piece in made
    ]


def test_a_short_text_is_one_piece():
    content = Content(text=Text("Привет!", (Span(kind="bold", offset=0, length=6),)))
    assert pieces(content, TELEGRAM, RU) == (content,)


def test_a_long_text_is_split_between_words():
    assert cut(Content(text=Text("Одно предложение и ещё одно"))) == ["Одно предложение и", "ещё одно"]


def test_an_album_stays_an_album():
    album = Content(attachments=(photo("два вида"), photo(), of(Kind.VIDEO)))
    assert pieces(album, TELEGRAM, RU) == (album,)


def test_an_album_is_cut_at_its_limit_and_where_kinds_do_not_mix():
    content = Content(attachments=(*(photo() for _ in range(4)), of(Kind.DOCUMENT), of(Kind.AUDIO)))
    assert cut(content) == [
        [("photo", "")] * 3,
        [("photo", "")],
        [("document", "")],
        [("audio", "")],
    ]


def test_a_caption_that_does_not_fit_goes_on_below():
    content = Content(attachments=(photo("один два три четыре"),))
    assert cut(content) == [[("photo", "один два")], "три четыре"]


def test_formatting_goes_on_below_too():
    caption = Text("один два три четыре", (Span(kind="bold", offset=5, length=7),))
    made = pieces(Content(attachments=(replace(photo(), caption=caption),)), SMALL, RU)
    assert not isinstance(made, Refused)
    assert made[0].attachments[0].caption == Text("один два", (Span(kind="bold", offset=5, length=3),))
    assert made[1].text == Text("три четыре", (Span(kind="bold", offset=0, length=3),))


def test_captions_of_an_album_that_do_not_fit_come_behind_all_of_it():
    content = Content(attachments=(photo("один два три"), photo("раз два три")))
    assert cut(content) == [[("photo", "один два"), ("photo", "раз два")], "три\nтри"]


def test_a_sticker_with_a_caption_says_it_below():
    content = Content(attachments=(of(Kind.STICKER, "вот так"),))
    assert cut(content) == [[("sticker", "")], "вот так"]


def test_a_text_before_a_file_goes_under_it_when_it_fits():
    assert cut(Content(text=Text("вот"), attachments=(photo(),))) == [[("photo", "вот")]]
    assert cut(Content(text=Text("вот он"), attachments=(photo("подпись"),))) == ["вот он", [("photo", "подпись")]]
    assert cut(Content(text=Text("слишком длинно"), attachments=(photo(),))) == ["слишком длинно", [("photo", "")]]
    assert cut(Content(text=Text("вот"), attachments=(of(Kind.STICKER),))) == ["вот", [("sticker", "")]]


AS_TEXT = [
    (Kind.LOCATION, {"latitude": 55.75, "longitude": 37.62}, "Место: https://maps.google.com/?q=55.75,37.62"),
    (
        Kind.VENUE,
        {"latitude": 55.75, "longitude": 37.62, "title": "Склад", "address": "Мира, 1"},
        "Склад\nМира, 1\nМесто: https://maps.google.com/?q=55.75,37.62",
    ),
    (Kind.CONTACT, {"phone": "+79990000000", "first_name": "Пётр", "last_name": "И."}, "Пётр И. +79990000000"),
    (Kind.CONTACT, {"phone": "+79990000000", "first_name": ""}, "+79990000000"),
    (Kind.DICE, {"emoji": "🎲", "value": 4}, "🎲 4"),
    (Kind.POLL, {"question": "Когда?", "options": ["Утром", "Днём"]}, "Когда?\n• Утром\n• Днём"),
    (Kind.STICKER, {"emoji": "👍"}, "👍"),
    (Kind.STICKER, {"emoji": ""}, "[стикер]"),
]


@pytest.mark.parametrize(("kind", "data", "text"), AS_TEXT, ids=lambda value: str(value)[:20])
def test_what_a_channel_lacks_becomes_words(kind, data, text):
    wide = replace(PLAIN, text_limit=200)
    assert cut(Content(attachments=(Attachment(kind=kind, data=data),)), wide) == [text]


def test_words_stand_with_the_text_in_one_piece():
    dice = Attachment(kind=Kind.DICE, data={"emoji": "🎲", "value": 4})
    assert cut(Content(text=Text("вот"), attachments=(dice, photo())), PLAIN) == ["вот\n🎲 4", [("photo", "")]]


def test_a_thing_that_no_words_stand_for_is_refused_whole():
    content = Content(text=Text("вот"), attachments=(of(Kind.VIDEO),))
    assert pieces(content, PLAIN, RU) == Refused(Why.UNSUPPORTED, "video")
    unknown = Content(attachments=(Attachment(kind=Kind.UNKNOWN, data={"what": "story"}),))
    assert pieces(unknown, TELEGRAM, RU) == Refused(Why.UNSUPPORTED, "unknown")


def test_a_file_too_big_is_refused_with_the_limit():
    big = 50 * 1024 * 1024 + 1
    foreign = Attachment(kind=Kind.DOCUMENT, file=File(origin="media", ref="1"), size=big)
    refused = pieces(Content(attachments=(foreign,)), TELEGRAM, RU)
    assert isinstance(refused, Refused)
    assert (refused.why, refused.limit) == (Why.TOO_BIG, "50 МБ")


def test_a_file_that_goes_by_reference_has_no_limit():
    own = Attachment(kind=Kind.DOCUMENT, file=File(origin=OWN, ref="1"), size=2_000_000_000)
    assert cut(Content(attachments=(own,))) == [[("document", "")]]


@pytest.mark.parametrize("text", ["", "   \n", "\u200b", "\u2800", "\u200d\ufe0f", "\u3164 "])
def test_nothing_to_see_is_refused(text):
    assert pieces(Content(text=Text(text)), TELEGRAM, RU) == Refused(Why.EMPTY)


@pytest.mark.parametrize("text", [".", "👍", "\U0001fae9", "❤", "\ue000"])
def test_one_sign_is_something(text):
    assert cut(Content(text=Text(text))) == [text]


def test_where_nothing_is_formatted_the_addresses_of_links_are_spelled_out():
    link = Text("Вот он", (Span(kind="text_link", offset=0, length=3, url="https://a.example"),))
    said = Content(text=link, attachments=(Attachment(kind=Kind.DOCUMENT, caption=link),))
    made = pieces(said, replace(PLAIN, text_limit=100, kinds=frozenset({Kind.DOCUMENT}), caption_limit=0), RU)
    assert [piece.text.plain for piece in made if piece.text] == ["Вот (https://a.example) он"] * 2
    assert pieces(Content(text=link), telegram_abilities(""), RU) == (Content(text=link),)


def test_a_text_with_nothing_to_see_beside_a_photo_is_dropped():
    assert cut(Content(text=Text(" \u200b"), attachments=(photo("\u200b"),))) == [[("photo", "")]]


ALPHABET = st.sampled_from("аб x\n.👍\u200d🏽é\u0301🇷🇺")
WORDS = st.text(ALPHABET, max_size=120)


@st.composite
def texts(draw):
    plain = draw(WORDS)
    length = units(plain)
    spans = []
    for _ in range(draw(st.integers(0, 3)) if length else 0):
        start = draw(st.integers(0, length - 1))
        spans.append(Span(kind="bold", offset=start, length=draw(st.integers(1, length - start))))
    return Text(plain, tuple(spans))


@st.composite
def contents(draw):
    kinds = st.sampled_from([Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT, Kind.STICKER, Kind.DICE])
    attachments = []
    for kind in draw(st.lists(kinds, max_size=7)):
        data = {"emoji": "🎲", "value": 4} if kind is Kind.DICE else {}
        file = None if kind is Kind.DICE else File(origin=OWN, ref="f")
        attachments.append(Attachment(kind=kind, file=file, data=data, caption=draw(texts())))
    return Content(text=draw(texts()), attachments=tuple(attachments))


def seen(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=150, deadline=None)
@given(contents())
def test_pieces_keep_the_limits_and_lose_nothing(content):
    made = pieces(content, SMALL, RU)
    if isinstance(made, Refused):
        assert made.why is Why.EMPTY and not content.attachments
        return
    assert made == pieces(content, SMALL, RU)
    said = ""
    for piece in made:
        assert bool(piece.text) != bool(piece.attachments)
        assert units(piece.text.plain) <= SMALL.text_limit
        assert len(piece.attachments) <= SMALL.album_limit
        kinds = {a.kind for a in piece.attachments}
        assert len(piece.attachments) < 2 or any(kinds <= allowed for allowed in SMALL.albums)
        for text in (piece.text, *(a.caption for a in piece.attachments)):
            assert all(s.offset >= 0 and s.offset + s.length <= units(text.plain) for s in text.spans)
        for attachment in piece.attachments:
            assert units(attachment.caption.plain) <= SMALL.caption_limit
            assert not (attachment.caption and attachment.kind in SMALL.no_caption)
            said += attachment.caption.plain
        said += piece.text.plain
    words = content.text.plain + "".join(
        ("🎲4" if a.kind is Kind.DICE else "") + a.caption.plain for a in content.attachments
    )
    assert sorted(visible(said)) == sorted(visible(words))
    carried = [a.kind for piece in made for a in piece.attachments]
    assert carried == [a.kind for a in content.attachments if a.kind is not Kind.DICE]


def visible(text: str) -> str:
    """The characters that must not get lost; joiners and marks may, where they stand alone."""
    return "".join(ch for ch in seen(text) if ch not in "\u200d\u0301")
