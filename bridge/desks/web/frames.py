"""What becomes of the frames that a page sends: one after the other, each answered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from typing import Final

from bridge.desks.web import acts
from bridge.desks.web.acts import Actor, Done, No
from bridge.desks.web.colleagues import Colleagues
from bridge.desks.web.lists import Lists
from bridge.desks.web.parsing import act_id, parse
from bridge.desks.web.protocol import (
    PONG,
    Act,
    ClientFrame,
    Close,
    Code,
    Earlier,
    Edit,
    Hand,
    Hello,
    Leave,
    Open,
    Ping,
    Press,
    Refusal,
    Retry,
    Say,
    Types,
    Unsend,
    Watch,
    dump,
    encode,
    framed,
    moment,
)
from bridge.desks.web.screen import Screen
from bridge.desks.web.services import NotChecked, Services, titles
from bridge.desks.web.talks import Talks, read_case
from bridge.desks.web.typing import Typing
from bridge.desks.web.views import channel_views
from bridge.model import GroupName, OperatorId

log = logging.getLogger(__name__)

ANSWERS_KEPT: Final = 2_000  # of acts, for pages that ask again after a lost connection


class Frames:
    """Takes them in. One for all pages."""

    def __init__(
        self, services: Services, lists: Lists, talks: Talks, typing: Typing, colleagues: Colleagues
    ) -> None:
        self._services = services
        self._lists = lists
        self._talks = talks
        self._typing = typing
        self._colleagues = colleagues
        self._answers: OrderedDict[tuple[OperatorId, str], asyncio.Future[Done | No]] = OrderedDict()

    async def take(self, screen: Screen, raw: str | None) -> None:
        """Take one frame (None: it was not text). What is wrong with it is answered, not raised."""
        now = self._services.clock.monotonic()
        screen.connection.heard_at = now
        try:
            if screen.pace.wait(now):
                raise Refusal(Code.FLOOD, close=Close.FLOOD)
            screen.pace.take(now)
            if raw is None:
                raise Refusal(Code.BAD_FRAME)
            await self._do(screen, parse(raw))
        except Refusal as refusal:
            self._refuse(screen, refusal, raw or "")
        except Exception:
            log.exception("web desk: a frame could not be handled")
            close = None if screen.welcomed else Close.OUR_FAULT  # without a welcome nothing can go on
            self._refuse(screen, Refusal(Code.TRY_LATER, close=close), raw or "")

    async def _do(self, screen: Screen, frame: ClientFrame) -> None:
        if not screen.welcomed and not isinstance(frame, Hello):
            raise Refusal(Code.HELLO_FIRST, close=Close.BAD_HELLO)
        screen.used = screen.used or not isinstance(frame, Hello | Ping)
        match frame:
            case Hello():
                await self._hello(screen)
            case Ping():
                screen.send(PONG)
            case Watch():
                await self._watch(screen, frame)
            case Open():
                if not await self._talks.open(screen, frame):
                    self._not_found(screen)
            case Leave():
                self._talks.leave(screen)
            case Earlier():
                if not await self._talks.earlier(screen, frame):
                    self._not_found(screen)
            case Types():
                self._typing.operator(screen, frame.conversation)
            case Press() | Say() | Edit() | Unsend() | Retry() | Hand():
                await self._act(screen, frame)

    async def _hello(self, screen: Screen) -> None:
        """Who they are, what there is; from now on the page is told of changes."""
        services = self._services
        screen.connection.greeted = True
        await self._colleagues.came(screen)
        figures = await self._lists.greet(screen)
        screen.welcomed = True
        screen.send(
            framed(
                "welcome",
                me=dump({"id": screen.operator_id, "name": screen.operator_name}),
                groups=dump(titles(services, screen.groups)),
                channels=dump(channel_views(services.sources, services.channels)),
                colleagues=screen.colleagues,
                all_groups=dump(titles(services, frozenset(services.groups))),
                figures=figures,
                local=dump(screen.operator_id < 0),
                now=dump(moment(services.clock.now())),
                file_limit=str(services.file_limit),
                until=dump(moment(screen.until)),
            )
        )

    async def _watch(self, screen: Screen, watch: Watch) -> None:
        if watch.group is not None and watch.group not in screen.groups:
            raise Refusal(Code.NO_SUCH_GROUP)
        screen.watch = watch
        screen.shown = None
        await self._lists.show(screen)

    async def _act(self, screen: Screen, act: Act) -> None:
        """Do it once: asked again, it is answered as it was the first time."""
        key = screen.operator_id, act.id
        known = self._answers.get(key)
        if known is None or (known.done() and (known.cancelled() or known.exception() is not None)):
            known = self._answers[key] = asyncio.ensure_future(self._perform(screen, act))
            while len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
        outcome = await asyncio.shield(known)
        if isinstance(act, Say):
            self._services.lookers.said(screen, act.conversation)
        await self._answer(screen, act, outcome)

    async def _perform(self, screen: Screen, act: Act) -> Done | No:
        members: frozenset[GroupName] = frozenset()
        if isinstance(act, Hand) and act.operator is not None:
            with contextlib.suppress(NotChecked):  # then it is handed to nobody
                members = await self._services.door.groups_of(act.operator)
        actor = Actor(screen.operator, screen.groups, members)
        return await self._services.inbox.write(lambda tx: acts.perform(tx, act, actor, self._services))

    async def _answer(self, screen: Screen, act: Act, outcome: Done | No) -> None:
        views = self._services.views[screen.language]
        state = ""
        if outcome.conversation is not None:
            id = outcome.conversation
            case = await self._services.inbox.read(
                lambda tx: read_case(tx, found) if (found := tx.conversation(id)) is not None else None
            )
            if case is not None and case.conversation.group in screen.groups:
                state = dump(views.state(case, screen.groups))
        if isinstance(outcome, Done):
            message = str(outcome.message) if outcome.message is not None else ""
            screen.send(framed("done", id=dump(act.id), message=message, conversation=state))
            return
        said = views.words(outcome.sentence, **outcome.values)
        code = dump(str(outcome.code))
        screen.send(framed("refused", id=dump(act.id), code=code, message=dump(said), conversation=state))

    def _not_found(self, screen: Screen) -> None:
        words = self._services.views[screen.language].words
        screen.send(encode("refused", code="not-found", message=words("hint-not-found")))

    def _refuse(self, screen: Screen, refusal: Refusal, raw: str) -> None:
        sentence = error(self._services, screen.language, refusal.code)
        if refusal.close is not None:
            goodbye(self._services, screen, refusal.code, refusal.close)
            return
        id = refusal.id or act_id(raw)
        screen.send(
            encode("refused", id=id or None, code=refusal.code, message=sentence, field=refusal.field or None)
        )


def error(services: Services, language: str, code: Code) -> str:
    """Why something was refused, in words."""
    return services.views[language].words(f"desk-error-{code}")


def goodbye(services: Services, screen: Screen, code: Code, close: Close) -> None:
    """Say why, and close."""
    screen.send(encode("bye", code=code, message=error(services, screen.language, code)))
    screen.connection.close(close, code)
