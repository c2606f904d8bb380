"""What the group reads. Pure renderings of what is true."""

from bridge.desks.telegram.render.cards import (
    CARD_LIMIT,
    CARD_SPANS,
    card,
    card_covers,
    card_line,
    gone_card,
    gone_line,
    head_buttons,
    retired_card,
    topic_head,
)
from bridge.desks.telegram.render.mirrors import POST_LIMIT, captioned, captions_fit, head_fits, merged, mirror
from bridge.desks.telegram.render.names import conversation_line, name, topic_link, topic_title
from bridge.desks.telegram.render.post import MESSAGE_LIMIT, POST_SPANS, Button, Buttons, Rendered
from bridge.desks.telegram.render.said import ABILITIES, SAID, UNCAPTIONED, body, kind_line, natives
from bridge.desks.telegram.render.state import board, failure, reaction

__all__ = [
    "ABILITIES",
    "CARD_LIMIT",
    "CARD_SPANS",
    "MESSAGE_LIMIT",
    "POST_LIMIT",
    "POST_SPANS",
    "SAID",
    "UNCAPTIONED",
    "Button",
    "Buttons",
    "Rendered",
    "board",
    "body",
    "captioned",
    "captions_fit",
    "card",
    "card_covers",
    "card_line",
    "conversation_line",
    "failure",
    "gone_card",
    "gone_line",
    "head_buttons",
    "head_fits",
    "kind_line",
    "merged",
    "mirror",
    "name",
    "natives",
    "reaction",
    "retired_card",
    "topic_head",
    "topic_link",
    "topic_title",
]
