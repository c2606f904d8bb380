"""How things are: the board, and what became of an answer."""

from __future__ import annotations

from bridge.catalogue import Catalogue
from bridge.desks.telegram.render.post import Button, Rendered
from bridge.desks.telegram.words import Words
from bridge.model import Delivery, Figures, Text, Why

IN_MINUTES = 180.0  # seconds from which on a delay is told in minutes
MANY_NEW = 9  # over that, the board exclaims


def failure(why: Why, limit: str, words: Catalogue, message: int) -> Rendered:
    """Why an answer did not arrive, with the way to try again."""
    reason = words(f"why-{why.value}", limit=limit or "none")
    return Rendered(
        Text(words("not-delivered", reason=reason)),
        ((Button(words("button-retry"), data=f"r:{message}"),),),
    )


def board(title: str, figures: Figures, words: Catalogue, delay: float = 0.0) -> Rendered:
    """The group's counters; `delay`: how many seconds behind the group is, if that is worth telling."""
    text = Words()
    text.add(title, "bold").add(" — ").add(words("board-total", count=figures.total), "bold")
    if figures.total > MANY_NEW:
        text.add(" ❗")
    text.line()
    text.add(words("board-feed", count=figures.feed)).add("   ")
    text.add(words("board-unanswered", count=figures.unanswered))
    if delay:
        text.line().add("⏳ ").add(_queue(delay, words))
    for line in sorted(figures.operators, key=lambda each: (-each.unanswered, each.name)):
        text.line().add(f"{line.name or line.operator} — ")
        text.add(words("board-accepted", count=line.accepted))
        if line.unanswered:
            text.add(", ").add(words("board-new", count=line.unanswered), "bold")
    if figures.unaccounted:
        text.line().add(words("board-audit", count=figures.unaccounted))
    return Rendered(text.text())


def _queue(delay: float, words: Catalogue) -> str:
    if delay < IN_MINUTES:
        return words("board-queue-seconds", seconds=round(delay))
    return words("board-queue-minutes", minutes=round(delay / 60))


def reaction(delivery: Delivery, *, deleted: bool = False) -> str:
    """The emoji that tells an operator what became of a message (Telegram allows 73, no ✅ among them)."""
    if deleted and delivery is not Delivery.FAILED:
        return "🙈"
    return {
        Delivery.QUEUED: "✍",
        Delivery.SENT: "👌",
        Delivery.DELIVERED: "👌",
        Delivery.SEEN: "👀",
        Delivery.FAILED: "💔",
    }[delivery]
