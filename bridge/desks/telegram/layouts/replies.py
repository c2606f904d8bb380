"""A plain group: cards and mirrored messages in one stream; operators answer by replying to any of them."""

from __future__ import annotations

from bridge.desks.telegram.plan import card_anew, card_edit, card_retired, first_card, next_messages, notice
from bridge.desks.telegram.recall import recall
from bridge.desks.telegram.steps import Importance, Step
from bridge.desks.telegram.view import View
from bridge.model import Stage


def next_step(view: View) -> Step | None:
    """The card, then what is missing below it."""
    if view.conversation.stage is Stage.INCOMING:
        return recall(view) or feed(view) or notice(view)
    if view.conversation.stage is Stage.ACCEPTED:
        step = card_anew(view, Importance.ACCEPTED) or first_card(view, Importance.PRESS)
        if step:
            return step
    return (
        card_edit(view, Importance.PRESS, take_messages=False)
        or next_messages(view, Importance.ACCEPTED, view.group.feed_thread, _card_id(view))
        or notice(view)
    )


def feed(view: View) -> Step | None:
    """A conversation that nobody has accepted: its card takes further texts while nothing stands below it."""
    return feed_card(view) or next_messages(view, Importance.FEED, view.group.feed_thread, _card_id(view))


def feed_card(view: View) -> Step | None:
    """The card in the feed."""
    return (
        card_anew(view, Importance.FIRST_CARD)
        or card_retired(view, Importance.FIRST_CARD)
        or first_card(view, Importance.FIRST_CARD)
        or card_edit(view, Importance.EDIT, take_messages=view.place is not None or not view.begun)
    )


def _card_id(view: View) -> int | None:
    return view.card.message_id if view.card else None
