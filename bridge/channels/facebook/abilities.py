"""What a page can carry to people in Messenger (https://developers.facebook.com/docs/messenger-platform/send-messages)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bridge.contracts import Abilities, Shows, Tells
from bridge.model import Kind

TEXT_LIMIT: Final = 2000  # characters; counted here in UTF-16 units, which are never fewer
FILE_LIMIT: Final = 25 * 1024 * 1024  # bytes of any attachment that is uploaded
WINDOW: Final = timedelta(hours=24)  # after the customer's last action
HUMAN_WINDOW: Final = timedelta(days=7)  # for people's own words, with the feature Human Agent


def abilities(*, human_agent: bool) -> Abilities:
    """The abilities of a page; `human_agent`: its app has the feature of that name.

    Several pictures go one by one: that one message may carry them all is not documented for all pages.
    """
    return Abilities(
        text_limit=TEXT_LIMIT,
        kinds=frozenset(
            {
                Kind.PHOTO,
                Kind.VIDEO,
                Kind.ANIMATION,
                Kind.AUDIO,
                Kind.VOICE,
                Kind.VIDEO_NOTE,
                Kind.DOCUMENT,
                Kind.STICKER,
            }
        ),
        as_text=frozenset({Kind.LOCATION, Kind.VENUE, Kind.CONTACT, Kind.POLL, Kind.DICE}),
        file_limit=FILE_LIMIT,
        shows=frozenset({Shows.TYPING, Shows.SEEN, Shows.QUOTES}),
        window=HUMAN_WINDOW if human_agent else WINDOW,
        receives=frozenset(
            {
                Kind.PHOTO,
                Kind.VIDEO,
                Kind.VOICE,
                Kind.DOCUMENT,
                Kind.STICKER,
                Kind.LOCATION,
            }
        ),
        tells=frozenset({Tells.EDITS, Tells.DELIVERED, Tells.SEEN, Tells.REACTIONS, Tells.STAFF, Tells.REFERRAL}),
    )
