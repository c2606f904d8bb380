"""Who people and communities are: their profile, and names for what they wrote elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bridge.channels.vk.api import Denied, NoAnswer, VkApi
from bridge.channels.vk.attachments import number
from bridge.clock import Clock
from bridge.messenger import remote
from bridge.model import ChannelName, ExternalId, Profile, TryLater

FIELDS: Final = "photo_200,photo_max,screen_name,has_photo"
PATIENCE: Final = 3.0  # seconds; a message waits for names no longer
KEPT: Final = 24 * 3600.0  # seconds for which a name is good
KEPT_MOST: Final = 2_000
AT_ONCE: Final = 500  # https://dev.vk.com/ru/method/groups.getById; users.get takes a thousand
_NOT_NOW: Final = frozenset({1, 6, 9, 10, 29, 32, 36, 43})


class People:
    """Asks VKontakte about accounts; names are kept for a day."""

    def __init__(self, api: VkApi, channel: ChannelName, clock: Clock) -> None:
        self._api = api
        self._channel = channel
        self._clock = clock
        self._names: dict[int, tuple[str, float]] = {}

    async def profile(self, customer: ExternalId) -> Profile | TryLater | None:
        """What VKontakte tells of a customer; None for an account that is no more: what is known of it stays."""
        found = await self._api.call("users.get", user_ids=customer, fields=FIELDS)
        if isinstance(found, NoAnswer):
            return TryLater(found.after)
        if isinstance(found, Denied):
            return TryLater() if found.code in _NOT_NOW else None
        person = found[0] if isinstance(found, list) and found and isinstance(found[0], Mapping) else None
        if person is None or person.get("deactivated"):
            return None
        own = str(person.get("screen_name") or f"id{customer}")
        photo = str(person.get("photo_200") or person.get("photo_max") or "")
        return Profile(
            name=full_name(person),
            username="" if own == f"id{customer}" else own,
            link=f"https://vk.com/{own}",
            avatar=remote(self._channel, photo) if photo and person.get("has_photo", 1) else None,
        )

    async def names(self, ids: Iterable[int]) -> Mapping[int, str]:
        """The names of people, and of communities (their numbers are negative), as far as they can be had now."""
        now = self._clock.monotonic()
        wanted = set(ids)
        missing = {one for one in wanted if one not in self._names or now - self._names[one][1] > KEPT}
        people = sorted(one for one in missing if one > 0)[:AT_ONCE]
        communities = sorted(-one for one in missing if one < 0)[:AT_ONCE]
        if people:
            self._keep(people, await self._api.call("users.get", timeout=PATIENCE, user_ids=_joined(people)), 1)
        if communities:
            found = await self._api.call("groups.getById", timeout=PATIENCE, group_ids=_joined(communities))
            self._keep(communities, groups(found), -1)
        return {one: self._names[one][0] for one in wanted if one in self._names and self._names[one][0]}

    def _keep(self, asked: list[int], found: Any, sign: int) -> None:
        """Also that there is no name, so that nobody is asked again and again."""
        if not isinstance(found, list):
            return
        if len(self._names) + len(asked) > KEPT_MOST:
            self._names.clear()
        now = self._clock.monotonic()
        self._names.update({sign * one: ("", now) for one in asked})
        for one in found:
            if isinstance(one, Mapping) and (id := number(one.get("id"))):
                name = str(one.get("name") or "") if sign < 0 else full_name(one)
                self._names[sign * id] = (name, now)


def groups(found: Any) -> Any:
    """The communities of `groups.getById`: a list of its own since 5.199, the answer itself before."""
    return found.get("groups") if isinstance(found, Mapping) else found


def full_name(person: Mapping[str, Any]) -> str:
    """First and last name, in the language that was asked for."""
    if person.get("deactivated"):
        return ""
    return " ".join(filter(None, (str(person.get("first_name") or ""), str(person.get("last_name") or ""))))


def _joined(ids: list[int]) -> str:
    return ",".join(map(str, ids))
