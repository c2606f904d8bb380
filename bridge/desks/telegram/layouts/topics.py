"""A forum group: the feed in General (or a named topic), and a topic for each customer who was accepted."""

from __future__ import annotations

from bridge.desks.telegram import render
from bridge.desks.telegram.layouts.replies import feed, feed_card
from bridge.desks.telegram.plan import card_anew, card_edit, card_print, next_messages, notice
from bridge.desks.telegram.recall import recall
from bridge.desks.telegram.steps import CloseTopic, Importance, MoveTo, OpenTopic, RenameTopic, Step
from bridge.desks.telegram.view import View
from bridge.model import Stage, Topic


def next_step(view: View) -> Step | None:
    """The feed until somebody accepts, then the topic."""
    stage = view.conversation.stage
    if stage is Stage.INCOMING:
        return _waiting(view) or notice(view)
    if stage is Stage.ACCEPTED:
        edit = card_anew(view, Importance.ACCEPTED) or card_edit(view, Importance.PRESS, take_messages=False)
        return _topic(view) or edit or notice(view)
    return card_edit(view, Importance.PRESS, take_messages=False) or _rest(view) or notice(view) or _closing(view)


def _waiting(view: View) -> Step | None:
    """In the feed. Where it was accepted before, it has a topic, in which all of it goes on standing."""
    if step := recall(view):
        return step
    if view.place is None:
        return feed(view)
    return feed_card(view) or _topic(view, Importance.FEED)


def _topic(view: View, importance: Importance = Importance.ACCEPTED) -> Step | None:
    title = render.topic_title(view.customer, view.source, view.group.words)
    topic = view.topic
    if topic is None:
        return OpenTopic(importance=Importance.PRESS, title=title, thread_id=None)
    if not topic.open and _wanted(view, topic):
        return OpenTopic(importance=Importance.PRESS, title=title, thread_id=topic.thread_id)
    if view.place != topic.thread_id:
        return MoveTo(topic.thread_id)
    importance = importance if view.begun else Importance.PRESS
    head = None if view.begun else render.topic_head(view)
    step = next_messages(view, importance, topic.thread_id, None, head)
    if step is None and topic.title != title:
        return RenameTopic(importance=Importance.EDIT, thread_id=topic.thread_id, title=title)
    return step


def _wanted(view: View, topic: Topic) -> bool:
    """Whether a closed topic is needed: for words, for a new conversation, for one that was opened again.

    The card tells the last apart from a topic that an operator closed by hand: it still shows the old state.
    """
    if view.unshown or view.place != topic.thread_id:
        return True
    return view.card is not None and view.card.rendering != card_print(view, render.card(view, view.card_messages))


def _rest(view: View) -> Step | None:
    """What came before the end, or was edited after it."""
    if view.place is not None and view.topic and view.topic.thread_id == view.place:
        return next_messages(view, Importance.ACCEPTED, view.place, None)
    card_id = view.card.message_id if view.card else None
    return next_messages(view, Importance.FEED, view.group.feed_thread, card_id)


def _closing(view: View) -> Step | None:
    if view.topic and view.topic.open and view.newest and view.topic.thread_id == view.place:
        return CloseTopic(importance=Importance.EDIT, thread_id=view.topic.thread_id)
    return None
