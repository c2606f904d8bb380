"""The way from Telegram into the web desk: in a private chat with the bot, and for members of a group alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from aiogram.methods import SendMessage, SetChatMenuButton
from aiogram.types import LinkPreviewOptions, MenuButtonDefault, MenuButtonWebApp, Message, User, WebAppInfo

from bridge.catalogue import Catalogue
from bridge.desks.telegram.aim import operator_of
from bridge.desks.telegram.members import Members
from bridge.desks.telegram.render import Button, Rendered
from bridge.desks.telegram.view import Group
from bridge.desks.telegram.wire import keyboard
from bridge.inbox.accept import Operator
from bridge.model import Text
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure
from bridge.telegram.updates import Work
from storage.store import Transaction

log = logging.getLogger(__name__)

DESK = "desk"  # the command, and what a link to the bot says to mean it

LinkMaker = Callable[[Transaction, Operator], str]
Soon = Callable[[Coroutine[Any, Any, None]], None]


class Entrance:
    """Gives members their one-time link, and the Mini App where there is one."""

    def __init__(
        self,
        client: TelegramClient,
        members: Members,
        groups: Callable[[], Sequence[Group]],
        link: LinkMaker | None,
        mini_app: str,
    ) -> None:
        """`link` makes an address for one operator; None: there is no web desk. `mini_app`: its https address."""
        self._client = client
        self._members = members
        self._groups = groups
        self._link = link
        self._mini_app = mini_app if mini_app.startswith("https://") else ""

    @property
    def exists(self) -> bool:
        """Whether there is anything to enter."""
        return self._link is not None

    async def take(self, message: Message, soon: Soon, name: str) -> Work | None:
        """What `/desk` in a private chat does; None when it is nothing of this: it is a customer's then."""
        user = message.from_user
        if message.chat.type != "private" or user is None or not asks(message, name):
            return None
        group = await self._group_of(user)
        if group is None:
            return None
        operator, words = operator_of(user), group.words

        def work(tx: Transaction) -> Callable[[], None]:
            link = self._link(tx, operator) if self._link else ""
            return lambda: soon(self._show(user.id, operator.name, link, words))

        return work

    async def _group_of(self, user: User) -> Group | None:
        """A group of which they are a member now."""
        groups = self._groups()
        found = await asyncio.gather(*(self._members.is_member(group.chat_id, user.id) for group in groups))
        return next((group for group, inside in zip(groups, found, strict=True) if inside), None)

    async def _show(self, chat_id: int, name: str, link: str, words: Catalogue) -> None:
        said = f"{words('desk-link', name=name)}\n\n{link}" if link else words("desk-off")
        app = bool(link and self._mini_app)
        done = await self._client.call(
            SendMessage(
                chat_id=chat_id,
                text=said,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=keyboard(
                    ((Button(words("desk-open-here"), web_app=self._mini_app),),) if app else (),
                ),
            )
        )
        if isinstance(done, Failure):
            log.warning("the way into the web desk could not be told: %s", done)
        elif app:
            await self._menu(
                chat_id, MenuButtonWebApp(text=words("desk-menu"), web_app=WebAppInfo(url=self._mini_app))
            )

    async def left(self, user: User) -> None:
        """Somebody is no member of a group any more: the button that leads into the desk goes with the last one."""
        if self._mini_app and self._link and await self._group_of(user) is None:
            await self._menu(user.id, MenuButtonDefault())

    async def _menu(self, chat_id: int, button: MenuButtonWebApp | MenuButtonDefault) -> None:
        done = await self._client.call(SetChatMenuButton(chat_id=chat_id, menu_button=button))
        if isinstance(done, Failure):  # whoever never wrote to the bot has no button
            log.info("no menu button: %s", done)

    def to_private(self, words: Catalogue, name: str) -> Rendered:
        """What `/desk` in the group says: the link is for one pair of eyes."""
        url = f"https://t.me/{name}?start={DESK}" if name else ""
        buttons = ((Button(words("desk-to-private"), url=url),),) if url else ()
        return Rendered(Text(words("desk-in-private")), buttons)


def asks(message: Message, name: str) -> bool:
    """Whether a message is `/desk`, or what the button in the group says for those who press it."""
    words = (message.text or "").split()
    ours = {f"/{DESK}", f"/{DESK}@{name.lower()}"}
    return (len(words) == 1 and words[0].lower() in ours) or words == ["/start", DESK]
