"""What a channel does not carry: refused with the limit named, or sent as an address; and quotes in words."""

from dataclasses import replace

import pytest

from bridge.catalogue import Catalogue
from bridge.contracts import Abilities
from bridge.model import Attachment, Content, File, Kind, Refused, Span, Text, Why
from bridge.pieces import MEGABYTE, QUOTED_LIMIT, megabytes, pieces, quoted, with_quote

RU = Catalogue("ru")
MESSENGER = Abilities(
    text_limit=200,
    caption_limit=200,
    kinds=frozenset({Kind.PHOTO, Kind.DOCUMENT, Kind.VOICE}),
    as_text=frozenset({Kind.LOCATION}),
    file_limit=50 * MEGABYTE,
    kind_limits={Kind.PHOTO: MEGABYTE, Kind.VOICE: 2 * MEGABYTE},
    refused_types=frozenset({"exe", "bat"}),
    free_origin="own",
)
PLACE = Attachment(kind=Kind.LOCATION, data={"latitude": 1.5, "longitude": 2.5})


def file(
    kind: Kind, size: int | None = 1, name: str = "", caption: str = "", origin: str = "telegram:1"
) -> Attachment:
    return Attachment(kind=kind, file=File(origin=origin, ref="r"), size=size, name=name, caption=Text(caption))


def link(item: int) -> str:
    return f"https://help.example.ru/{item}"


def made(*attachments: Attachment, text: str = "", links: bool = False) -> tuple[Content, ...] | Refused:
    return pieces(Content(text=Text(text), attachments=attachments), MESSENGER, RU, link if links else None)


REFUSALS = [
    (file(Kind.PHOTO, MEGABYTE), None),
    (file(Kind.PHOTO, MEGABYTE + 1), ("too-big", "1 МБ")),
    (file(Kind.VOICE, 2 * MEGABYTE), None),
    (file(Kind.VOICE, 2 * MEGABYTE + 1), ("too-big", "2 МБ")),
    (file(Kind.DOCUMENT, 50 * MEGABYTE), None),
    (file(Kind.DOCUMENT, 50 * MEGABYTE + 1), ("too-big", "50 МБ")),
    (file(Kind.DOCUMENT, None), None),
    (file(Kind.PHOTO, 99 * MEGABYTE, origin="own"), None),
    (file(Kind.DOCUMENT, 1, "setup.exe"), ("file-type", ".exe")),
    (file(Kind.DOCUMENT, 1, "SETUP.EXE"), ("file-type", ".exe")),
    (file(Kind.DOCUMENT, 1, "report.pdf.bat"), ("file-type", ".bat")),
    (file(Kind.DOCUMENT, 1, "setup.exe", origin="own"), ("file-type", ".exe")),
    (file(Kind.DOCUMENT, 1, "exe"), None),
    (file(Kind.DOCUMENT, 1, "report.exe.pdf"), None),
    (file(Kind.VIDEO), ("unsupported", "")),
    (PLACE, None),
]


@pytest.mark.parametrize(("attachment", "expected"), REFUSALS)
def test_what_is_refused_and_with_which_limit(attachment: Attachment, expected: tuple[str, str] | None):
    done = made(attachment)
    if expected is None:
        assert not isinstance(done, Refused)
    else:
        assert isinstance(done, Refused) and (done.why, done.limit) == (Why(expected[0]), expected[1])


@pytest.mark.parametrize("attachment", [each for each, expected in REFUSALS if expected])
def test_with_links_it_becomes_an_address(attachment: Attachment):
    (piece,) = made(attachment, text="Вот", links=True)  # type: ignore[misc]
    assert piece == Content(text=Text(f"Вот\n📎 {attachment.name or 'файл'}: {link(0)}"))


@pytest.mark.parametrize("attachment", [each for each, expected in REFUSALS if not expected])
def test_what_is_carried_needs_no_address(attachment: Attachment):
    assert made(attachment, links=True) == made(attachment)


def test_each_address_is_of_its_own_attachment_and_the_others_go_as_they_are():
    big = file(Kind.PHOTO, 9 * MEGABYTE, "план.jpg", "это план")
    done = made(file(Kind.PHOTO), big, file(Kind.DOCUMENT, 1, "a.exe"), PLACE, text="Смотрите", links=True)
    assert not isinstance(done, Refused)
    assert [piece.text.plain or piece.attachments[0].caption.plain for piece in done] == [
        f"Смотрите\n📎 план.jpg: {link(1)}\nэто план\n📎 a.exe: {link(2)}",
        "Место: https://maps.google.com/?q=1.5,2.5",
    ]
    assert [a.kind for piece in done for a in piece.attachments] == [Kind.PHOTO]


def test_what_is_no_file_has_no_address():
    poll = Attachment(kind=Kind.POLL, data={"question": "?", "options": []})
    done = made(poll, links=True)
    assert isinstance(done, Refused) and done.why is Why.UNSUPPORTED


@pytest.mark.parametrize(
    ("content", "quote", "expected"),
    [
        (Content(text=Text("Есть синий\nи красный")), "", "«Есть синий и красный»"),
        (Content(text=Text("Есть синий и красный")), "красный", "«красный»"),
        (Content(attachments=(file(Kind.PHOTO, caption="вот такой"),)), "", "«вот такой»"),
        (Content(attachments=(file(Kind.DOCUMENT, name="счёт.pdf"),)), "", "«счёт.pdf»"),
        (Content(attachments=(file(Kind.PHOTO),)), "", "«файл»"),
        (Content(), "", ""),
        (Content(text=Text("  \n ")), "", ""),
    ],
)
def test_what_is_answered_in_a_line(content: Content, quote: str, expected: str):
    assert quoted(content, quote, RU) == expected


def test_a_long_one_is_cut():
    said = quoted(Content(text=Text("слово " * 100)), "", RU)
    assert len(said) <= QUOTED_LIMIT + 2 and said.endswith("…»")


def test_a_message_that_begins_with_it_keeps_its_formatting():
    content = Content(text=Text("Да, жирно", (Span(kind="bold", offset=4, length=5),)))
    done = with_quote(content, "«👍 так?»")
    assert done.text.plain == "> «👍 так?»\nДа, жирно"
    (span,) = done.text.spans
    units = done.text.plain.encode("utf-16-le")
    assert units[2 * span.offset : 2 * (span.offset + span.length)].decode("utf-16-le") == "жирно"
    assert with_quote(content, "") == content


def test_a_photo_without_words_is_still_an_answer():
    done = with_quote(Content(attachments=(file(Kind.PHOTO),)), "«Какой?»")
    assert done.text.plain == "> «Какой?»"
    (piece,) = pieces(done, MESSENGER, RU)  # type: ignore[misc]
    assert piece.attachments[0].caption.plain == "> «Какой?»"


@pytest.mark.parametrize(("size", "expected"), [(MEGABYTE, "1 МБ"), (200 * MEGABYTE, "200 МБ")])
def test_a_limit_for_people(size: int, expected: str):
    assert megabytes(size, RU) == expected


def test_a_kind_without_a_limit_has_none():
    unlimited = replace(MESSENGER, file_limit=None, kind_limits={})
    assert not isinstance(pieces(Content(attachments=(file(Kind.DOCUMENT, 10**12),)), unlimited, RU), Refused)
