"""What was missed while events could not be told to us: looked up in the dialogs themselves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from bridge.channels.vk import read
from bridge.channels.vk.api import Denied, NoAnswer, VkApi
from bridge.channels.vk.attachments import Body, number
from bridge.channels.vk.intake import HEARD, Intake
from bridge.inbox import Inbox
from bridge.model import ChannelName, ExternalId
from storage.store import Transaction

log = logging.getLogger(__name__)

PAGE: Final = 100  # https://dev.vk.com/ru/method/messages.getConversations: up to 200
PAGES_MOST: Final = 50
MARGIN: Final = 600  # seconds before the last event that we had: clocks differ, events overtake each other
_GAP: Final = "gap"  # since when there is one, until it is filled; survives a kill


class Gaps:
    """Fills a gap. All that is known already is recognised by its number, so too much is never wrong."""

    def __init__(self, channel: ChannelName, api: VkApi, inbox: Inbox, intake: Intake) -> None:
        self._channel = channel
        self._api = api
        self._inbox = inbox
        self._intake = intake
        self._turn = asyncio.Lock()

    async def fill(self) -> Denied | NoAnswer | None:
        """Take in the messages since the last event; the failure that kept us from it, if there was one.

        Raises NotNow when the store fails. Edits, reads and reactions of that time are not told again by anybody.
        """
        async with self._turn:
            since = await self._inbox.write(self._begin)
            if since is None:
                return None
            log.warning("channel %s: events may be missing; looking into the dialogs", self._channel)
            for page in range(PAGES_MOST):
                found = await self._api.call(
                    "messages.getConversations", count=PAGE, offset=page * PAGE, filter="all"
                )
                if isinstance(found, Denied | NoAnswer):
                    return found
                items = _items(found)
                peers = [peer for item in items if (peer := _fresh(item, since))]
                for peer in peers:
                    failed = await self._dialog(peer, since)
                    if failed is not None:
                        return failed
                if not peers or len(items) < PAGE:
                    break
            await self._inbox.write(lambda tx: tx.keep_echo(self._channel, _GAP, ExternalId("0")))
            return None

    def _begin(self, tx: Transaction) -> int | None:
        """Since when messages may be missing; None when we never had an event: then nothing is."""
        since = number(tx.echo(self._channel, _GAP)) or number(tx.echo(self._channel, HEARD))
        if since:
            tx.keep_echo(self._channel, _GAP, ExternalId(str(since)))
        return since - MARGIN if since else None

    async def _dialog(self, peer: int, since: int) -> Denied | NoAnswer | None:
        """The newer messages of one dialog, in their order."""
        missed: list[Body] = []
        for page in range(PAGES_MOST):
            found = await self._api.call("messages.getHistory", peer_id=peer, count=PAGE, offset=page * PAGE)
            if isinstance(found, Denied | NoAnswer):
                return found
            items = _items(found)
            fresh = [one for one in items if (number(one.get("date")) or 0) >= since]
            missed += fresh
            if len(fresh) < PAGE:
                break
        await self._intake.take([_event(one) for one in reversed(missed) if not one.get("deleted")])
        return None


def _items(found: Any) -> list[Body]:
    items = found.get("items") if isinstance(found, Mapping) else None
    return [one for one in items if isinstance(one, Mapping)] if isinstance(items, list) else []


def _fresh(item: Body, since: int) -> int | None:
    """The dialog, if its last message is new enough."""
    conversation, last = item.get("conversation"), item.get("last_message")
    peer = conversation.get("peer") if isinstance(conversation, Mapping) else None
    found = number(peer.get("id")) if isinstance(peer, Mapping) else None
    date = number(last.get("date")) if isinstance(last, Mapping) else None
    return found if read.served(found) and (date or 0) >= since else None


def _event(message: Body) -> dict[str, Any]:
    """The event that would have told of it."""
    kind = "message_reply" if number(message.get("out")) == 1 else "message_new"
    return {"type": kind, "object": {"message": message}}
