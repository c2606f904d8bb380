"""A conversation that has gone to another group: the card says so, and the customer's topic is closed."""

from __future__ import annotations

from bridge.desks.telegram import render
from bridge.desks.telegram.edits import text_print
from bridge.desks.telegram.steps import CloseTopic, EditCard, Importance, PostTexts, Step
from bridge.desks.telegram.view import View


def next_step(view: View) -> Step | None:
    """What the group does not show of it yet. Nothing of the conversation is said here any more."""
    return _card(view) or _topic(view)


def _card(view: View) -> Step | None:
    if view.card is None or not view.edits:
        return None
    rendered = render.gone_card(view)
    return EditCard(
        importance=Importance.PRESS,
        post=view.card,
        rendered=rendered,
        rendering=rendered.fingerprint,
        messages=(),
        covered=(),
        retired=True,
    )


def _topic(view: View) -> Step | None:
    """A line in the topic, then nobody can write there any more. A later conversation of the customer keeps it."""
    topic = view.topic
    if topic is None or not topic.open or not view.begun or not view.newest:
        return None
    line = render.gone_line(view)
    if view.line != text_print(line):
        return PostTexts(
            importance=Importance.EDIT,
            rendered=line,
            thread_id=topic.thread_id,
            reply_to=None,
            quote="",
            messages=(),
        )
    return CloseTopic(importance=Importance.EDIT, thread_id=topic.thread_id)
