"""Whatever the channel: every kind of thing, both ways, as its abilities say; what they leave out is told."""

import pytest

from bridge.contracts import Abilities
from bridge.model import Kind
from tests.alike.ends import FILES, PLACE, CannotDo, End
from tests.alike.test_talk import begin
from tests.emulators.telegram import Attachment, Seen
from tests.some_files import picture
from tests.stories.scenes import quiet

# How the group shows what customers send: as what it is, or as a document where Telegram would not take it.
SHOWN = {kind: (kind.value, "document") for kind in FILES} | {
    Kind.STICKER: ("sticker", "photo", "document"),
    Kind.LOCATION: ("location",),
    Kind.VENUE: ("venue",),
    Kind.CONTACT: ("contact",),
}
MEDIA = ("photo", "animation", "video_note", "video", "voice", "audio", "sticker", "document")
MEDIA += ("venue", "location", "contact")
# What stands in a text in place of a thing that the channel cannot carry.
IN_WORDS = {
    Kind.LOCATION: "59.93",
    Kind.VENUE: "Невский, 1",
    Kind.CONTACT: "+79990001122",
    Kind.DICE: "🎲",
    Kind.POLL: "Чай?",
    Kind.STICKER: "👋",
}


def said(kind: Kind) -> dict[str, object]:
    """How an operator sends such a thing in the emulator."""
    match kind:
        case Kind.LOCATION:
            return {"location": PLACE}
        case Kind.VENUE:
            return {"venue": (*PLACE, "Лавка", "Невский, 1")}
        case Kind.CONTACT:
            return {"contact": ("+79990001122", "Борис")}
        case Kind.POLL:
            return {"poll": ("Чай?", ["да", "нет"])}
        case Kind.DICE:
            return {"dice": 4}
        case Kind.STICKER:
            return {"sticker": Attachment(FILES[kind], emoji="👋")}
        case Kind.DOCUMENT:
            return {"document": Attachment(FILES[kind], "price.pdf", "application/pdf")}
        case Kind.AUDIO:
            return {"audio": Attachment(FILES[kind], "song.mp3", "audio/mpeg", duration=3)}
    return {kind.value: FILES[kind]}


def carries(abilities: Abilities, kind: Kind) -> bool:
    ending = {Kind.AUDIO: "mp3"}.get(kind, "")
    return kind in abilities.kinds and ending not in abilities.refused_types


def media(post: Seen) -> str:
    """What a post of the group is."""
    return next((kind for kind in MEDIA if post.get(kind)), "")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.UNKNOWN])
async def test_what_customers_send_is_shown_as_what_it_is(end: End, kind: Kind) -> None:
    if kind not in end.abilities.receives:
        if end.kind == "site":
            return  # the widget gives any file to be sent; the server says what it is
        someone = await end.person("Анна")
        with pytest.raises(CannotDo):
            await someone.sends(kind)
        return
    someone, thread = await begin(end)
    before = len(thread.posts)
    await someone.sends(kind)
    if kind in (Kind.POLL, Kind.DICE):
        await thread.shows(IN_WORDS[kind])
        return
    post = await end.town.until(
        lambda: next((post for post in thread.posts[before:] if media(post)), None),
        lambda: f"no {kind}: {[post.text for post in thread.posts[before:]]}",
    )
    if kind is Kind.ANIMATION:
        assert media(post) in ("animation", "video", "document")
    else:
        assert media(post) in SHOWN[kind], media(post)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.UNKNOWN])
async def test_what_operators_send_arrives_or_is_refused_with_a_reason(end: End, kind: Kind) -> None:
    someone, thread = await begin(end)
    answer = await thread.answers(**said(kind))
    if carries(end.abilities, kind):
        got = await end.town.until(
            lambda: next((got for got in someone.got if got.kinds), None), lambda: str(someone.got)
        )
        assert got.kinds
        if got.data and kind in (Kind.DOCUMENT, Kind.VIDEO):
            assert got.data[0] == FILES[kind]
    elif kind in end.abilities.as_text:
        await end.town.until(
            lambda: any(IN_WORDS[kind] in text for text in someone.texts), lambda: str(someone.texts)
        )
    else:
        await end.town.reaction(answer, "💔")
        await end.town.finds("Не доставлено", topic=thread.topic)
        assert not someone.got


async def test_a_caption_arrives_with_its_photo(end: End) -> None:
    someone, thread = await begin(end)
    await thread.answers(photo=FILES[Kind.PHOTO], caption="Вот такой")
    await end.town.until(lambda: "Вот такой" in someone.texts, lambda: str(someone.got))
    assert any(got.kinds for got in someone.got)


async def test_an_album_of_an_operator_arrives_in_order_and_whole(end: End) -> None:
    someone, thread = await begin(end)
    photos = [picture("JPEG", quality=quality) for quality in (30, 60, 90)]
    await end.town.olga.album(end.town.group, list(photos), topic=thread.topic, caption="Три вида")
    await end.town.until(lambda: sum(len(got.kinds) for got in someone.got) == 3, lambda: str(someone.got))
    assert "Три вида" in someone.texts
    await quiet(end.town)
    assert sum(len(got.kinds) for got in someone.got) == 3


async def test_an_album_of_a_customer_is_shown_whole(end: End) -> None:
    someone, thread = await begin(end)
    before = len(thread.posts)
    photos = [picture("JPEG", quality=quality) for quality in (30, 60, 90)]
    try:
        await someone.sends_album(*photos)
    except CannotDo:
        assert end.kind == "viber"  # which sends pictures one by one
        return
    await end.town.until(
        lambda: len([post for post in thread.posts[before:] if post.get("photo")]) == 3,
        lambda: str([post.text for post in thread.posts[before:]]),
    )


async def test_an_answer_to_a_photo_that_came_before_the_program_stopped(end: End) -> None:
    someone = await end.person("Анна")
    await someone.sends(Kind.PHOTO)
    card = await end.town.card(end.title)
    await end.town.stop()
    await end.town.start()
    await end.town.olga.presses(card, "Принять")
    await end.town.until(lambda: any(post.get("photo") for post in end.town.group.messages(by=end.town.bot)))
