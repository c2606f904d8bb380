"""Customers who write to a bot in private, and the answers to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from aiogram.methods import DeleteMessage
from aiogram.types import Message, Update
from aiohttp import web

from bridge import contracts
from bridge.catalogue import Catalogue
from bridge.channels.telegram import read
from bridge.channels.telegram.abilities import abilities
from bridge.channels.telegram.errors import outcome, unsent
from bridge.channels.telegram.pace import ChatPace
from bridge.channels.telegram.settings import TelegramSettings
from bridge.clock import Clock
from bridge.contracts import Abilities, ChannelHealth, FileOpener
from bridge.inbox import Inbox
from bridge.inbox.join import is_token, join
from bridge.inbox.receive import greet, meet, set_blocked, take_edit, take_in
from bridge.model import (
    ChannelName,
    Content,
    ExternalId,
    File,
    Outcome,
    Outgoing,
    Refused,
    Sent,
    TryLater,
    Why,
)
from bridge.telegram.client import FILE_TIMEOUT, TIMEOUT, UPLOAD_LIMIT, TelegramClient
from bridge.telegram.compose import Files, Place, compose, edit_method, foreign_files
from bridge.telegram.errors import Failure, NotModified, PhotoInvalid, QuoteInvalid, ReplyGone
from bridge.telegram.updates import After, UpdateLoop, Webhook, Work
from storage.store import Transaction

ASK_AGAIN = 30.0  # seconds until a bot that could not be asked for its name is asked again
REMEMBERED = 2_000  # messages whose present content we know, so that an edit changes only what differs


class TelegramChannel:
    """A `contracts.Channel` whose other end is private chats with a bot; also an `UpdateTaker` of that bot.

    With a token of its own it has an update loop of its own; without one, the desk's loop offers it what comes
    (`follow`).
    """

    def __init__(
        self,
        settings: TelegramSettings,
        client: TelegramClient,
        inbox: Inbox,
        clock: Clock,
        catalogue: Catalogue,
        openers: Mapping[str, FileOpener],
        webhook: Webhook | None = None,
    ) -> None:
        """`openers`: who fetches files, by origin; `webhook`: where the own bot's updates arrive if not polled."""
        self.name = ChannelName(settings.name)
        self.abilities: Abilities = abilities(client.origin)
        self.allowed_updates = read.ALLOWED_UPDATES
        self._client = client
        self._inbox = inbox
        self._catalogue = catalogue
        self._openers = openers
        self._greeting = settings.greeting if settings.greeting is not None else catalogue("telegram-greeting")
        self._title = settings.title or settings.name
        self._owns_loop = settings.token is not None
        self._clock = clock
        self._pace = ChatPace(clock)
        self._username = ""
        self._shows: dict[ExternalId, Content] = {}  # the newest messages, as they were sent or changed
        self._loop: UpdateLoop | None = None
        if self._owns_loop:
            self._loop = UpdateLoop(client, inbox, [self], clock, catalogue, webhook=webhook)

    def follow(self, loop: UpdateLoop) -> None:
        """Without a token of its own: the loop that offers updates to this channel, and how it is doing."""
        self._loop = loop

    @property
    def health(self) -> ChannelHealth:
        """Whether updates come in."""
        return self._loop.health if self._loop else ChannelHealth()

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The own bot's webhook, if it has one."""
        return self._loop.routes() if self._loop and self._owns_loop else ()

    async def run(self) -> None:
        """Take in updates of the own bot until cancelled; on the desk's bot that is not ours to do."""
        naming = asyncio.create_task(self._learn_username())
        try:
            await self._take_updates()
        finally:
            naming.cancel()

    async def _learn_username(self) -> None:
        """What the bot is called, for links that lead to it."""
        while isinstance(me := await self._client.me(), Failure):
            await self._clock.sleep(ASK_AGAIN)
        self._username = me.username or ""

    async def _take_updates(self) -> None:
        if self._loop and self._owns_loop:
            await self._loop.run()
        await asyncio.Event().wait()

    async def take(self, update: Update) -> Work | None:
        """What an update of a private chat does to the inbox; None for everything else."""
        message = read.from_customer(update.message)
        if message:
            return self._greet(message) if read.is_start(message) else self._receive(message)
        edited = read.from_customer(update.edited_message)
        if edited:
            return self._receive_edit(edited)
        changed = update.my_chat_member
        blocked = read.blocked(changed) if changed else None
        if changed is None or blocked is None:
            return None
        return self._set_blocked(read.customer_id(changed.from_user), blocked)

    def _receive(self, message: Message) -> Work:
        incoming = read.incoming(message, self.name, self._client.origin)
        group = self._inbox.group_of(self.name)

        def work(tx: Transaction) -> After | None:
            take_in(tx, incoming, group)
            return None

        return work

    def _receive_edit(self, message: Message) -> Work:
        edit = read.incoming_edit(message, self.name, self._client.origin)

        def work(tx: Transaction) -> After | None:
            if edit is not None:
                take_edit(tx, edit)
            return None

        return work

    def _greet(self, message: Message) -> Work:
        incoming = read.incoming(message, self.name, self._client.origin)

        token = read.start_token(message)

        def work(tx: Transaction) -> After | None:
            customer = meet(tx, self.name, incoming.customer, incoming.profile)
            if is_token(token):
                joined = join(tx, token, customer)
                greet(tx, customer, self._catalogue("join-welcome" if joined else "join-too-old"))
                if joined:
                    greet(tx, joined.before, self._catalogue("join-moved", channel=self._title))
                return None
            if self._greeting:
                greet(tx, customer, self._greeting)
            return None

        return work

    def _set_blocked(self, external_id: ExternalId, blocked: bool) -> Work:
        def work(tx: Transaction) -> After | None:
            customer = tx.find_customer(self.name, external_id)
            if customer is not None and customer.blocked != blocked:
                set_blocked(tx, customer, blocked)
            return None

        return work

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Send one piece. A reply to (or a quote of) what is gone goes as a plain message."""
        uploads = await self._fetch(outgoing.content)
        if not isinstance(uploads, dict):
            return uploads
        chat = read.chat_of(outgoing.customer)
        place = Place(chat_id=chat, reply_to=read.message_in(chat, outgoing.reply_to), quote=outgoing.quote)
        files = Files(origin=self._client.origin, uploads=uploads)
        sent = await self._send(outgoing.content, place, files)
        if isinstance(sent, QuoteInvalid):
            place = replace(place, quote="")
            sent = await self._send(outgoing.content, place, files)
        if isinstance(sent, ReplyGone):
            sent = await self._send(outgoing.content, replace(place, reply_to=None, quote=""), files)
        if isinstance(sent, PhotoInvalid) and uploads:
            sent = await self._send(outgoing.content, place, replace(files, as_documents=True))
        if isinstance(sent, Failure):
            return outcome(sent, self._catalogue)
        made = tuple(read.message_id(message.chat.id, message.message_id) for message in sent)
        for external_id, item in zip(made, _items(outgoing.content), strict=False):
            self._remember(external_id, item)
        return Sent(made)

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        """Change what was sent; of an album each item that is not yet as it should be (as far as we remember)."""
        items = _items(outgoing.content)
        if len(items) != len(external_ids):
            return Refused(Why.CANNOT_EDIT, f"{len(items)} items for {len(external_ids)} messages")
        uploads = await self._fetch(outgoing.content)
        if not isinstance(uploads, dict):
            return uploads
        files = Files(origin=self._client.origin, uploads=uploads)
        for item, external_id in zip(items, external_ids, strict=True):
            if self._shows.get(external_id) == item:
                continue
            changed = await self._edit(item, read.chat_of(outgoing.customer), external_id, files)
            if not isinstance(changed, Sent):
                return changed
            self._remember(external_id, item)
        return Sent(tuple(external_ids))

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        """Delete what was sent; Telegram allows it for 48 hours.

        https://core.telegram.org/bots/api#deletemessages
        """
        chat = read.chat_of(customer)
        numbers = [number for each in external_ids if (number := read.message_in(chat, each)) is not None]
        for number in numbers:
            done = await self._client.call(DeleteMessage(chat_id=chat, message_id=number))
            if isinstance(done, Failure):
                told = unsent(done, self._catalogue)
                if not isinstance(told, Sent):
                    return told
        return Sent(tuple(external_ids))

    def link_for(self, token: str) -> str | None:
        """An address that opens the private chat with the bot and hands it the token, once it is known who it is.

        https://core.telegram.org/bots/features#deep-linking
        """
        return f"https://t.me/{self._username}?start={token}" if self._username else None

    def _remember(self, external_id: ExternalId, item: Content) -> None:
        """What a message shows: an edit changes only what differs, and goes on where it was interrupted."""
        self._shows[external_id] = item
        if len(self._shows) > REMEMBERED:
            del self._shows[next(iter(self._shows))]

    async def _edit(self, item: Content, chat: int, external_id: ExternalId, files: Files) -> Outcome:
        number = read.message_in(chat, external_id)
        method = None
        if number is not None:
            method = edit_method(item, chat, number, files, preview=True, media_changed=True)
        if method is None:
            return Refused(Why.CANNOT_EDIT)
        await self._pace.take(chat)
        changed = await self._client.call(method, _timeout(files))
        if isinstance(changed, Failure) and not isinstance(changed, NotModified):
            return outcome(changed, self._catalogue)
        return Sent()

    async def _send(self, content: Content, place: Place, files: Files) -> tuple[Message, ...] | Failure:
        await self._pace.take(place.chat_id, len(content.attachments))
        return await self._client.send(compose(content, place, files, preview=True), _timeout(files))

    async def _fetch(self, content: Content) -> dict[File, bytes] | Outcome:
        """The bytes of the files that must be uploaded; or why there are none."""
        fetched: dict[File, bytes] = {}
        for file in foreign_files(content, self._client.origin):
            opener = self._openers.get(file.origin)
            if opener is None:
                return Refused(Why.FILE_GONE, f"nobody opens files of {file.origin}")
            try:
                fetched[file] = await opener.fetch(file, most=UPLOAD_LIMIT)
            except contracts.FileGone as gone:
                return Refused(Why.TOO_BIG if gone.limit else Why.FILE_GONE, str(gone), gone.limit)
            except OSError as error:
                return TryLater(detail=str(error) or type(error).__name__)
        return fetched


def _items(content: Content) -> list[Content]:
    """What each of the messages says that one piece becomes."""
    return [Content(attachments=(attachment,)) for attachment in content.attachments] or [content]


def _timeout(files: Files) -> float:
    return FILE_TIMEOUT if files.uploads else TIMEOUT
