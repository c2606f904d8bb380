"""Answers to presses (§10)."""

from __future__ import annotations

from ..errors import bad
from .registry import Ask, method

LATE = "query is too old and response timeout expired or query ID is invalid"


@method
def answer_callback_query(ask: Ask) -> bool:
    """A second answer or a late one is refused (§20)."""
    press = ask.world.presses.get(ask.args.text("callback_query_id"))
    late = press is not None and ask.world.clock.monotonic() - press.at > ask.world.callback_lifetime
    if press is None or press.bot is not ask.bot or press.answered or late:
        raise bad(LATE)
    text = ask.args.text("text")
    if len(text) > 200:
        raise bad("MESSAGE_TOO_LONG")
    press.settle(text, show_alert=ask.args.flag("show_alert"), url=ask.args.text("url"))
    ask.world.touch()
    return True
