"""What the widget can show."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bridge.contracts import Abilities, Shows, Tells
from bridge.model import Attachment, Content, Kind

FILES: Final = frozenset(
    {Kind.PHOTO, Kind.VIDEO, Kind.ANIMATION, Kind.AUDIO, Kind.VOICE, Kind.VIDEO_NOTE, Kind.DOCUMENT, Kind.STICKER}
)
TEXT_LIMIT: Final = 10_000
FILE_LIMIT: Final = 20 * 1024 * 1024  # what Telegram's cloud gives a bot
VECTOR_STICKER: Final = "application/x-tgsticker"  # no browser plays it

# A message is one thing in the visitor's mailbox: any attachments together, with all that is written under them.
ABILITIES: Final = Abilities(
    text_limit=TEXT_LIMIT,
    caption_limit=TEXT_LIMIT,
    kinds=FILES,
    as_text=frozenset({Kind.LOCATION, Kind.VENUE, Kind.CONTACT, Kind.DICE, Kind.POLL}),
    albums=(FILES,),
    album_limit=100,
    file_limit=FILE_LIMIT,
    edits=True,
    unsends=True,
    shows=frozenset({Shows.TYPING, Shows.SEEN, Shows.NAME, Shows.AVATAR, Shows.QUOTES, Shows.FORMATTING}),
    receives=frozenset({Kind.PHOTO, Kind.VIDEO, Kind.AUDIO, Kind.DOCUMENT}),
    tells=frozenset({Tells.DELIVERED, Tells.SEEN, Tells.REFERRAL}),
)
# As it is shown, whatever its size: it has been taken in.
SHOWN: Final = replace(ABILITIES, file_limit=None)
_IN_WORDS: Final = replace(SHOWN, kinds=FILES - {Kind.STICKER}, as_text=SHOWN.as_text | {Kind.STICKER})


def is_file(attachment: Attachment) -> bool:
    """Whether the widget shows it as a file, and not in words."""
    return attachment.kind in FILES and attachment.file is not None and attachment.mime != VECTOR_STICKER


def abilities_for(content: Content) -> Abilities:
    """How this content is shown: a sticker that no browser plays becomes its emoji."""
    vector = any(attachment.mime == VECTOR_STICKER for attachment in content.attachments)
    return _IN_WORDS if vector else SHOWN
