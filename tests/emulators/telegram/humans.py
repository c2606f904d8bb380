"""People: what a test lets them do (§20.6)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from .accounts import Bot, User
from .chats import ICON_COLOURS, Chat, Topic
from .errors import NotAllowed
from .files import PNG, Attachment, Media
from .keyboards import Keyboard
from .membership import change_status
from .methods.messages import poll_json
from .methods.place import origin
from .methods.reactions import check, first_of_album, react
from .methods.topics import close, hide, make_topic, remove, rename
from .posts import Post
from .presses import Answer, Press
from .seen import Seen
from .text import finish, units

if TYPE_CHECKING:
    from .groups import Group, Private
    from .world import World

Where = Any  # Group, Private, or a Bot (its private chat with this person)
FILES = ("photo", "video", "document", "voice", "video_note", "audio", "animation", "sticker")
_albums = itertools.count(100)


class Human:
    def __init__(self, world: World, user: User) -> None:
        self.world = world
        self.user = user

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    def __repr__(self) -> str:
        return f"<{self.name} {self.id}>"

    # -- writing

    async def says(
        self,
        where: Where,
        text: str | None = None,
        *,
        topic: int | str | None = None,
        reply_to: Seen | None = None,
        quote: str | None = None,
        entities: list[dict[str, Any]] | None = None,
        caption: str | None = None,
        caption_entities: list[dict[str, Any]] | None = None,
        location: tuple[float, float] | None = None,
        venue: tuple[float, float, str, str] | None = None,
        contact: tuple[str, str] | User | Human | None = None,
        poll: tuple[str, list[str]] | None = None,
        dice: int | None = None,
        as_anonymous: bool = False,
        as_channel: str | None = None,
        forward_from: Any = None,
        via_bot: Bot | None = None,
        **files: Any,
    ) -> Seen:
        """One message; `photo=…`, `document=…` and so on take bytes, an `Attachment` or True."""
        chat = self._chat(where)
        content: dict[str, Any] = {}
        media: Media | None = None
        unknown = files.keys() - set(FILES)
        if unknown:
            raise TypeError(f"unknown arguments: {', '.join(sorted(unknown))}")
        for kind, given in files.items():
            if given is not None:
                media = self.world.files.make(kind, _attachment(kind, given))
        if text is not None:
            content = _formatted("text", "entities", text, entities)
            if not content["text"]:
                raise NotAllowed("Telegram's apps do not send an empty text")
        elif caption is not None:
            content = _formatted("caption", "caption_entities", caption, caption_entities)
        if location is not None:
            content["location"] = {"latitude": location[0], "longitude": location[1]}
        if venue is not None:
            content["location"] = {"latitude": venue[0], "longitude": venue[1]}
            content["venue"] = {"location": content["location"], "title": venue[2], "address": venue[3]}
        if contact is not None:
            content["contact"] = _contact(contact)
        if poll is not None:
            content["poll"] = poll_json(str(self.world.number()), poll[0], poll[1])
        if dice is not None:
            content["dice"] = {"emoji": "🎲", "value": dice}
        forward = None
        if forward_from is not None:
            forward, content, media = self._forwarded(forward_from, content, media)
        if not content and media is None:
            raise TypeError("nothing to say")
        return self._post(
            chat, content, media, topic, reply_to, quote, as_anonymous, as_channel, forward=forward, via=via_bot
        )

    async def album(
        self,
        where: Where,
        items: list[Any],
        *,
        caption: str | None = None,
        topic: int | str | None = None,
        reply_to: Seen | None = None,
        kind: str = "photo",
        as_anonymous: bool = False,
        more_of: Seen | None = None,
    ) -> list[Seen]:
        """n messages with one `media_group_id`, the caption on the first (§9). Items: as in `says`,
        or ("video", item) to mix kinds. `more_of`: later parts of the album that this message is in."""
        chat = self._chat(where)
        number = str(12_000_000 + next(_albums)) if more_of is None else str(more_of.post.album)
        made = []
        for position, given in enumerate(items):
            what, item = given if isinstance(given, tuple) else (kind, given)
            content = _formatted("caption", "caption_entities", caption, None) if caption and not position else {}
            media = self.world.files.make(what, _attachment(what, item))
            made.append(self._post(chat, content, media, topic, reply_to, None, as_anonymous, None, album=number))
        return made

    async def edits(
        self,
        message: Seen,
        text: str | None = None,
        *,
        caption: str | None = None,
        entities: list[dict[str, Any]] | None = None,
        **files: Any,
    ) -> Seen:
        """Another text or caption; `photo=…` and so on put another file in place of the one that is there."""
        post = message.post
        if post.author is not self.user:
            raise NotAllowed("only the author edits a message")
        media = post.media
        for kind, given in files.items():
            media = self.world.files.make(kind, _attachment(kind, given))
            caption = str(post.content.get("caption", "")) if caption is None else caption
        if text is not None:
            new = _formatted("text", "entities", text, entities)
            kept = {k: v for k, v in post.content.items() if k not in ("text", "entities")}
        else:
            new = _formatted("caption", "caption_entities", caption, entities) if caption else {}
            kept = {k: v for k, v in post.content.items() if not k.startswith("caption")}
        if {**kept, **new} == post.content and media is post.media:
            return message.now()  # without a visible change there is no update (§3)
        post.media = media
        post.content = {**kept, **new}
        post.edit_date = self.world.date()
        self.world.delivery.message(post, "edited_message")
        return message.now()

    async def loads_preview(self, message: Seen) -> None:
        """An `edited_message` in which nothing that a bot cares about has changed (§3)."""
        message.post.edit_date = self.world.date()
        self.world.delivery.message(message.post, "edited_message")

    async def deletes(self, message: Seen) -> None:
        """Nobody is told (§3)."""
        chat = message.post.chat
        if (
            message.post.author is not self.user
            and not chat.private
            and not chat.may(self.id, "can_delete_messages")
        ):
            raise NotAllowed("no right to delete others' messages")
        self.world.delete(message.post)

    # -- pressing and reacting

    async def presses(self, message: Seen, button: str, *, timeout: float = 20.0) -> Answer:
        """Press a button, by its label, its data or a part of the label, and wait for the bot's answer."""
        return await self.begins_to_press(message, button).wait(timeout)

    def begins_to_press(self, message: Seen, button: str) -> Press:
        """Press without waiting; `await press.wait()` later."""
        post = message.post
        found = _button(post.keyboard or [], button)
        if found is None:
            labels = [b["text"] for row in post.keyboard or [] for b in row]
            raise NotAllowed(f"no button {button!r} in {post.text[:60]!r}, there are: {labels}")
        if post.deleted:
            raise NotAllowed("the message is deleted")
        if post.receiver is not None and post.receiver is not self.user:
            raise NotAllowed("this message is shown to somebody else only")
        if "callback_data" not in found:
            raise NotAllowed(f"{button!r} is not a callback button")
        return self.forges_press(message, str(found["callback_data"]))

    def forges_press(self, message: Seen, data: str) -> Press:
        """As a modified client: any data, whether there is such a button or not (§10)."""
        post = message.post
        bot = self.world.bots_by_id[post.author.id]
        press = Press(
            str(4_000_000_000 + self.world.number()), bot, self.user, post, data, self.world.clock.monotonic()
        )
        self.world.presses[press.id] = press
        bot.known.add(self.id)
        shown = self.world.view(post, bot)
        body = {
            "id": press.id,
            "from": self.user.json(),
            "message": shown,
            "chat_instance": str(-55_000_000_000 - abs(post.chat.id) % 1_000_000_007),
            "data": data,
        }
        bot.queue.push("callback_query", body, f"user{self.id}")
        self.world.touch()
        return press

    async def reacts(self, message: Seen, emoji: str | None, *, as_anonymous: bool = False) -> None:
        """None takes the reaction back."""
        wanted = [{"type": "emoji", "emoji": emoji}] if emoji else []
        post = message.post
        for reaction in wanted:
            check(post.chat, post, reaction)
        post = first_of_album(post)
        old = react(self.world, post, self.id, wanted)
        self.world.delivery.reaction(post, self.user, old, wanted, anonymous=as_anonymous)

    # -- private chats

    async def starts(self, bot: Bot, payload: str | None = None) -> Seen:
        """Presses Start; with a payload as from a deep link (§16)."""
        self._open(bot)
        return await self.says(bot, f"/start {payload}" if payload else "/start")

    async def blocks(self, bot: Bot) -> None:
        chat = self.world.private(bot, self.user)
        chat.blocked = True
        self.world.delivery.blocked(chat, blocked=True)

    async def unblocks(self, bot: Bot) -> None:
        chat = self.world.private(bot, self.user)
        chat.blocked = False
        self.world.delivery.blocked(chat, blocked=False)

    def sees(self, bot: Bot) -> list[Seen]:
        """The private chat with the bot, both sides."""
        return [Seen(self.world, post) for post in self.world.private(bot, self.user).visible()]

    def hears(self, bot: Bot) -> list[str]:
        """Texts and captions that the bot wrote in the private chat."""
        return [seen.text for seen in self.sees(bot) if seen.author_id == bot.id]

    def hints(self, group: Group) -> list[Seen]:
        """Ephemeral messages that this person sees in the group (§18)."""
        return [
            Seen(self.world, post)
            for post in group.chat.ephemeral.values()
            if post.receiver is self.user and not post.deleted
        ]

    # -- topics

    async def creates_topic(self, group: Group | Private, name: str, *, colour: int = ICON_COLOURS[0]) -> Topic:
        return make_topic(self.world, self._forum(group), self.user, name, colour, None)

    async def closes_topic(self, group: Group, topic: int | str) -> None:
        close(self.world, self._forum(group), self.user, self._topic(group.chat, topic), closed=True)

    async def reopens_topic(self, group: Group, topic: int | str) -> None:
        close(self.world, self._forum(group), self.user, self._topic(group.chat, topic), closed=False)

    async def renames_topic(self, group: Group, topic: int | str, name: str) -> None:
        rename(self.world, self._forum(group), self.user, self._topic(group.chat, topic), name, None)

    async def deletes_topic(self, group: Group, topic: int | str) -> None:
        """Nobody is told (§11)."""
        remove(self.world, self._forum(group), self._topic(group.chat, topic))

    async def hides_general(self, group: Group, *, hidden: bool = True) -> None:
        hide(self.world, self._forum(group), self.user, hidden=hidden)

    # -- groups

    async def joins(self, group: Group) -> None:
        change_status(self.world, group.chat, self.user, "member", by=self.user)

    async def leaves(self, group: Group) -> None:
        change_status(self.world, group.chat, self.user, "left", by=self.user)

    async def pins(self, message: Seen) -> None:
        chat = message.post.chat
        if message.post not in chat.pinned:
            chat.pinned.append(message.post)
            self.world.add_service(chat, self.user, "pinned_message", message.post, topic=message.post.topic)

    async def unpins(self, message: Seen) -> None:
        if message.post in message.post.chat.pinned:
            message.post.chat.pinned.remove(message.post)
            self.world.touch()

    # -- inside

    def _chat(self, where: Where) -> Chat:
        chat = self.world.private(where, self.user) if isinstance(where, Bot) else where.chat
        if chat.private:
            if chat.blocked:
                raise NotAllowed(f"{self.name} has blocked the bot")
            self._open(chat.bot)
        elif chat.migrated_to is not None:
            raise NotAllowed("the group became a supergroup")
        elif not chat.is_present(self.id):
            raise NotAllowed(f"{self.name} is not in {chat.title}")
        elif not chat.is_admin(self.id) and not chat.may(self.id, "can_send_messages"):
            raise NotAllowed(f"{self.name} may not write in {chat.title}")
        return chat

    def _open(self, bot: Bot | None) -> None:
        assert bot is not None
        chat = self.world.private(bot, self.user)
        chat.started = True
        bot.known.add(self.id)

    def _forum(self, group: Group | Private) -> Chat:
        if not group.chat.forum:
            raise NotAllowed("this group has no topics")
        return group.chat

    def _topic(self, chat: Chat, topic: int | str | None) -> Topic:
        found = find_topic(chat, topic)
        if found is None:
            raise NotAllowed(f"no topic {topic!r} in {chat.title}")
        return found

    def _post(
        self,
        chat: Chat,
        content: dict[str, Any],
        media: Media | None,
        topic: int | str | None,
        reply_to: Seen | None,
        quote: str | None,
        as_anonymous: bool,
        as_channel: str | None,
        *,
        forward: Any = None,
        via: Bot | None = None,
        album: str | None = None,
    ) -> Seen:
        member = chat.member(self.id)
        fields: dict[str, Any] = {"forward": forward, "via": via.user if via else None, "album": album}
        anonymous = as_anonymous or (member is not None and member.anonymous)
        if as_channel is not None:
            fields.update(mask="channel", sender_chat=Chat(-1002000000000 - len(as_channel), "channel", as_channel))
        elif anonymous:
            if member is None or not member.admin:
                raise NotAllowed("only administrators write anonymously")
            fields.update(mask="anonymous", signature=member.title)
        if reply_to is not None and reply_to.post.chat is chat:
            fields["reply_to"] = reply_to.post
        elif reply_to is not None:
            fields["external"] = {
                "origin": origin(reply_to.post),
                "chat": reply_to.post.chat.json(),
                "message_id": reply_to.post.id_for(None),
            }
        if quote is not None and reply_to is not None:
            at = reply_to.post.text.find(quote)
            if at < 0:
                raise NotAllowed(f"{quote!r} is not a part of the message")
            fields["quote"] = {"text": quote, "position": units(reply_to.post.text[:at]), "is_manual": True}
        if chat.forum:
            fields["topic"] = self._place(chat, topic, reply_to)
        return Seen(self.world, self._send(chat, content, media, fields))

    def _place(self, chat: Chat, topic: int | str | None, reply_to: Seen | None) -> Topic | None:
        if topic is None and reply_to is not None and reply_to.post.chat is chat:
            found = reply_to.post.topic
        else:
            found = self._topic(chat, topic) if topic not in (None, 1, "General") else None
        shut = found.closed if found is not None else chat.general.closed
        creator = found is not None and found.creator is self.user
        if shut and not creator and not (chat.is_admin(self.id) and chat.may(self.id, "can_manage_topics")):
            raise NotAllowed("the topic is closed")
        return found

    def _send(self, chat: Chat, content: dict[str, Any], media: Media | None, fields: dict[str, Any]) -> Post:
        post = self.world.add_post(chat, self.user, content=content, media=media, **fields)
        self.world.delivery.message(post)
        return post

    def _forwarded(
        self, source: Any, content: dict[str, Any], media: Media | None
    ) -> tuple[dict[str, Any], dict[str, Any], Media | None]:
        """From a message, from a person, or from a name whose account is hidden."""
        if isinstance(source, Seen):
            return origin(source.post), {**source.post.content, **content}, media or source.post.media
        date = self.world.date()
        if isinstance(source, Human):
            return {"type": "user", "date": date, "sender_user": source.user.json(language=False)}, content, media
        return {"type": "hidden_user", "date": date, "sender_user_name": str(source)}, content, media


