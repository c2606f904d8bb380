"""Making the calls that mirror what customers say, and writing down what the group shows of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiogram.types import InlineKeyboardMarkup, Message

from bridge import model
from bridge.contracts import FileGone
from bridge.desks.telegram import render
from bridge.desks.telegram.calls import Calls, about_the_place, post_of
from bridge.desks.telegram.edits import media_print, text_print
from bridge.desks.telegram.failing import Parked, Paused
from bridge.desks.telegram.foreign import Bytes, ForeignFiles
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.steps import EditMirror, PostMedia, PostTexts
from bridge.desks.telegram.view import View, still_here
from bridge.desks.telegram.wire import keyboard
from bridge.media.links import MediaLinks
from bridge.model import Attachment, Content, Post, Role, Text
from bridge.telegram.client import FILE_TIMEOUT
from bridge.telegram.compose import Files, Place, compose, edit_method, foreign_files
from bridge.telegram.errors import Failure, NoRights, NotModified, PhotoInvalid, PostGone, QuoteInvalid
from storage.store import Transaction

log = logging.getLogger(__name__)


class Mirrors:
    """Posts and edits mirrored messages."""

    def __init__(self, calls: Calls, files: ForeignFiles, links: MediaLinks | None) -> None:
        """`links`: addresses of files that the group cannot show; None where operators could not open them."""
        self._calls = calls
        self._files = files
        self._links = links

    # texts

    async def texts(self, view: View, step: PostTexts) -> Paused | None:
        """Several short messages, or a part of a long one, as one post."""
        sent = await self._calls.send_text(view, step.rendered, step.thread_id, step.reply_to, step.quote)
        if isinstance(sent, Message):
            ids = tuple(message.id for message in step.messages)
            post = post_of(view, self._calls.bot_id, sent, Role.MIRROR, text_print(step.rendered), ids)
            await self._calls.store.write(lambda tx: _posted_texts(tx, view, post, step))
            return None
        paused = await self._calls.failed(view, sent, step.thread_id)
        if paused is None and not about_the_place(sent):
            log.error("messages %s cannot be shown: %s", [m.id for m in step.messages], sent)
            await self._calls.store.write(lambda tx: _texts_shown(tx, view, step))
        return paused

    # attachments

    async def media(self, view: View, step: PostMedia) -> Paused | Parked | None:
        """One attachment or one album. What the server refuses is told in words: never dropped."""
        content = Content(attachments=step.attachments)
        try:
            uploads = self._files.take(view.conversation.id, foreign_files(content, self._calls.origin))
        except FileGone as error:
            log.warning("message %s: an attachment cannot be shown: %s", step.message.id, error)
            return await self._in_words(view, step)
        if uploads is None:
            return Parked()
        sent = await self._send(view, step, content, uploads)
        if isinstance(sent, list):
            await self._shown(view, step, sent)
            return None
        if self._calls.helper or not isinstance(sent, NoRights):  # to send photos; perhaps words may be sent
            paused = await self._calls.failed(view, sent, step.thread_id)
            if paused or about_the_place(sent):
                return paused
        log.warning("message %s: an attachment was refused: %s", step.message.id, sent)
        return await self._in_words(view, step)

    async def _send(self, view: View, step: PostMedia, content: Content, uploads: Bytes) -> list[Message] | Failure:
        place = Place(
            chat_id=view.group.chat_id, thread_id=step.thread_id, reply_to=step.reply_to, quote=step.quote
        )
        files, buttons = Files(origin=self._calls.origin, uploads=uploads), keyboard(step.buttons)
        sent = await self._one_call(content, place, files, buttons)
        if isinstance(sent, QuoteInvalid):
            place = replace(place, quote="")
            sent = await self._one_call(content, place, files, buttons)
        if isinstance(sent, PhotoInvalid):
            sent = await self._one_call(content, place, replace(files, as_documents=True), buttons)
        return [sent] if isinstance(sent, Message) else sent

    async def _one_call(
        self, content: Content, place: Place, files: Files, buttons: InlineKeyboardMarkup | None
    ) -> Any:
        units = len(content.attachments)
        return await self._calls.call(
            compose(content, place, files, reply_markup=buttons), units=units, timeout=FILE_TIMEOUT
        )

    async def _in_words(self, view: View, step: PostMedia) -> Paused | None:
        words = view.group.words
        lines = [each.caption.plain for each in step.attachments if each.caption]
        for item, each in enumerate(step.attachments, step.first):
            lines += [render.kind_line(each, words), self._not_shown(view, step.message, item, each)]
        said = "\n".join(lines)
        sent = await self._calls.send_text(view, Rendered(Text(said), step.buttons), step.thread_id, step.reply_to)
        if not isinstance(sent, Message):
            if paused := await self._calls.failed(view, sent, step.thread_id):
                return paused
            if about_the_place(sent):
                return None
            log.error("message %s cannot be shown even in words: %s", step.message.id, sent)
        await self._shown(view, step, [sent] if isinstance(sent, Message) else [], in_words=True)
        return None

    def _not_shown(self, view: View, message: model.Message, item: int, attachment: Attachment) -> str:
        words = view.group.words
        if self._links is None or attachment.file is None:
            return words("cannot-show")
        # Which of the message's attachments it is: those that are said in words are not counted in `item`.
        shown = [at for at, each in enumerate(message.content.attachments) if each.kind not in render.SAID]
        link = self._links.url(message.id, shown[item], attachment.name, message.revision)
        return words("cannot-show-link", link=link)

    async def _shown(self, view: View, step: PostMedia, sent: Sequence[Message], *, in_words: bool = False) -> None:
        head = bool(step.buttons)
        posts = [
            post_of(
                view,
                self._calls.bot_id,
                message,
                Role.MIRROR,
                "" if in_words else media_print(attachment, head=head),
                (step.message.id,),
            )
            for message, attachment in zip(sent, step.attachments, strict=False)
        ]
        await self._calls.store.write(lambda tx: _posted_media(tx, view, posts, step))

    # edits

    async def edit(self, view: View, step: EditMirror) -> Paused | Parked | None:
        """A customer changed what a post shows."""
        if step.attachment is None:
            done: Any = await self._calls.edit_text(step.post, step.rendered)
            mark = text_print(step.rendered)
        else:
            done = await self._edit_media(view, step, step.attachment)
            mark = media_print(step.attachment, head=bool(step.rendered.buttons))
        if isinstance(done, Parked):
            return done
        if isinstance(done, PostGone):
            await self._calls.forget(view, step.post, (step.message.id,))
            return None
        if isinstance(done, Failure) and not isinstance(done, NotModified):
            paused = await self._calls.failed(view, done, step.post.thread_id)
            if paused or about_the_place(done):
                return paused
        post = step.post
        await self._calls.store.write(lambda tx: tx.set_rendering(post.chat_id, post.message_id, mark, ()))
        return None

    async def _edit_media(self, view: View, step: EditMirror, attachment: Attachment) -> Any:
        content = Content(attachments=(attachment,))
        files = foreign_files(content, self._calls.origin) if step.media_changed else ()
        try:
            uploads = self._files.take(view.conversation.id, files)
        except FileGone:
            return NotModified()
        if uploads is None:
            return Parked()
        method = edit_method(
            content,
            step.post.chat_id,
            step.post.message_id,
            Files(origin=self._calls.origin, uploads=uploads),
            reply_markup=keyboard(step.rendered.buttons),
            media_changed=step.media_changed,
        )
        if method is None:
            return NotModified()  # Telegram cannot change it: the mirror keeps what it shows
        return await self._calls.call(method, timeout=FILE_TIMEOUT)


def _posted_texts(tx: Transaction, view: View, post: Post, step: PostTexts) -> None:
    tx.add_post(post)
    _texts_shown(tx, view, step)


def _texts_shown(tx: Transaction, view: View, step: PostTexts) -> None:
    for message in step.messages if still_here(tx, view) else ():
        if step.parts is None:
            revision = message.revision - 1 if step.edited else message.revision
            tx.mark_shown(message.id, revision, len(message.content.attachments))
        else:
            tx.mark_shown(message.id, 0, step.parts)


def _posted_media(tx: Transaction, view: View, posts: Sequence[Post], step: PostMedia) -> None:
    for post in posts:
        tx.add_post(post)
    if not still_here(tx, view):
        return
    shown = step.first + len(step.attachments)
    tx.mark_shown(step.message.id, step.message.revision if step.last else 0, shown)
