"""What a community can carry to people (https://dev.vk.com/ru/method/messages.send)."""

from __future__ import annotations

from typing import Final

from bridge.contracts import Abilities, Shows, Tells
from bridge.model import Kind

MEGABYTE: Final = 1024 * 1024
TEXT_LIMIT: Final = 4096  # the schema says 9000; what is longer than this gets error 914
ATTACHED_MOST: Final = 10
PHOTO_LIMIT: Final = 50 * MEGABYTE  # https://dev.vk.com/ru/api/upload/photo-in-message
FILE_LIMIT: Final = 200 * MEGABYTE  # https://dev.vk.com/ru/api/upload/document-in-message
# «any but mp3 and executable files»
REFUSED_TYPES: Final = frozenset(
    {"mp3", "exe", "com", "bat", "cmd", "msi", "scr", "dll", "apk", "ipa", "jar", "sh", "vbs", "js", "dmg"}
)
_FILES: Final = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.ANIMATION, Kind.AUDIO, Kind.VIDEO_NOTE, Kind.DOCUMENT})

ABILITIES: Final = Abilities(
    text_limit=TEXT_LIMIT,
    caption_limit=TEXT_LIMIT,
    kinds=_FILES | {Kind.VOICE, Kind.STICKER, Kind.LOCATION, Kind.VENUE},
    as_text=frozenset({Kind.CONTACT, Kind.POLL, Kind.DICE}),
    albums=(_FILES,),
    album_limit=ATTACHED_MOST,
    no_caption=frozenset({Kind.VOICE, Kind.STICKER}),
    file_limit=FILE_LIMIT,
    kind_limits={Kind.PHOTO: PHOTO_LIMIT},
    refused_types=REFUSED_TYPES,
    edits=True,
    unsends=True,
    shows=frozenset({Shows.TYPING, Shows.SEEN, Shows.QUOTES, Shows.FORMATTING}),
    receives=frozenset({Kind.PHOTO, Kind.ANIMATION, Kind.VOICE, Kind.DOCUMENT, Kind.STICKER, Kind.LOCATION}),
    tells=frozenset(
        {
            Tells.EDITS,
            Tells.SEEN,
            Tells.TYPING,
            Tells.REACTIONS,
            Tells.BLOCKED,
            Tells.STAFF,
            Tells.REFERRAL,
        }
    ),
)