def find_topic(chat: Chat, topic: int | str | None) -> Topic | None:
    """By id or by name; the newest of those with the same name."""
    if isinstance(topic, Topic):
        topic = topic.id
    if topic in (1, "General"):
        return chat.general
    if isinstance(topic, int):
        return chat.topic_of(topic)
    named = [t for t in chat.topics.values() if t.name == topic and not t.deleted]
    return named[-1] if named else None


def _formatted(key: str, entities_key: str, text: str, entities: list[dict[str, Any]] | None) -> dict[str, Any]:
    body = finish(text, entities or [])
    content: dict[str, Any] = {key: body.text}
    if body.entities:
        content[entities_key] = body.entities
    return content


def _attachment(kind: str, given: Any) -> Attachment:
    if isinstance(given, Attachment):
        return given
    if isinstance(given, bytes | bytearray):
        return Attachment(bytes(given), name="file.bin" if kind == "document" else None)
    if given is True:
        return Attachment(PNG if kind == "document" else b"", name="file.png" if kind == "document" else None)
    raise TypeError(f"{kind}: bytes, an Attachment or True")


def _contact(given: Any) -> dict[str, Any]:
    if isinstance(given, Human):
        given = given.user
    if isinstance(given, User):
        return {"phone_number": f"+7900{given.id:07d}", "first_name": given.first_name, "user_id": given.id}
    return {"phone_number": given[0], "first_name": given[1]}


def _button(keyboard: Keyboard, wanted: str) -> dict[str, Any] | None:
    """By label, by data, or by the only label that contains the words."""
    buttons = [button for row in keyboard for button in row]
    for button in buttons:
        if wanted in (button["text"], button.get("callback_data")):
            return button
    similar = [button for button in buttons if wanted.lower() in button["text"].lower()]
    return similar[0] if len(similar) == 1 else None
