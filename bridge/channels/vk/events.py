"""What each event of a community does to the database (https://dev.vk.com/ru/api/community-events/json-schema)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from vk_api.bot_longpoll import VkBotEventType

from bridge.aside import kind_of
from bridge.channels.vk import read
from bridge.channels.vk.api import Denied, NoAnswer, VkApi
from bridge.channels.vk.attachments import Body, number, with_known_files
from bridge.channels.vk.people import People
from bridge.channels.vk.random_ids import is_one_of
from bridge.channels.vk.signs import ANSWERS, Signs
from bridge.channels.vk.works import After, Effects, NotNow, Work
from bridge.inbox.join import is_token, join
from bridge.inbox.receive import greet, meet, take_edit, take_in
from bridge.inbox.staff import take_staff_reply
from bridge.messenger import Services
from bridge.model import (
    ChannelName,
    Content,
    Customer,
    ExternalId,
    Incoming,
    IncomingEdit,
    StaffReply,
    Text,
)
from bridge.pieces import quoted
from bridge.text import shifted, units
from storage.store import Transaction

log = logging.getLogger(__name__)

# What vk_api's table of kinds lacks is in words.
KINDS: Final = (
    VkBotEventType.MESSAGE_NEW.value,
    VkBotEventType.MESSAGE_REPLY.value,
    VkBotEventType.MESSAGE_EDIT.value,
    VkBotEventType.MESSAGE_ALLOW.value,
    VkBotEventType.MESSAGE_DENY.value,
    VkBotEventType.MESSAGE_TYPING_STATE.value,
    VkBotEventType.MESSAGE_EVENT.value,
    VkBotEventType.USER_BLOCK.value,
    VkBotEventType.USER_UNBLOCK.value,
    "message_read",
    "message_reaction_event",
)
WHOLE_TRIES: Final = 4  # times that a message which was cut is asked for before it is taken as it is
TRIES_MOST: Final = 200
RECENT: Final = timedelta(hours=1)  # an edit of a newer message that we never saw may have overtaken it


class Translator:
    """Translates the events of one community."""

    def __init__(
        self,
        name: ChannelName,
        title: str,
        greeting: str,
        services: Services,
        api: VkApi,
        people: People,
        effects: Effects,
        *,
        settles: timedelta = timedelta(),
    ) -> None:
        """`settles`: so long an earlier event may come after a later one."""
        self._name = name
        self._title = title
        self._greeting = greeting
        self._services = services
        self._inbox = services.inbox
        self._say = services.catalogue
        self._api = api
        self._people = people
        self._effects = effects
        self._settles = settles
        self._reader = read.Reader(name, services.catalogue)
        self._tries: dict[ExternalId, int] = {}
        signs = Signs(name, services, self._reader, effects)
        self._kinds: Mapping[str, Callable[[Any, str], Awaitable[Work | None]]] = {
            "message_new": self._message_new,
            "message_reply": self._message_reply,
            "message_edit": self._message_edit,
            "message_allow": signs.message_allow,
            "message_deny": signs.message_deny,
            "message_typing_state": signs.typing,
            "message_read": signs.message_read,
            "message_event": signs.pressed,
            "message_reaction_event": signs.reaction,
            "user_block": signs.user_block,
            "user_unblock": signs.user_unblock,
        }

    async def translate(self, event: Any) -> Work | None:
        """What an event does; None for what is not ours to handle.

        Raises NotNow when VKontakte must be asked first and cannot be, and whatever a malformed event leads to.
        """
        handler = self._kinds.get(event.get("type"))
        if handler is None:
            log.info("channel %s: an event of the kind %s is left alone", self._name, kind_of(event.get("type")))
            return None
        return await handler(event["object"], str(event.get("event_id") or ""))

    async def _message_new(self, body: Any, _: str) -> Work | None:
        message, client = read.unwrapped(body)
        place = read.place(message)
        if place is None:
            return None
        if number(message.get("out")) == 1:
            return await self._message_reply(message, _)
        if read.is_start(message):
            return self._start(place, message, client)
        message = await self._whole(message, place)
        incoming = await self._incoming(message, place, client)
        quote = self._reader.quoted(message)
        token = read.ref(message)

        def work(tx: Transaction) -> After | None:
            if tx.by_external(self._name, place.external_id):
                return None
            if is_token(token):
                self._join(tx, meet(tx, self._name, place.customer, incoming.profile), token)
            return self._take_in(tx, incoming, quote)

        return work

    def _take_in(self, tx: Transaction, incoming: Incoming, quote: tuple[int, Content] | None) -> After:
        incoming = replace(incoming, content=self._with_quote(tx, incoming.content, incoming.reply_to, quote))
        if not incoming.details:
            brought = tx.echo(self._name, f"ref:{incoming.customer}")
            incoming = replace(incoming, details=self._details(brought or ""))
        take_in(tx, incoming, self._inbox.group_of(self._name))
        return lambda: self._effects.wrote(incoming.customer)

    async def _incoming(self, message: Body, place: read.Place, client: Body) -> Incoming:
        ref = read.ref(message)
        return Incoming(
            channel=self._name,
            customer=place.customer,
            external_id=place.external_id,
            # VKontakte tells whole seconds; within one the dialog's own counter knows the order.
            written_at=(read.moment(message) or self._now()) + timedelta(microseconds=place.cmid % 1_000_000),
            content=await self._content(message),
            profile=read.profile(place.peer, client),
            details={} if is_token(ref) else self._details(read.referral(message)),
            reply_to=self._target(message, place),
            settles=self._settles,
        )

    def _start(self, place: read.Place, message: Body, client: Body) -> Work:
        """«Start» is a press, not a word: it is answered with a greeting, and its link is kept for the card."""
        token, known = read.ref(message), f"start:{place.external_id}"
        referral = read.referral(message)

        def work(tx: Transaction) -> After | None:
            if tx.echo(self._name, known):
                return None
            tx.keep_echo(self._name, known, place.external_id)
            customer = meet(tx, self._name, place.customer, read.profile(place.peer, client))
            if is_token(token):
                if not self._join(tx, customer, token):
                    greet(tx, customer, self._say("join-too-old"))
            else:
                if referral:
                    tx.keep_echo(self._name, f"ref:{place.customer}", ExternalId(referral))
                if self._greeting:
                    greet(tx, customer, self._greeting)
            return lambda: self._effects.wrote(place.customer)

        return work

    def _join(self, tx: Transaction, customer: Customer, token: str) -> bool:
        """Whoever comes by a one-time link goes on here; False when the link is used or too old."""
        joined = join(tx, token, customer)
        if joined is None:
            return False
        greet(tx, customer, self._say("join-welcome"))
        greet(tx, joined.before, self._say("join-moved", channel=self._title))
        return True

    async def _message_reply(self, body: Any, _: str) -> Work | None:
        """What went to a customer: by us, by an admin in VKontakte's own pages, or by another program."""
        message, _client = read.unwrapped(body)
        place = read.place(message)
        if place is None or await self._inbox.read(lambda tx: self._is_ours(tx, message, place)):
            return None
        message = await self._whole(message, place)
        reply = StaffReply(
            channel=self._name,
            customer=place.customer,
            external_id=place.external_id,
            written_at=read.moment(message) or self._now(),
            content=await self._content(message),
            author_name=await self._author(message),
            profile=read.profile(place.peer, {}),
            reply_to=self._target(message, place),
        )

        def work(tx: Transaction) -> After | None:
            if not self._is_ours(tx, message, place):
                take_staff_reply(tx, reply)
            return lambda: self._effects.wrote(place.customer)

        return work

    def _is_ours(self, tx: Transaction, message: Body, place: read.Place) -> bool:
        """The answer to our call may come before or after this event; also false for what is known already."""
        if tx.by_external(self._name, place.external_id):
            return True
        random_id = number(message.get("random_id"))
        customer = tx.find_customer(self._name, place.customer)
        if not random_id or customer is None:
            return False
        return is_one_of(random_id, self._services.key, self._name, tx.recent_answers(customer.id, ANSWERS))

    async def _author(self, message: Body) -> str:
        admin = number(message.get("admin_author_id"))
        if admin:
            name = (await self._people.names([admin])).get(admin, "")
            return self._say("vk-staff", name=name) if name else self._say("vk-staff-unnamed")
        return self._say("vk-program") if number(message.get("random_id")) else self._say("vk-staff-unnamed")

    async def _message_edit(self, body: Any, _: str) -> Work | None:
        """Whichever of several versions comes last, the newest stays."""
        message, client = read.unwrapped(body)
        place = read.place(message)
        if place is None:
            return None
        message = await self._whole(message, place)
        incoming = await self._incoming(message, place, client)
        quote = self._reader.quoted(message)
        version, own = number(message.get("version")) or 0, number(message.get("out")) == 1
        edited_at = read.moment(message, "update_time") or self._now()
        key = f"version:{place.external_id}"

        def work(tx: Transaction) -> After | None:
            if version and version <= (number(tx.echo(self._name, key)) or 0):
                return None
            known = tx.by_external(self._name, place.external_id)
            if known is None and (own or tx.now - incoming.written_at > RECENT):
                return None
            if version:
                tx.keep_echo(self._name, key, ExternalId(str(version)))
            if known is None:  # it overtook the message, which will be known when it comes
                return self._take_in(tx, incoming, quote)
            content = self._with_quote(tx, incoming.content, incoming.reply_to, quote)
            edit = IncomingEdit(
                channel=self._name,
                customer=place.customer,
                external_id=place.external_id,
                content=with_known_files(content, tx.message(known[0]).content),
                edited_at=edited_at,
                whole=True,
            )
            take_edit(tx, edit)
            return None

        return work

    async def _whole(self, message: Body, place: read.Place) -> Body:
        """The message; one that came cut is asked for. Raises NotNow while that does not work."""
        if not message.get("is_cropped"):
            return message
        found = await self._api.call(
            "messages.getByConversationMessageId", peer_id=place.peer, conversation_message_ids=place.cmid
        )
        items = found.get("items") if isinstance(found, Mapping) else None
        if isinstance(items, list) and items and isinstance(items[0], Mapping):
            self._tries.pop(place.external_id, None)
            return items[0]
        tried = self._tries.get(place.external_id, 0) + 1
        if isinstance(found, Denied | NoAnswer) and tried < WHOLE_TRIES:
            if len(self._tries) >= TRIES_MOST:
                self._tries.clear()
            self._tries[place.external_id] = tried
            log.warning("channel %s: a message that was cut cannot be had: %s", self._name, found)
            raise NotNow
        self._tries.pop(place.external_id, None)
        return message

    async def _content(self, message: Body) -> Content:
        authors = read.authors(message)
        names = await self._people.names(authors) if authors else {}
        return self._reader.content(message, names)

    def _target(self, message: Body, place: read.Place) -> ExternalId | None:
        quote = self._reader.quoted(message)
        return read.message_id(place.peer, quote[0]) if quote and quote[0] else None

    def _with_quote(
        self, tx: Transaction, content: Content, target: ExternalId | None, quote: tuple[int, Content] | None
    ) -> Content:
        """What it answers in words, if that is a message that we never saw."""
        if quote is None or (target and tx.by_external(self._name, target)):
            return content
        said = quoted(quote[1], "", self._say)
        if not said:
            return content
        line = self._say("vk-in-reply", text=said) + "\n"
        text = Text((line + content.text.plain).rstrip("\n"), shifted(content.text.spans, units(line)))
        return replace(content, text=text)

    def _details(self, referral: str) -> Mapping[str, str]:
        return {self._say("detail-referral"): referral} if referral else {}

    def _now(self) -> datetime:
        return self._services.clock.now()
