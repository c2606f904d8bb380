"""Groups and private chats as a test handles them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .accounts import SERVICE, Bot
from .chats import RIGHTS, Chat, Member
from .errors import NotAllowed
from .humans import Human, find_topic
from .membership import change_status
from .posts import Post
from .seen import Seen
from .text import finish
from .world import World

Someone = Human | Bot


class TopicView:
    """A topic to look at; `exists` turns false when it is deleted."""

    def __init__(self, group: Group, topic: Any) -> None:
        self._group = group
        self.topic = topic

    @property
    def id(self) -> int:
        return int(self.topic.id)

    @property
    def name(self) -> str:
        return str(self.topic.name)

    @property
    def closed(self) -> bool:
        return bool(self.topic.closed)

    @property
    def exists(self) -> bool:
        return not self.topic.deleted

    def messages(self, *, service: bool = False) -> list[Seen]:
        return self._group.messages(topic=self.id, service=service)

    def texts(self) -> list[str]:
        return [seen.text for seen in self.messages()]


class Group:
    def __init__(self, world: World, chat: Chat, owner: Human) -> None:
        self.world = world
        self.chat = chat
        self.owner = owner

    @property
    def id(self) -> int:
        return self.chat.id

    @property
    def title(self) -> str:
        return self.chat.title

    # -- looking

    def messages(
        self,
        *,
        topic: int | str | None = None,
        viewer: Human | None = None,
        service: bool = False,
        by: Someone | None = None,
    ) -> list[Seen]:
        """What is visible now, oldest first; ephemeral ones only for their viewer. `topic="General"` or 1:
        outside of topics."""
        found = [Seen(self.world, post) for post in self._posts(topic, viewer, service, by)]
        return found[::-1]

    def _posts(
        self,
        topic: int | str | None = None,
        viewer: Human | None = None,
        service: bool = False,
        by: Someone | None = None,
    ) -> Iterator[Post]:
        """Newest first."""
        wanted = find_topic(self.chat, topic) if topic is not None else None
        if topic is not None and wanted is None:
            raise NotAllowed(f"no topic {topic!r}")
        for post in reversed(self.chat.posts):
            if post.deleted or (post.service is not None and not service):
                continue
            if post.ephemeral_id is not None and (viewer is None or post.receiver is not viewer.user):
                continue
            if wanted is not None and post.topic is not (None if wanted.id == 1 else wanted):
                continue
            if by is not None and post.author.id != by.id:
                continue
            yield post

    def texts(self, **which: Any) -> list[str]:
        return [seen.text for seen in self.messages(**which)]

    def last(self, **which: Any) -> Seen:
        return Seen(self.world, next(self._posts(**which)))

    def find(self, words: str, **which: Any) -> Seen | None:
        """The newest visible message with these words in it."""
        return next((Seen(self.world, post) for post in self._posts(**which) if words in post.text), None)

    def message(self, message_id: int) -> Seen:
        return Seen(self.world, self.chat.index[(0, message_id)])

    def topic(self, topic: int | str) -> TopicView:
        found = find_topic(self.chat, topic)
        if found is None:
            raise NotAllowed(f"no topic {topic!r}; there are {[t.name for t in self.topics()]}")
        return TopicView(self, found)

    def topics(self) -> list[TopicView]:
        return [TopicView(self, topic) for topic in self.chat.topics.values() if not topic.deleted]

    @property
    def pinned(self) -> list[Seen]:
        return [Seen(self.world, post) for post in self.chat.pinned]

    @property
    def actions(self) -> list[tuple[int, str, int | None]]:
        """`sendChatAction` calls: (bot, action, thread)."""
        return self.chat.actions

    # -- changing

    def add(
        self,
        someone: Someone,
        *,
        admin: bool = False,
        rights: dict[str, bool] | None = None,
        anonymous: bool = False,
        title: str | None = None,
        by: Human | None = None,
    ) -> Group:
        """Into the group, or to another rank; `rights` change the usual ones of an administrator."""
        user = someone.user
        if self.chat.kind == "group" and anonymous:
            raise NotAllowed("anonymous administrators need a supergroup")
        granted = {**RIGHTS, **(rights or {})}
        if unknown := granted.keys() - RIGHTS.keys():
            raise TypeError(f"unknown rights: {', '.join(sorted(unknown))}")
        who = by.user if by else self.owner.user
        member = change_status(
            self.world,
            self.chat,
            user,
            "administrator" if admin else "member",
            by=who,
            rights=granted if admin else None,
        )
        member.anonymous, member.title = anonymous and admin, title
        return self

    def promote(self, someone: Someone, **rights: bool) -> None:
        self.add(someone, admin=True, rights=rights)

    def demote(self, someone: Someone) -> None:
        self.add(someone, admin=False)

    def restrict(self, someone: Someone, **permissions: bool) -> None:
        """A restricted member: everything allowed but what is named false."""
        rights = {**self.chat.permissions, **permissions}
        change_status(self.world, self.chat, someone.user, "restricted", by=self.owner.user, rights=rights)

    def remove(self, someone: Someone) -> None:
        """Taken out, may come back."""
        change_status(self.world, self.chat, someone.user, "left", by=self.owner.user)

    def kick(self, someone: Someone) -> None:
        change_status(self.world, self.chat, someone.user, "kicked", by=self.owner.user)

    def allow(self, **permissions: bool) -> None:
        """The chat's permissions for ordinary members."""
        self.chat.permissions.update(permissions)
        self.world.touch()

    def allow_reactions(self, emoji: list[str] | None) -> None:
        self.chat.available_reactions = emoji

    def rename(self, title: str) -> None:
        self.chat.title = title
        self.world.add_service(self.chat, self.owner.user, "new_chat_title", title)

    def linked_channel_posts(self, text: str, channel: str = "Новости") -> Seen:
        """A post of the linked channel comes by itself, from user 777000 (§14)."""
        source = Chat(-1003000000001, "channel", channel)
        content = finish(text, [])
        origin = {"type": "channel", "date": self.world.date(), "chat": source.json(), "message_id": 1}
        post = self.world.add_post(
            self.chat,
            SERVICE,
            content={"text": content.text, **({"entities": content.entities} if content.entities else {})},
            mask="linked",
            sender_chat=source,
            forward=origin,
        )
        self.world.delivery.message(post)
        return Seen(self.world, post)

    def delete(self) -> None:
        self.chat.deleted = True
        self.world.touch()

    def turn_topics(self, on: bool = True) -> Group:
        """In a basic group this makes a supergroup first (§11)."""
        group = self.upgrade() if on and self.chat.kind == "group" else self
        group.chat.forum = on
        self.world.touch()
        return group

    def upgrade(self) -> Group:
        """Basic group to supergroup: a new id, dead old message ids (§14)."""
        old = self.chat
        if old.kind != "group":
            raise NotAllowed("only basic groups are upgraded")
        new = Chat(-1001900000000 - abs(old.id), "supergroup", old.title, description=old.description)
        for member in old.members.values():
            new.members[member.user.id] = Member(member.user, member.status, dict(member.rights))
        new.bots = dict(old.bots)
        self.world.groups[new.id] = new
        self.world.add_service(old, self.owner.user, "migrate_to_chat_id", new.id)
        old.migrated_to = new
        self.world.add_service(new, self.owner.user, "migrate_from_chat_id", old.id)
        return Group(self.world, new, self.owner)

    def status(self, someone: Someone) -> str:
        return self.world.member_of(self.chat, someone.user).status


class Private:
    """The private chat of a person and a bot."""

    def __init__(self, world: World, chat: Chat) -> None:
        self.world = world
        self.chat = chat

    @property
    def id(self) -> int:
        return self.chat.id

    def turn_topics(self, on: bool = True) -> Private:
        """Topics in a private chat (Bot API 9.3), as with `has_topics_enabled`."""
        self.chat.forum = on
        return self

    def messages(self, *, service: bool = False) -> list[Seen]:
        return [Seen(self.world, post) for post in self.chat.visible() if service or post.service is None]

    def texts(self) -> list[str]:
        return [seen.text for seen in self.messages()]

    def last(self) -> Seen:
        return self.messages()[-1]

    @property
    def actions(self) -> list[tuple[int, str, int | None]]:
        return self.chat.actions
