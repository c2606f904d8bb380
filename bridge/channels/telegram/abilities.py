"""What a bot can carry to people in private chats (https://core.telegram.org/bots/api)."""

from bridge.contracts import Abilities, Shows, Tells
from bridge.model import Kind
from bridge.telegram.client import UPLOAD_LIMIT

TEXT_LIMIT = 4096  # https://core.telegram.org/bots/api#sendmessage
CAPTION_LIMIT = 1024  # https://core.telegram.org/bots/api#sendphoto
ALBUM_LIMIT = 10  # https://core.telegram.org/bots/api#sendmediagroup


def abilities(origin: str) -> Abilities:
    """The abilities of the bot whose own files have `origin`: those go by id, whatever their size."""
    return Abilities(
        text_limit=TEXT_LIMIT,
        caption_limit=CAPTION_LIMIT,
        kinds=frozenset(Kind) - {Kind.UNKNOWN, Kind.DICE},
        as_text=frozenset({Kind.DICE}),  # a die thrown anew would show another number
        albums=(
            frozenset({Kind.PHOTO, Kind.VIDEO}),
            frozenset({Kind.DOCUMENT}),
            frozenset({Kind.AUDIO}),
        ),
        album_limit=ALBUM_LIMIT,
        no_caption=frozenset({Kind.STICKER, Kind.VIDEO_NOTE, Kind.LOCATION, Kind.VENUE, Kind.CONTACT, Kind.POLL}),
        file_limit=UPLOAD_LIMIT,
        free_origin=origin,
        edits=True,
        unsends=True,
        shows=frozenset({Shows.QUOTES, Shows.FORMATTING}),
        receives=frozenset(Kind) - {Kind.UNKNOWN},
        tells=frozenset({Tells.EDITS, Tells.BLOCKED}),
    )
