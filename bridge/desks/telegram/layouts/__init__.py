"""Where things stand in a group: `replies` (one stream) and `topics` (a forum topic for each customer)."""

from __future__ import annotations

from bridge.desks.telegram.layouts import replies, topics
from bridge.desks.telegram.steps import Step
from bridge.desks.telegram.view import Layout, View


def next_step(view: View) -> Step | None:
    """The most useful next thing to do for one conversation, or None when the group shows all that is true."""
    return topics.next_step(view) if view.group.layout is Layout.TOPICS else replies.next_step(view)
