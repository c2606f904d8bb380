"""Making one planned call, and writing down what the group shows after it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, assert_never

from aiogram.methods import (
    CloseForumTopic,
    CreateForumTopic,
    EditForumTopic,
    EditMessageText,
    ReopenForumTopic,
    SendMessage,
)
from aiogram.types import LinkPreviewOptions, Message, ReplyParameters

from bridge.contracts import Abilities, FileGone, FileOpener
from bridge.desks.telegram import render
from bridge.desks.telegram.failing import Pace
from bridge.desks.telegram.plan import (
    UNCAPTIONED,
    Call,
    CloseTopic,
    EditCard,
    EditMirror,
    OpenTopic,
    PostCard,
    PostMedia,
    PostNotice,
    PostTexts,
    RenameTopic,
    fingerprint,
)
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.scheduler import Paused
from bridge.desks.telegram.view import View
from bridge.desks.telegram.wire import entities, keyboard
from bridge.model import Attachment, Content, File, Kind, MessageId, Post, Refused, Role, Text, Topic
from bridge.pieces import pieces
from bridge.telegram.client import FILE_TIMEOUT, UPLOAD_LIMIT, TelegramClient
from bridge.telegram.compose import Files, Place, compose, edit_method, foreign_files
from bridge.telegram.errors import (
    Failure,
    Migrated,
    NotForum,
    NotModified,
    PhotoInvalid,
    PostGone,
    TopicClosed,
    TopicGone,
    Transient,
)
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

ICON_COLOURS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)  # all that Telegram offers

ABILITIES = Abilities(
    text_limit=4096,
    caption_limit=1024,
    kinds=frozenset(Kind) - render.SAID,
    albums=(
        frozenset({Kind.PHOTO, Kind.VIDEO}),
        frozenset({Kind.DOCUMENT}),
        frozenset({Kind.AUDIO}),
    ),
    album_limit=10,
    no_caption=UNCAPTIONED,
)


class Performer:
    """Makes calls for one group. Returns a pause when Telegram wants one, or cannot be reached."""

    def __init__(
        self,
        store: Store,
        client: TelegramClient,
        pace: Pace,
        openers: Mapping[str, FileOpener],
        moved: Callable[[int], Awaitable[None]],
        ask_again: Callable[[], Awaitable[object]],
    ) -> None:
        self._store = store
        self._client = client
        self._pace = pace
        self._openers = openers
        self._moved = moved  # the chat has a new id
        self._ask_again = ask_again  # the chat may have changed: topics on or off

    async def perform(self, view: View, step: Call) -> Paused | None:
        """Make the call that `step` is."""
        match step:
            case PostCard():
                return await self._post_card(view, step)
            case EditCard():
                return await self._edit_card(view, step)
            case PostTexts():
                return await self._post_texts(view, step)
            case PostMedia():
                return await self._post_media(view, step)
            case EditMirror():
                return await self._edit_mirror(view, step)
            case OpenTopic():
                return await self._open_topic(view, step)
            case CloseTopic() | RenameTopic():
                return await self._change_topic(view, step)
            case PostNotice():
                return await self._post_notice(view, step)
            case _:
                assert_never(step)

    # cards

    async def _post_card(self, view: View, step: PostCard) -> Paused | None:
        sent = await self._send_text(view, step.rendered, step.thread_id, None)
        if not isinstance(sent, Message):
            return await self._failed(view, sent)
        post = self._post_of(view, sent, Role.CARD, step.rendered.fingerprint, step.messages)
        await self._store.write(lambda tx: _posted(tx, post, step))
        return None

    async def _edit_card(self, view: View, step: EditCard) -> Paused | None:
        done = await self._edit_text(step.post, step.rendered)
        if isinstance(done, PostGone):
            await self._forget(view, step.post)
            return None
        if (
            isinstance(done, Failure)
            and not isinstance(done, NotModified)
            and (paused := await self._failed(view, done))
        ):
            return paused
        await self._store.write(lambda tx: _edited_card(tx, step))
        return None

    # what customers say

    async def _post_texts(self, view: View, step: PostTexts) -> Paused | None:
        sent = await self._send_text(view, step.rendered, step.thread_id, step.reply_to)
        if isinstance(sent, Message):
            ids = tuple(message.id for message in step.messages)
            print_ = step.rendered.fingerprint
            post = self._post_of(view, sent, Role.MIRROR, print_, ids)
            await self._store.write(lambda tx: _posted_texts(tx, post, step))
            return None
        paused = await self._failed(view, sent)
        if paused is None and not _about_the_place(sent):
            log.error("messages %s cannot be shown: %s", [m.id for m in step.messages], sent)
            await self._store.write(lambda tx: _texts_shown(tx, step))
        return paused

    async def _post_media(self, view: View, step: PostMedia) -> Paused | None:
        parts = pieces(Content(attachments=step.attachments), ABILITIES, view.group.words)
        if isinstance(parts, Refused) or not parts[0].attachments:
            return await self._say_media(view, step, step.attachments[:1])
        part = parts[0]
        try:
            uploads = await self._fetched(part)
        except FileGone as error:
            log.warning("message %s: an attachment cannot be shown: %s", step.message.id, error)
            return await self._say_media(view, step, part.attachments)
        except OSError as error:
            log.warning("message %s: an attachment cannot be fetched now: %s", step.message.id, error)
            return Paused(5.0)
        sent = await self._send_media(view, step, part, uploads)
        if isinstance(sent, Failure):
            paused = await self._failed(view, sent)
            if paused is None and not _about_the_place(sent):
                log.warning("message %s: an attachment was refused: %s", step.message.id, sent)
                return await self._say_media(view, step, part.attachments)
            return paused
        await self._media_shown(view, step, part.attachments, sent)
        return None

    async def _fetched(self, content: Content) -> dict[File, bytes]:
        """The bytes of files that another bot (or channel) received. Raises FileGone, OSError."""
        found: dict[File, bytes] = {}
        for file in foreign_files(content, self._client.origin):
            opener = self._openers.get(file.origin)
            if opener is None:
                raise FileGone(f"nobody opens {file.origin}")
            found[file] = await opener.fetch(file, most=UPLOAD_LIMIT)
        return found

    async def _send_media(
        self, view: View, step: PostMedia, part: Content, uploads: Mapping[File, bytes]
    ) -> list[Message] | Failure:
        place = Place(chat_id=view.group.chat_id, thread_id=step.thread_id, reply_to=step.reply_to)
        sent: Any = None
        for as_documents in (False, True):
            files = Files(origin=self._client.origin, uploads=uploads, as_documents=as_documents)
            sent = await self._client.call(compose(part, place, files), timeout=FILE_TIMEOUT)
            if not isinstance(sent, PhotoInvalid):
                break
        return [sent] if isinstance(sent, Message) else sent

    async def _say_media(self, view: View, step: PostMedia, attachments: tuple[Attachment, ...]) -> Paused | None:
        """What cannot be shown is told in words: never dropped."""
        words = view.group.words
        lines = "\n".join(render.kind_line(each, words) for each in attachments)
        rendered = Rendered(Text(f"{render.caption_head(view).plain}\n{lines}\n{words('cannot-show')}".strip()))
        sent = await self._send_text(view, rendered, step.thread_id, step.reply_to)
        if not isinstance(sent, Message):
            if paused := await self._failed(view, sent):
                return paused
            if _about_the_place(sent):
                return None
            log.error("message %s cannot be shown even in words: %s", step.message.id, sent)
        await self._media_shown(view, step, attachments, [sent] if isinstance(sent, Message) else [])
        return None

    async def _media_shown(
        self, view: View, step: PostMedia, attachments: tuple[Attachment, ...], sent: list[Message]
    ) -> None:
        one_each = len(sent) == len(attachments)
        posts = [
            self._post_of(
                view,
                message,
                Role.MIRROR,
                fingerprint(Rendered(attachment.caption), attachment) if one_each else "",
                (step.message.id,),
            )
            for message, attachment in zip(sent, attachments, strict=False)
        ]
        shown = step.first + len(attachments)
        whole = step.whole and shown >= step.first + len(step.attachments)
        self._pace.works()
        await self._store.write(lambda tx: _posted_media(tx, posts, step, shown, whole))

    async def _edit_mirror(self, view: View, step: EditMirror) -> Paused | None:
        mark = fingerprint(step.rendered, step.attachment)
        if step.attachment is None:
            done = await self._edit_text(step.post, step.rendered)
        else:
            done = await self._edit_media(step)
        if isinstance(done, PostGone):
            await self._forget(view, step.post)
            return None
        if (
            isinstance(done, Failure)
            and not isinstance(done, NotModified)
            and (paused := await self._failed(view, done))
        ):
            return paused
        chat_id, post_id = step.post.chat_id, step.post.message_id
        await self._store.write(lambda tx: tx.set_rendering(chat_id, post_id, mark, ()))
        return None

    async def _edit_media(self, step: EditMirror) -> Message | bool | Failure:
        assert step.attachment is not None
        attachment = replace(step.attachment, caption=step.rendered.text)
        content = Content(attachments=(attachment,))
        uploads: dict[File, bytes] = {}
        if step.media_changed:
            try:
                uploads = await self._fetched(content)
            except FileGone:
                return NotModified()
            except OSError as error:
                return Transient(str(error))
        method = edit_method(
            content,
            step.post.chat_id,
            step.post.message_id,
            Files(origin=self._client.origin, uploads=uploads),
            media_changed=step.media_changed,
        )
        if method is None:
            return NotModified()  # Telegram cannot change it: the mirror keeps what it shows
        return await self._client.call(method, timeout=FILE_TIMEOUT)

    # topics

    async def _open_topic(self, view: View, step: OpenTopic) -> Paused | None:
        group, customer = view.group, view.customer.id
        if step.thread_id is None:
            number = ICON_COLOURS[view.customer.id % len(ICON_COLOURS)]
            made = await self._client.call(
                CreateForumTopic(chat_id=group.chat_id, name=step.title, icon_color=number)
            )
            if isinstance(made, Failure):
                return await self._failed(view, made)
            thread_id, title = made.message_thread_id, step.title
        else:
            done = await self._client.call(
                ReopenForumTopic(chat_id=group.chat_id, message_thread_id=step.thread_id)
            )
            if isinstance(done, Failure) and not isinstance(done, NotModified):
                return await self._failed(view, done)
            thread_id, title = step.thread_id, view.topic.title if view.topic else step.title
        self._pace.works()
        topic = Topic(customer=customer, chat_id=group.chat_id, thread_id=thread_id, title=title)
        await self._store.write(lambda tx: tx.save_topic(topic))
        return None

    async def _change_topic(self, view: View, step: CloseTopic | RenameTopic) -> Paused | None:
        chat_id, topic = view.group.chat_id, view.topic
        assert topic is not None
        if isinstance(step, CloseTopic):
            done = await self._client.call(CloseForumTopic(chat_id=chat_id, message_thread_id=step.thread_id))
            after = replace(topic, open=False)
        else:
            done = await self._client.call(
                EditForumTopic(chat_id=chat_id, message_thread_id=step.thread_id, name=step.title)
            )
            after = replace(topic, title=step.title)
        if isinstance(done, Failure) and not isinstance(done, NotModified):
            if isinstance(done, TopicGone):
                await self._topic_gone(view)
                return None
            if paused := await self._failed(view, done):
                return paused
        await self._store.write(lambda tx: tx.save_topic(after))
        return None

    # failures

    async def _post_notice(self, view: View, step: PostNotice) -> Paused | None:
        mark = step.mark
        sent = await self._send_text(view, step.rendered, mark.thread_id, mark.post_id)
        if isinstance(sent, Message):
            post = self._post_of(view, sent, Role.FAILURE, step.rendered.fingerprint, (mark.message,))
            await self._store.write(lambda tx: tx.add_post(post))
            return None
        return await self._failed(view, sent) or Paused(5.0)

    # what they share

    async def _send_text(
        self, view: View, rendered: Rendered, thread_id: int | None, reply_to: int | None
    ) -> Message | Failure:
        reply = ReplyParameters(message_id=reply_to, allow_sending_without_reply=True) if reply_to else None
        sent = await self._client.call(
            SendMessage(
                chat_id=view.group.chat_id,
                message_thread_id=thread_id,
                text=rendered.text.plain,
                entities=entities(rendered.text),
                reply_markup=keyboard(rendered.buttons),
                reply_parameters=reply,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        if isinstance(sent, Message):
            self._pace.works()
        return sent

    async def _edit_text(self, post: Post, rendered: Rendered) -> Message | bool | Failure:
        done = await self._client.call(
            EditMessageText(
                chat_id=post.chat_id,
                message_id=post.message_id,
                text=rendered.text.plain,
                entities=entities(rendered.text),
                reply_markup=keyboard(rendered.buttons),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        if not isinstance(done, Failure):
            self._pace.works()
        return done

    def _post_of(
        self, view: View, sent: Message, role: Role, rendering: str, messages: tuple[MessageId, ...]
    ) -> Post:
        return Post(
            chat_id=view.group.chat_id,
            message_id=sent.message_id,
            bot_id=view.group.bot_id,
            role=role,
            conversation=view.conversation.id,
            thread_id=sent.message_thread_id if sent.is_topic_message else None,
            rendering=rendering,
            messages=messages,
        )

    async def _failed(self, view: View, failure: Failure) -> Paused | None:
        """Mend what can be mended at once; a pause where only time (or an admin) helps."""
        if paused := self._pace.failed(failure):
            return paused
        match failure:
            case Migrated(chat_id=chat_id):
                await self._moved(chat_id)
            case TopicGone():
                await self._topic_gone(view)
            case TopicClosed():
                await self._topic_closed(view)
            case NotForum():
                await self._ask_again()
            case _:
                log.error("telegram refused a call of the desk: %s", failure)
        return None

    async def _topic_gone(self, view: View) -> None:
        """Deleted by hand: the customer gets a new one, with the conversation so far."""
        if view.topic is None:
            await self._ask_again()  # the feed's own topic
            return
        customer, chat_id = view.customer.id, view.group.chat_id
        await self._store.write(lambda tx: tx.forget_topic(customer, chat_id))

    async def _topic_closed(self, view: View) -> None:
        if view.topic is not None:
            closed = replace(view.topic, open=False)
            await self._store.write(lambda tx: tx.save_topic(closed))

    async def _forget(self, view: View, post: Post) -> None:
        await self._store.write(lambda tx: tx.remove_post(post.chat_id, post.message_id))


def _about_the_place(failure: Failure) -> bool:
    """Whether the failure was mended by `_failed`: the same message is to be tried again."""
    return isinstance(failure, Migrated | TopicGone | TopicClosed | NotForum)


def _posted(tx: Transaction, post: Post, step: PostCard) -> None:
    tx.add_post(post)
    for message in step.covered:
        tx.mark_shown(message.id, message.revision, len(message.content.attachments))


def _edited_card(tx: Transaction, step: EditCard) -> None:
    tx.set_rendering(step.post.chat_id, step.post.message_id, step.rendered.fingerprint, step.messages)
    for message in step.covered:
        tx.mark_shown(message.id, message.revision, len(message.content.attachments))


def _posted_texts(tx: Transaction, post: Post, step: PostTexts) -> None:
    tx.add_post(post)
    _texts_shown(tx, step)


def _texts_shown(tx: Transaction, step: PostTexts) -> None:
    for message in step.messages:
        if step.parts is None:
            tx.mark_shown(message.id, message.revision, len(message.content.attachments))
        else:
            tx.mark_shown(message.id, 0, step.parts)


def _posted_media(tx: Transaction, posts: list[Post], step: PostMedia, shown: int, whole: bool) -> None:
    for post in posts:
        tx.add_post(post)
    tx.mark_shown(step.message.id, step.message.revision if whole else 0, shown)
