"""The web desk: who is connected, when what is shown is brought up to date, and what is served over HTTP."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

from aiohttp import WSMsgType, web

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.contracts import Channel
from bridge.desks.web.avatars import Pictures
from bridge.desks.web.colleagues import CHECK_EVERY, Colleagues
from bridge.desks.web.connection import Connection, make_socket
from bridge.desks.web.frames import Frames, error, goodbye
from bridge.desks.web.lists import Changes, Lists
from bridge.desks.web.popups import Popups, open_conversations
from bridge.desks.web.presence import Lookers
from bridge.desks.web.protocol import Close, Code
from bridge.desks.web.screen import Screen
from bridge.desks.web.services import Doorway, Entry, NotChecked, Services
from bridge.desks.web.talks import Talks, one_person, tell_lookers
from bridge.desks.web.typing import Typing
from bridge.desks.web.uploads import FILE_LIMIT, Uploads, answer
from bridge.desks.web.views import DeskGroup, DeskSource, Views
from bridge.inbox import Inbox
from bridge.media.links import MediaLinks
from bridge.media.store import MediaStore
from bridge.model import ChannelName, ConversationId, CustomerId, ExternalId, GroupName, OperatorId, Row, Signals
from storage.store import Store

__all__ = ["DeskGroup", "DeskSource", "WebDesk"]

log = logging.getLogger(__name__)

LISTS_EVERY: Final = 0.25  # seconds: what changes within them is shown together
TALKS_EVERY: Final = 0.05
SWEEP_EVERY: Final = 1.0
PAGES_OF_ONE: Final = 20  # that one operator may have open
PAGES_OF_ALL: Final = 2_000
HEADER: Final = "X-Otklik"
BREATHES: Final = 2.0  # times as long as showing took, so that a busy machine has time for all else
SLOWEST: Final = 1.0  # seconds
AGAIN: Final = 2.0  # seconds after which it is tried again to show what could not be read


class WebDesk:
    """A view of the inbox for operators in browsers. `run` it; until then they are told to come later."""

    def __init__(
        self,
        inbox: Inbox,
        store: Store,
        clock: Clock,
        *,
        language: str,
        groups: Sequence[DeskGroup],
        channels: Mapping[ChannelName, Channel],
        sources: Mapping[ChannelName, DeskSource],
        media: MediaStore,
        links: MediaLinks,
        door: Doorway,
    ) -> None:
        """`channels` may be filled later, but before `run`."""
        self._clock = clock
        self._door = door
        self._inbox = inbox
        self._lookers: Lookers[Screen] = Lookers(self._looking, self._typed)
        self._screens: set[Screen] = set()
        self._of_one: Counter[OperatorId] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = False
        self._changes = Changes()
        self._talked: set[ConversationId] = set()
        self._related: set[ConversationId] = set()  # of those, whose customers have other ones that changed
        self._list_news, self._talk_news = asyncio.Event(), asyncio.Event()
        self._showing = 0
        languages = {language, *(group.language for group in groups)}
        self._services = services = Services(
            inbox=inbox,
            clock=clock,
            door=door,
            language=language,
            groups={group.name: group for group in groups},
            channels=channels,
            sources=sources,
            views={each: Views(Catalogue(each), sources, channels, links, groups) for each in languages},
            words=Catalogue(language),
            lookers=self._lookers,
            file_limit=FILE_LIMIT,
            spawn=self._spawn,
        )
        self._popups = Popups()
        self._lists = Lists(services, self._popups)
        self._talks = Talks(services)
        self._typing = Typing(services)
        self._colleagues = Colleagues(services, self._talks, lambda: self._screens, self._regrouped, self._goodbye)
        self._frames = Frames(services, self._lists, self._talks, self._typing, self._colleagues)
        self._uploads = Uploads(media, clock)
        self._pictures = Pictures(inbox, media)
        inbox.subscribe(self._listen)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """The WebSocket, uploads, customers' pictures. The page itself is the door's."""
        return [
            web.get("/desk/ws", self._socket),
            web.post("/desk/upload", self._upload),
            web.get(r"/desk/avatar/{customer:[0-9]{1,15}}", self._avatar),
        ]

    def typing(self, channel: ChannelName, customer: ExternalId) -> None:
        """A customer is writing just now."""
        self._typing.customer(channel, customer)

    @property
    def ready(self) -> bool:
        """Whether operators are let in."""
        return self._running

    @property
    def showing(self) -> bool:
        """Whether something is being shown just now."""
        return bool(self._showing or self._tasks)

    @property
    def settled(self) -> bool:
        """Whether all that was committed has been shown."""
        waits = any(screen.due < math.inf for screen in self._screens)
        return not (self._changes or self._talked or self.showing or waits)

    async def run(self) -> None:
        """Show what changes, until cancelled; then send everyone away."""
        groups = list(self._services.groups)
        self._popups.begin(await self._inbox.read(lambda tx: open_conversations(tx, groups)))
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pulse(self._list_news, self._show_lists, LISTS_EVERY))
                group.create_task(self._pulse(self._talk_news, self._show_talks, TALKS_EVERY))
                group.create_task(self._sweep())
        finally:
            self._running = False
            for screen in tuple(self._screens):
                self._goodbye(screen, Code.GOING_AWAY, Close.GOING_AWAY)
            for task in tuple(self._tasks):
                task.cancel()

    async def _pulse(
        self, news: asyncio.Event, show: Callable[[], Coroutine[Any, Any, None]], every: float
    ) -> None:
        """The first change is shown at once, those that come soon after it together."""
        while True:
            await news.wait()
            news.clear()
            began = self._clock.monotonic()
            self._showing += 1
            try:
                await show()
            except Exception:
                log.exception("web desk: changes could not be shown; it is tried again")
                self._everything_again()
                await self._clock.sleep(AGAIN)
            finally:
                self._showing -= 1
            took = self._clock.monotonic() - began
            await self._clock.sleep(max(every, min(BREATHES * took, SLOWEST)))

    async def _show_lists(self) -> None:
        changes = self._changes.take()
        if self._screens or changes:  # what is new now is not new later
            welcomed = [screen for screen in self._screens if screen.welcomed]
            self._related_to(await self._lists.refresh(welcomed, changes))

    async def _show_talks(self) -> None:
        talked, self._talked = self._talked, set()
        related, self._related = self._related, set()
        await self._talks.refresh(talked, related)

    def _related_to(self, rows: Sequence[Row]) -> None:
        """What stands open of the same customers tells of these conversations, too."""
        for screen in self._lookers.all_pages():
            talk = screen.talk
            if talk is None or talk.who is None or talk.conversation in self._related:
                continue
            if any(row.conversation.id != talk.conversation and one_person(row.customer, talk.who) for row in rows):
                self._related.add(talk.conversation)
                self.again(talk.conversation)

    def _everything_again(self) -> None:
        self._changes.groups.update(self._services.groups)
        for screen in self._screens:
            screen.due = self._clock.monotonic()
        self._talked.update(screen.talk.conversation for screen in self._screens if screen.talk is not None)
        self._list_news.set()
        self._talk_news.set()

    def _listen(self, signals: Signals) -> None:
        """After a commit: note what has to be shown."""
        for conversation, group in (*signals.conversations.items(), *signals.left.items()):
            self._changes.groups.add(group)
            self._changes.conversations.add(conversation)
            self.again(conversation)
        if signals.conversations:
            self._list_news.set()

    def again(self, conversation: ConversationId) -> None:
        """Look once more at a conversation that stands open somewhere."""
        if conversation in self._lookers:
            self._talked.add(conversation)
            self._talk_news.set()

    def _typed(self, conversation: ConversationId) -> None:
        tell_lookers(self._services, conversation)

    def _looking(self, conversation: ConversationId) -> None:
        """Who looks at a conversation has changed: told where it is open, and where it stands in a list."""
        tell_lookers(self._services, conversation)
        self._changes.looked.add(conversation)
        self._list_news.set()
        self.again(conversation)  # what was committed while it was being opened

    def _regrouped(self, screen: Screen) -> None:
        screen.language = self._services.language_of(screen.groups)
        screen.due = self._clock.monotonic()
        self._changes.groups |= screen.groups  # its figures may never have been asked for
        self._list_news.set()
        self._lists.count(screen)

    async def _sweep(self) -> None:
        """Once a second: who is late, silent or stuck; whose membership is to be looked at."""
        while True:
            await self._clock.sleep(SWEEP_EVERY)
            now = self._clock.monotonic()
            self._lookers.sweep(now)
            if any(screen.due <= now for screen in self._screens):
                self._list_news.set()
            for screen in tuple(self._screens):
                connection = screen.connection
                if connection.stuck(now):
                    connection.drop()
                elif connection.silent(now) or connection.late(now):
                    self._goodbye(screen, Code.SILENT, Close.SILENT)
                elif screen.welcomed and not screen.checking and now - screen.checked_at >= CHECK_EVERY:
                    screen.checking, screen.checked_at = True, now
                    self._spawn(self._colleagues.check(screen))

    def _goodbye(self, screen: Screen, code: Code, close: Close) -> None:
        if not screen.connection.over:
            goodbye(self._services, screen, code, close)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_quiet(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """One page, from the handshake to the end."""
        self._same_origin(request)
        entry = await self._door.enter_by_cookie(request)
        groups = await self._groups(entry) if entry is not None else frozenset()
        socket = make_socket()
        try:
            await socket.prepare(request)
        except ConnectionError:  # gone during the handshake
            return socket
        screen = Screen(
            Connection(socket, request, self._clock),
            entry,
            groups or frozenset(),
            self._services.language_of(groups or frozenset()),
            request,
        )
        delivering = asyncio.create_task(screen.connection.deliver())
        try:
            if self._turned_away(screen, entry, checked=groups is not None):
                await delivering
                return socket
            await self._read(screen, socket)
        finally:
            await screen.connection.ended(delivering)
        return socket

    def _turned_away(self, screen: Screen, entry: Entry | None, *, checked: bool) -> bool:
        """Whether a page has to go again at once; it is told why."""
        if not self._running:
            self._goodbye(screen, Code.GOING_AWAY, Close.GOING_AWAY)
        elif entry is None:
            self._goodbye(screen, Code.SESSION_OVER, Close.SESSION_OVER)
        elif not checked:
            self._goodbye(screen, Code.NOT_CHECKED, Close.TRY_LATER)
        elif not screen.groups:
            self._goodbye(screen, Code.NOT_A_MEMBER, Close.NOT_A_MEMBER)
        elif self._of_one[screen.operator_id] >= PAGES_OF_ONE or len(self._screens) >= PAGES_OF_ALL:
            self._goodbye(screen, Code.TOO_MANY_PAGES, Close.FLOOD)
        return screen.connection.over

    async def _read(self, screen: Screen, socket: web.WebSocketResponse) -> None:
        self._screens.add(screen)
        self._of_one[screen.operator_id] += 1
        try:
            async for message in socket:
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    break  # larger than anything we would read
                if screen.connection.over:
                    break
                await self._frames.take(screen, message.data if message.type is WSMsgType.TEXT else None)
        except ConnectionError:
            pass
        finally:
            self._screens.discard(screen)
            self._of_one[screen.operator_id] -= 1
            if not self._of_one[screen.operator_id]:
                del self._of_one[screen.operator_id]
            self._talks.leave(screen)

    async def _groups(self, entry: Entry) -> frozenset[GroupName] | None:
        """The operator's groups; None when Telegram cannot be asked."""
        try:
            return frozenset(await self._door.groups_of(entry.operator.id) & self._services.groups.keys())
        except NotChecked:
            return None

    def _same_origin(self, request: web.Request) -> None:
        if not self._door.same_origin(request):
            raise web.HTTPForbidden(headers={"Cache-Control": "no-store"})

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        self._same_origin(request)
        if HEADER not in request.headers:
            raise web.HTTPForbidden(headers={"Cache-Control": "no-store"})
        entry = await self._door.enter_by_cookie(request)
        if entry is None:
            return self._refused(Code.SESSION_OVER, 401)
        groups = await self._groups(entry)
        if groups is None:
            return self._refused(Code.NOT_CHECKED, 503)
        if not groups:
            return self._refused(Code.NOT_A_MEMBER, 403)
        words = self._services.views[self._services.language_of(groups)].words
        return await self._uploads.take(request, entry.operator.id, words)

    def _refused(self, code: Code, status: int) -> web.Response:
        response = answer({"error": code, "message": error(self._services, self._services.language, code)}, status)
        response.force_close()  # the body is not read
        return response

    async def _avatar(self, request: web.Request) -> web.StreamResponse:
        entry = await self._door.enter_by_cookie(request)
        groups = await self._groups(entry) if entry is not None else frozenset()
        if not groups:
            raise web.HTTPNotFound(headers={"Cache-Control": "no-store"})
        return await self._pictures.answer(CustomerId(int(request.match_info["customer"])), groups)


async def _quiet(work: Coroutine[Any, Any, None]) -> None:
    """Best effort: what fails is logged."""
    try:
        await work
    except Exception:
        log.exception("web desk: something that nobody waits for failed")
