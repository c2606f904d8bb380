"""Who may look at what, looked at again while a page is open; and who else works there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

from bridge.desks.web.protocol import Close, Code, dump, encode, framed
from bridge.desks.web.screen import Screen
from bridge.desks.web.services import NotChecked, Services, titles
from bridge.desks.web.talks import Talks
from bridge.model import GroupName, OperatorId
from storage.store import Transaction

log = logging.getLogger(__name__)

CHECK_EVERY: Final = 60.0  # seconds


class Colleagues:
    """Keeps the operators' groups and colleagues true. `regrouped` is told of a page whose groups have changed."""

    def __init__(
        self,
        services: Services,
        talks: Talks,
        screens: Callable[[], Iterable[Screen]],
        regrouped: Callable[[Screen], None],
        goodbye: Callable[[Screen, Code, Close], None],
    ) -> None:
        self._services = services
        self._talks = talks
        self._screens = screens
        self._regrouped = regrouped
        self._goodbye = goodbye
        self._known: set[tuple[OperatorId, str, frozenset[GroupName]]] = set()

    async def came(self, screen: Screen) -> None:
        """An operator has opened a page: colleagues can hand things to them."""
        id, name, groups = screen.operator_id, screen.operator_name, screen.groups
        screen.checked_at = self._services.clock.monotonic()
        try:
            screen.colleagues = await self._services.inbox.write(lambda tx: _at_work(tx, id, name, groups))
        except Exception:
            log.exception("web desk: that an operator is at work could not be stored; they can read all the same")
            screen.colleagues = await self._services.inbox.read(lambda tx: _colleagues(tx, groups))
        here = id, name, groups
        if here in self._known:
            return  # the others know them
        self._known.add(here)
        for other in list(self._screens()):
            if other is not screen and other.groups & groups:
                await self._tell_colleagues(other)

    async def check(self, screen: Screen) -> None:
        """Is the session still good, are they still members? Else the page has to go."""
        used, screen.used = screen.used, False
        try:
            entry = await self._services.door.enter_by_cookie(screen.request, used=used)
            groups = await self._services.door.groups_of(screen.operator_id) & self._services.groups.keys()
        except NotChecked:
            self._goodbye(screen, Code.NOT_CHECKED, Close.TRY_LATER)
            return
        except Exception:
            log.exception("web desk: who an operator is could not be looked at; it is tried again")
            return
        finally:
            screen.checking = False
        if entry is None or entry.operator.id != screen.operator_id:
            self._goodbye(screen, Code.SESSION_OVER, Close.SESSION_OVER)
            return
        screen.until = entry.until
        if not groups:
            self._goodbye(screen, Code.NOT_A_MEMBER, Close.NOT_A_MEMBER)
            return
        if groups != screen.groups:
            await self._regroup(screen, frozenset(groups))
        await self._tell_colleagues(screen)

    async def _regroup(self, screen: Screen, groups: frozenset[GroupName]) -> None:
        screen.groups = groups
        screen.send(encode("groups", groups=titles(self._services, groups)))
        self._regrouped(screen)
        talk = screen.talk
        if talk is not None:
            await self._talks.refresh([talk.conversation])

    async def _tell_colleagues(self, screen: Screen) -> None:
        groups = screen.groups
        colleagues = await self._services.inbox.read(lambda tx: _colleagues(tx, groups))
        if colleagues != screen.colleagues:
            screen.colleagues = colleagues
            if screen.welcomed:  # else the welcome tells it
                screen.send(framed("colleagues", colleagues=colleagues))


def _at_work(tx: Transaction, operator: OperatorId, name: str, groups: frozenset[GroupName]) -> str:
    for group in sorted(groups):
        tx.operator_seen(group, operator, name)
    return _colleagues(tx, groups)


def _colleagues(tx: Transaction, groups: frozenset[GroupName]) -> str:
    found = tx.colleagues(groups) if groups else ()
    return dump([{"id": each.id, "name": each.name, "group": each.group} for each in found])
