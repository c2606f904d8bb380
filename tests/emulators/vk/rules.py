"""Numbers of the platform, and its unconfirmed habits as switches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Rules:
    rate_limit: int | None = 20  # calls in a second, for one community; None: no limit
    text_limit: int = 4096
    utf16_lengths: bool = False  # whether the limit counts UTF-16 units, not characters
    edit_window: float = 24 * 3600
    delete_window: float = 24 * 3600
    event_answer_life: float = 60  # seconds to answer a callback button
    key_life: float | None = 3600  # of the long-poll key
    lp_kept: int = 1000  # events that the long-poll server keeps
    upload_life: float = 600
    file_life: float | None = 24 * 3600  # of a file's address; each look-up gives a fresh one
    photo_limit: int = 50 * 1024 * 1024
    doc_limit: int = 200 * 1024 * 1024
    own_reactions_told: bool = True  # message_reaction_event for the community's own reactions
    delete_errors_in_items: bool = True
    delete_by_id: bool = False  # the older answer of messages.delete: {"5121": 1}
    secret_in_confirmation: bool = True
    confirms_before_answering: bool = False  # addCallbackServer answers after `confirmation` was posted
    callback_timeout: float = 10.0
    callback_fails_after: int = 5  # failures in a row: the server's status becomes `failed`
    callback_keeps: bool = True  # events of a failed server wait until it is confirmed again
    callback_delays: tuple[float, ...] = (1, 5, 15, 60, 300, 900)  # before retries; times `scale`
