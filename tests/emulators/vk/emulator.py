"""What a test holds: the server, its community, people, the staff who write in VK itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Self

from ..common.clock import Clock
from ..common.emulator import Emulator
from .attachments import Attachment, made
from .callback import Callback
from .errors import NotAllowed, VkError
from .faults import Faults
from .journal import Call, Journal
from .longpoll import LongPoll
from .messages import Message
from .params import Ask
from .people import Person
from .rules import Rules
from .server import Server
from .world import SCOPES, Community, World

ADMIN = 5_000_777  # who answers in VK's own interface


class VkEmulator(Emulator):
    """See the package's own description."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        scale: float = 1.0,
        rules: Rules | None = None,
        long_poll: bool = True,
        token: str | None = None,
        name: str = "Shop",
    ) -> None:
        self.world = World(clock, rules, scale)
        self._server = Server(self.world)
        self._next_id = 512_345_000
        self.group: Community = self.community(name, token=token, long_poll=long_poll)

    async def start(self, port: int = 0) -> Self:
        await self._server.start(port)
        return self

    async def stop(self) -> None:
        """Fails if the emulator itself had an error, so that its bugs are not taken for refusals."""
        tasks = list(self.world.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.stop()
        self.world.broken.check()

    # -- the platform

    @property
    def url(self) -> str:
        """For the channel's `api_url`: methods are at `{url}/method/<name>`."""
        return self.world.url

    @property
    def token(self) -> str:
        return self.group.token

    @property
    def long_poll(self) -> LongPoll:
        return self.group.long_poll

    @property
    def callback(self) -> Callback:
        return self.group.callback

    @property
    def faults(self) -> Faults:
        return self.world.faults

    @property
    def rules(self) -> Rules:
        return self.world.rules

    @property
    def journal(self) -> Journal:
        return self.world.journal

    @property
    def calls(self) -> list[Call]:
        return self.world.journal.calls

    def calls_of(self, method: str, *, peer: int | None = None, ok: bool | None = None) -> list[Call]:
        return self.world.journal.of(method, peer=peer, ok=ok)

    @property
    def broken(self) -> list[str]:
        return self.world.broken

    @property
    def down(self) -> bool:
        return not self.world.up.is_set()

    @down.setter
    def down(self, down: bool) -> None:
        """Connections are cut; events are kept, and told once VK is back."""
        if down:
            self.world.up.clear()
            self._server.cut_all()
        else:
            self.world.up.set()

    async def wait_until(self, condition: Callable[[], Any], timeout: float = 20.0) -> Any:
        """What the condition gave; looked at after each change here, and each 50 ms."""
        return await self.world.changes.until(condition, timeout, lambda: "it did not happen in time")

    # -- who is there

    def community(self, name: str, *, token: str | None = None, long_poll: bool = True) -> Community:
        """Another community, with a key that has all rights. long_poll: its settings are as an admin ticks them."""
        number = 222_333_001 + len(self.world.communities)
        community = Community(self.world, number, name, f"club{number}")
        community.add_token(token, SCOPES)
        self.world.communities[number] = community
        if long_poll:
            community.long_poll.enable()
        return community

    def person(self, name: str = "Ann Lee", *, id: int | None = None, ru: str = "", **about: Any) -> Person:
        """A VK user; ru: the name in Cyrillic; about: see Person."""
        self._next_id += 1
        number = id or self._next_id
        first, _, last = name.partition(" ")
        names = {"ru": (ru.partition(" ")[0], ru.partition(" ")[2])} if ru else {}
        person = Person(self.world, number, first, last, about.pop("screen_name", f"id{number}"), names, **about)
        self.world.people[number] = person
        return person

    # -- the staff in VK's own interface

    def admin_writes(
        self,
        person: Person,
        text: str = "",
        *,
        attachments: Iterable[Attachment | str] = (),
        reply_to: Message | None = None,
        admin: int = ADMIN,
        to: Community | None = None,
    ) -> Message:
        community = to or self.group
        self._may_write(community, person)
        things = [made(one) for one in attachments]
        if not text.strip() and not things:
            raise NotAllowed("nothing to send")
        for one in things:
            one.owner_id, one.id = one.owner_id or -community.id, one.id or self.world.number()
        message = Message(-community.id, text, things, quoted=reply_to, out=True, admin_author_id=admin)
        dialog = community.dialog(person)
        self.admin_reads(person, to=community)
        community.add(dialog, message)
        community.tell_message("message_reply", message)
        return message

    def admin_edits(self, message: Message, text: str, *, admin: int = ADMIN) -> None:
        if not message.out or message.deleted:
            raise NotAllowed("only what the community wrote")
        message.text, message.admin_author_id = text, admin
        self._community_of(message).change(message)

    def admin_deletes(self, message: Message) -> None:
        """For everybody. No event tells of it."""
        message.deleted = True
        self.world.touch()

    def admin_reads(self, person: Person, to: Community | None = None) -> None:
        dialog = (to or self.group).dialog(person)
        for message in dialog.messages:
            if not message.out:
                message.seen = True
                dialog.read_by_community = message.cmid
        self.world.touch()

    def admin_reacts(self, message: Message, reaction: int | None = 1) -> None:
        community = self._community_of(message)
        shape: dict[str, Any] = {"reacted_id": -community.id, "peer_id": message.peer_id, "cmid": message.cmid}
        if reaction is None:
            message.reactions.pop(-community.id, None)
        else:
            message.reactions[-community.id] = shape["reaction_id"] = reaction
        community.tell("message_reaction_event", shape)

    def blocks(
        self, person: Person, *, reason: int = 0, comment: str = "", until: int = 0, to: Community | None = None
    ) -> None:
        """An admin puts the person on the community's blacklist."""
        community = to or self.group
        shape = {
            "admin_id": ADMIN,
            "user_id": person.id,
            "unblock_date": until,
            "reason": reason,
            "comment": comment,
        }
        community.banned[person.id] = shape
        community.tell("user_block", shape)

    def unblocks(self, person: Person, *, by_end_date: bool = False, to: Community | None = None) -> None:
        community = to or self.group
        community.banned.pop(person.id)
        community.tell("user_unblock", {"admin_id": ADMIN, "user_id": person.id, "by_end_date": int(by_end_date)})

    def tell(self, kind: str, body: dict[str, Any], *, to: Community | None = None) -> str:
        """Any event, as it is: of kinds that are not known here, too."""
        community = to or self.group
        for subscription in (
            community.long_poll.subscription,
            *(one.subscription for one in community.callback.servers.values()),
        ):
            subscription.events.setdefault(kind, True)
        return community.tell(kind, body)

    async def confirmed(self, community: Community | None = None) -> None:
        """Wait until all callback servers are confirmed."""
        servers = (community or self.group).callback.servers
        await self.wait_until(lambda: servers and all(one.status == "ok" for one in servers.values()))

    # -- inside

    def _may_write(self, community: Community, person: Person) -> None:
        try:
            Ask(self.world, community, {}, (5, 199)).recipient(person.id)
        except VkError as error:
            raise NotAllowed(error.text) from None

    def _community_of(self, message: Message) -> Community:
        for community in self.world.communities.values():
            if community.by_id(message.id) is message:
                return community
        raise NotAllowed("there is no such message")
