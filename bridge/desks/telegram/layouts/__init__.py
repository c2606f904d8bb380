"""Where things stand in a group: `replies` (one stream) and `topics` (a forum topic for each customer)."""

from __future__ import annotations

from dataclasses import replace

from bridge.desks.telegram.layouts import gone, replies, topics
from bridge.desks.telegram.plan import unknown
from bridge.desks.telegram.steps import EditCard, EditMirror, Forgo, Step
from bridge.desks.telegram.view import Layout, View
from bridge.model import Stage


def next_step(view: View) -> Step | None:
    """The most useful next thing to do for one conversation, or None when the group shows all that is true.

    An edit that has to wait long for its bot holds up nothing that another one can do.
    """
    step = _step(view)
    if isinstance(step, EditCard | EditMirror) and step.post.bot_id in view.group.resting:
        return _step(replace(view, edits=False)) or step
    return step


def _step(view: View) -> Step | None:
    if view.gone:
        return gone.next_step(view)
    if view.conversation.stage is Stage.CLOSED and view.unshown and unknown(view):
        return Forgo()
    return topics.next_step(view) if view.group.layout is Layout.TOPICS else replies.next_step(view)
