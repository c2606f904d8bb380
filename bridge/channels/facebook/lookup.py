"""Who a customer is: https://developers.facebook.com/docs/messenger-platform/identity/user-profile."""

from __future__ import annotations

from typing import Any

from bridge.channels.facebook.api import GraphApi
from bridge.channels.facebook.content import words
from bridge.channels.facebook.errors import Failure, Sort
from bridge.messenger import remote
from bridge.model import ChannelName, ExternalId, Profile, TryLater

FIELDS = ("first_name", "last_name", "name", "profile_pic")
MORE = ("locale",)  # for apps that have a permission of its own for it
LATER = frozenset({Sort.UNHEARD, Sort.LOST, Sort.LATER, Sort.LIMIT, Sort.CALLS, Sort.TOKEN, Sort.SECRET})


class LookUp:
    """Asks for profiles of one page's customers; learns whether their language may be asked for."""

    def __init__(self, channel: ChannelName, api: GraphApi) -> None:
        self._channel = channel
        self._api = api
        self._more = True

    async def __call__(self, customer: ExternalId) -> Profile | TryLater | None:
        """The profile; None for somebody who is nobody's business."""
        found = await self._api.person(customer, FIELDS + MORE if self._more else FIELDS)
        if self._more and isinstance(found, Failure) and found.sort not in LATER:
            plain = await self._api.person(customer, FIELDS)
            self._more = isinstance(plain, Failure)  # if not, it was the language
            found = plain
        if isinstance(found, Failure):
            return TryLater(found.after, found.detail) if found.sort in LATER else None
        return profile(found, self._channel)


def profile(told: dict[str, Any], channel: ChannelName) -> Profile:
    """What the platform tells, as a profile."""
    full = " ".join(filter(None, (words(told.get("first_name")).strip(), words(told.get("last_name")).strip())))
    picture = words(told.get("profile_pic"))
    return Profile(
        name=full or words(told.get("name")).strip(),
        language=words(told.get("locale")).replace("-", "_").partition("_")[0].lower(),
        avatar=remote(channel, picture) if picture.startswith(("http://", "https://")) else None,
    )
