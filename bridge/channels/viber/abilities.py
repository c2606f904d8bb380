"""What a Viber bot can carry. https://developers.viber.com/docs/api/rest-bot-api/#message-types"""

from typing import Final

from bridge.contracts import Abilities, Shows, Tells
from bridge.model import Kind

MEGABYTE: Final = 1024 * 1024
TEXT_LIMIT: Final = 7000  # characters, counted in UTF-16 units to be safe
CAPTION_LIMIT: Final = 768
FILE_LIMIT: Final = 50 * MEGABYTE
VIDEO_LIMIT: Final = 26 * MEGABYTE  # a bigger one goes as a file
VIDEO_SECONDS: Final = 180  # so does a longer one
PICTURE_LIMIT: Final = MEGABYTE  # what iPhones show
CONTACT_NAME_LIMIT: Final = 28
CONTACT_PHONE_LIMIT: Final = 18

# https://developers.viber.com/docs/api/rest-bot-api/#forbiddenFileFormats
_REFUSED: Final = (
    "action apk app bat bin cmd com command cpl csh exe gadget inf1 ins inx ipa isu job jse ksh lnk msc msi msp mst"
    " osx out paf pif ps1 reg rgs run sct shb shs u3p vb vbe vbs vbscript workflow ws wsf"
)
REFUSED_TYPES: Final = frozenset(_REFUSED.split())
FILES: Final = frozenset(
    {Kind.PHOTO, Kind.VIDEO, Kind.ANIMATION, Kind.AUDIO, Kind.VOICE, Kind.VIDEO_NOTE, Kind.DOCUMENT, Kind.STICKER}
)

ABILITIES: Final = Abilities(
    text_limit=TEXT_LIMIT,
    caption_limit=CAPTION_LIMIT,
    kinds=FILES | {Kind.LOCATION, Kind.VENUE, Kind.CONTACT},
    as_text=frozenset({Kind.DICE, Kind.POLL}),
    # Words under a video are shown by newer clients only, and lost on others: they go by themselves.
    no_caption=(FILES - {Kind.PHOTO}) | {Kind.LOCATION, Kind.VENUE, Kind.CONTACT},
    file_limit=FILE_LIMIT,
    refused_types=REFUSED_TYPES,
    shows=frozenset({Shows.NAME, Shows.AVATAR}),
    # Voice messages are not given to bots.
    receives=frozenset({Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT, Kind.STICKER, Kind.LOCATION, Kind.CONTACT}),
    tells=frozenset({Tells.DELIVERED, Tells.SEEN, Tells.BLOCKED, Tells.REFERRAL, Tells.FAILED}),
)
