"""Making the calls that open, close and rename customers' forum topics."""

from __future__ import annotations

from dataclasses import replace

from aiogram.methods import CloseForumTopic, CreateForumTopic, EditForumTopic, ReopenForumTopic

from bridge.desks.telegram.calls import Calls
from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.steps import CloseTopic, OpenTopic, RenameTopic
from bridge.desks.telegram.view import View
from bridge.model import Topic
from bridge.telegram.errors import Failure, NoRights, NotModified, TopicGone

ICON_COLOURS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)  # all that Telegram offers


class Threads:
    """One topic for each customer."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def open(self, view: View, step: OpenTopic) -> Paused | None:
        """Make the customer's topic, or open the one that is closed."""
        chat_id = view.group.chat_id
        if step.thread_id is None:
            colour = ICON_COLOURS[view.customer.id % len(ICON_COLOURS)]
            done = await self._calls.call(CreateForumTopic(chat_id=chat_id, name=step.title, icon_color=colour))
        else:
            done = await self._calls.call(ReopenForumTopic(chat_id=chat_id, message_thread_id=step.thread_id))
        if isinstance(done, Failure) and not isinstance(done, NotModified):
            paused = await self._calls.failed(view, done, step.thread_id)
            if isinstance(done, NoRights) and not self._calls.helper:
                return None  # cards and answers can go on
            return paused
        if step.thread_id is None:
            thread_id, title = done.message_thread_id, step.title
        else:
            thread_id, title = step.thread_id, view.topic.title if view.topic else step.title
        await self._save(Topic(customer=view.customer.id, chat_id=chat_id, thread_id=thread_id, title=title))
        return None

    async def close(self, view: View, step: CloseTopic) -> Paused | None:
        """Done with the customer, for now."""
        assert view.topic is not None
        method = CloseForumTopic(chat_id=view.group.chat_id, message_thread_id=step.thread_id)
        return await self._change(view, view.topic, await self._calls.call(method), open=False)

    async def rename(self, view: View, step: RenameTopic) -> Paused | None:
        """The customer has another name."""
        assert view.topic is not None
        method = EditForumTopic(chat_id=view.group.chat_id, message_thread_id=step.thread_id, name=step.title)
        return await self._change(view, view.topic, await self._calls.call(method), title=step.title)

    async def _change(self, view: View, topic: Topic, done: object, **after: object) -> Paused | None:
        if isinstance(done, Failure) and not isinstance(done, NotModified):
            paused = await self._calls.failed(view, done, topic.thread_id)
            if isinstance(done, TopicGone):
                return paused
            if paused and (self._calls.helper or not isinstance(done, NoRights)):
                return paused
        await self._save(replace(topic, **after))  # type: ignore[arg-type]
        return None

    async def _save(self, topic: Topic) -> None:
        await self._calls.store.write(lambda tx: tx.save_topic(topic))
