"""Saying something to one operator: seen by nobody else where Telegram can do that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiogram.methods import AnswerCallbackQuery, SendMessage
from aiogram.types import EphemeralMessageParameters, LinkPreviewOptions, Message, ReplyParameters

from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.render import Rendered, topic_link
from bridge.desks.telegram.steps import Importance
from bridge.desks.telegram.turns import Errand
from bridge.desks.telegram.view import Group
from bridge.desks.telegram.wire import entities, keyboard
from bridge.desks.telegram.words import Words
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure, QueryTooOld

TOAST_LIMIT = 200  # characters; https://core.telegram.org/bots/api#answercallbackquery
WORTH_SAYING = 300.0  # seconds; nobody waits for an answer any longer


async def toast(client: TelegramClient, query_id: str, text: str, *, alert: bool = False) -> None:
    """Answer a press; too late is no harm."""
    done = await client.call(
        AnswerCallbackQuery(callback_query_id=query_id, text=text[:TOAST_LIMIT], show_alert=alert)
    )
    if isinstance(done, Failure) and not isinstance(done, QueryTooOld):
        await client.call(AnswerCallbackQuery(callback_query_id=query_id))


@dataclass(frozen=True, slots=True)
class Place:
    """A message in the group that is answered; `person`: who alone should see it (None: somebody in disguise)."""

    chat_id: int
    thread_id: int | None
    message_id: int
    person: int | None


class Speaker:
    """Hints, refusals and answers to commands, in one group."""

    def __init__(
        self,
        client: TelegramClient,
        group: Callable[[], Group],
        add: Callable[[Errand], None],
        now: Callable[[], float],
        failed: Callable[[Failure], Paused | None],
    ) -> None:
        self._client = client
        self._group = group
        self._add = add
        self._now = now
        self._failed = failed

    async def hint(self, place: Place, said: Rendered) -> None:
        """A refusal, at the operator's message: for the operator alone, else in private, else a short reply."""
        await self._say(place, said, privately=True)

    async def tell(self, place: Place, said: Rendered) -> None:
        """The answer to a command: for the operator alone, else in the group."""
        await self._say(place, said, privately=False)

    async def _say(self, place: Place, said: Rendered, *, privately: bool) -> None:
        if place.person is None:
            self._add(self._errand(lambda: self._aloud(place, said)))
        elif await self._client.supports_ephemeral():
            self._add(self._errand(lambda: self._alone(place, said, privately=privately)))
        else:
            await self._otherwise(place, said, privately=privately)

    def _errand(self, do: Callable[[], Awaitable[Paused | None]]) -> Errand:
        now = self._now()
        return Errand(Importance.PRESS, now, do, until=now + WORTH_SAYING)

    async def _alone(self, place: Place, said: Rendered, *, privately: bool) -> Paused | None:
        """An ephemeral message; an older server would show it to everybody, so it was asked first."""
        assert place.person is not None
        done = await self._client.call(
            SendMessage(
                chat_id=place.chat_id,
                message_thread_id=place.thread_id,
                text=said.text.plain,
                entities=entities(said.text),
                reply_markup=keyboard(said.buttons),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                ephemeral_message_parameters=EphemeralMessageParameters(receiver_user_id=place.person),
            )
        )
        if isinstance(done, Message):
            return None
        if paused := self._failed(done):
            return paused
        await self._otherwise(place, said, privately=privately)
        return None

    async def _otherwise(self, place: Place, said: Rendered, *, privately: bool) -> None:
        if not privately or not await self._in_private(place, said):
            self._add(self._errand(lambda: self._aloud(place, said)))

    async def _in_private(self, place: Place, said: Rendered) -> bool:
        assert place.person is not None
        group = self._group()
        where = Words().add(group.title, "text_link", url=topic_link(group, place.message_id)).line()
        text = where.add(said.text).text()
        done = await self._client.call(
            SendMessage(
                chat_id=place.person,
                text=text.plain,
                entities=entities(text),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        return isinstance(done, Message)

    async def _aloud(self, place: Place, said: Rendered) -> Paused | None:
        """A silent reply in the group."""
        done = await self._client.call(
            SendMessage(
                chat_id=place.chat_id,
                message_thread_id=place.thread_id,
                text=said.text.plain,
                entities=entities(said.text),
                reply_markup=keyboard(said.buttons),
                reply_parameters=ReplyParameters(message_id=place.message_id, allow_sending_without_reply=True),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                disable_notification=True,
            )
        )
        return self._failed(done) if isinstance(done, Failure) else None
