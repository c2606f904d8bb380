"""Saying something to one operator: seen by nobody else where Telegram can do that."""

from __future__ import annotations

from collections.abc import Callable

from aiogram.methods import AnswerCallbackQuery, SendMessage
from aiogram.types import EphemeralMessageParameters, LinkPreviewOptions, ReplyParameters

from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.scheduler import Errand
from bridge.desks.telegram.steps import Importance
from bridge.desks.telegram.wire import entities, keyboard
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure, QueryTooOld

TOAST_LIMIT = 200  # characters; https://core.telegram.org/bots/api#answercallbackquery


class Speaker:
    """Hints, refusals and answers to commands, in one group."""

    def __init__(
        self,
        client: TelegramClient,
        add: Callable[[Errand], None],
        now: Callable[[], float],
        failed: Callable[[Failure], Paused | None],
    ) -> None:
        self._client = client
        self._add = add
        self._now = now
        self._failed = failed

    async def toast(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """Answer a press; too late is no harm."""
        done = await self._client.call(
            AnswerCallbackQuery(callback_query_id=query_id, text=text[:TOAST_LIMIT] or None, show_alert=alert)
        )
        if isinstance(done, Failure) and not isinstance(done, QueryTooOld):
            await self._client.call(AnswerCallbackQuery(callback_query_id=query_id))

    async def hint(
        self, chat_id: int, thread_id: int | None, message_id: int, operator_id: int, said: Rendered
    ) -> None:
        """A refusal, at the operator's message: for the operator alone, else in private, else a short reply."""
        if await self._alone(chat_id, thread_id, operator_id, said):
            return
        if not await self._in_private(operator_id, said):
            self.answer(chat_id, thread_id, message_id, said)

    async def tell(
        self, chat_id: int, thread_id: int | None, message_id: int, operator_id: int, said: Rendered
    ) -> None:
        """The answer to a command: for the operator alone, else in the group."""
        if not await self._alone(chat_id, thread_id, operator_id, said):
            self.answer(chat_id, thread_id, message_id, said)

    def answer(self, chat_id: int, thread_id: int | None, message_id: int, said: Rendered) -> None:
        """A silent reply in the group, when the budget allows."""

        async def do() -> Paused | None:
            done = await self._client.call(
                SendMessage(
                    chat_id=chat_id,
                    message_thread_id=thread_id,
                    text=said.text.plain,
                    entities=entities(said.text),
                    reply_markup=keyboard(said.buttons),
                    reply_parameters=ReplyParameters(message_id=message_id, allow_sending_without_reply=True),
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                    disable_notification=True,
                )
            )
            return self._failed(done) if isinstance(done, Failure) else None

        self._add(Errand(Importance.PRESS, self._now(), do))

    async def _alone(self, chat_id: int, thread_id: int | None, operator_id: int, said: Rendered) -> bool:
        """An ephemeral message; an older server would show it to everybody, so it is asked first."""
        if not await self._client.supports_ephemeral():
            return False
        done = await self._client.call(
            SendMessage(
                chat_id=chat_id,
                message_thread_id=thread_id,
                text=said.text.plain,
                entities=entities(said.text),
                reply_markup=keyboard(said.buttons),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                ephemeral_message_parameters=EphemeralMessageParameters(receiver_user_id=operator_id),
            )
        )
        return not isinstance(done, Failure)

    async def _in_private(self, operator_id: int, said: Rendered) -> bool:
        done = await self._client.call(
            SendMessage(
                chat_id=operator_id,
                text=said.text.plain,
                entities=entities(said.text),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        return not isinstance(done, Failure)
