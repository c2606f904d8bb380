"""Answers on their way out: sent, changed, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vk_api.keyboard import VkKeyboard

from bridge.channels.vk import read
from bridge.channels.vk.api import Denied, Failed, NoAnswer, VkApi, denied
from bridge.channels.vk.attachments import number
from bridge.channels.vk.compose import Draft, drafts, files
from bridge.channels.vk.errors import ACCESS, GONE, KEYBOARD, QUOTE, outcome
from bridge.channels.vk.random_ids import random_id
from bridge.channels.vk.uploads import Carried, Uploads
from bridge.media.links import MediaLinks
from bridge.messenger import Services, on_disk
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    ExternalId,
    Outcome,
    Outgoing,
    Refused,
    Sent,
    Text,
    TryLater,
    Why,
)

# Takes away the buttons of whoever served this community before: they would lead nowhere.
NO_BUTTONS: Final = VkKeyboard.get_empty_keyboard()
_FILE_GONE: Final = frozenset({1150, 1153})
_LINKED: Final = frozenset(
    {Why.REJECTED, Why.FILE_TYPE, Why.TOO_BIG}
)  # an address may take the place of such files


class Sender:
    """Sends to one community's customers. `links`: makes addresses of what VKontakte does not take, if it may."""

    def __init__(self, name: ChannelName, services: Services, api: VkApi, links: MediaLinks | None = None) -> None:
        self._name = name
        self._services = services
        self._say = services.catalogue
        self._api = api
        self._links = links
        self._uploads = Uploads(api, services.media, services.catalogue)

    async def send(self, outgoing: Outgoing) -> tuple[Outcome, Failed | None]:
        """What became of a piece; and the failure that says so, if there was one."""
        peer = read.peer_of(outgoing.customer)
        carried = await self._carry(peer, outgoing.content)
        if not isinstance(carried, list):
            return carried, None
        ids: list[ExternalId] = []
        for part, draft in enumerate(drafts(outgoing.content, carried)):
            params = draft.params()
            params |= {
                "random_id": random_id(self._services.key, self._name, outgoing.message, outgoing.piece, part)
            }
            if part == 0:
                params |= self._around(outgoing, peer)
            sent = await self._sent(peer, params)
            if isinstance(sent, Denied) and sent.code in _FILE_GONE and self._uploads.forget(peer):
                return TryLater(detail=f"error {sent.code}: it is uploaded anew"), None
            if isinstance(sent, Denied | NoAnswer):
                return outcome(sent, self._say), sent
            ids.append(sent)
        return Sent(tuple(ids)), None

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> tuple[Outcome, Failed | None]:
        """The same for what was sent under these ids; what hangs on it is named again, or it would be dropped."""
        peer = read.peer_of(outgoing.customer)
        carried = await self._carry(peer, outgoing.content)
        if not isinstance(carried, list):
            return carried, None
        made = drafts(outgoing.content, carried)
        if len(made) != len(external_ids):
            return Refused(Why.CANNOT_EDIT, f"{len(made)} messages in place of {len(external_ids)}"), None
        for draft, external_id in zip(made, external_ids, strict=True):
            failed = await self._edited(peer, draft, external_id)
            if failed is not None:
                return _cannot(failed, outcome(failed, self._say), Why.CANNOT_EDIT), failed
        return Sent(tuple(external_ids)), None

    async def unsend(
        self, customer: ExternalId, external_ids: Sequence[ExternalId]
    ) -> tuple[Outcome, Failed | None]:
        """Delete for both sides, which VKontakte allows for a day; what is gone already is as it should be."""
        peer = read.peer_of(customer)
        cmids = [cmid for each in external_ids if (cmid := read.cmid_in(peer, each))]
        if not cmids:
            return Sent(tuple(external_ids)), None
        found = await self._api.call("messages.delete", peer_id=peer, cmids=_joined(cmids), delete_for_all=1)
        if isinstance(found, Denied | NoAnswer):
            failures: list[Failed] = [found]
        else:  # a list since 5.199; before, the numbers of what was deleted
            items = found if isinstance(found, list) else []
            errors = [one.get("error") for one in items if isinstance(one, Mapping)]
            failures = [denied(one, of_recipient=True) for one in errors if isinstance(one, Mapping)]
        for failed in failures:
            if not isinstance(failed, Denied) or failed.code != GONE:
                return _cannot(failed, outcome(failed, self._say), Why.CANNOT_UNSEND), failed
        return Sent(tuple(external_ids)), None

    async def _carry(self, peer: int, content: Content) -> list[Carried] | Outcome:
        """Everything that must be uploaded, one after the other; or why that cannot be."""
        carried: list[Carried] = []
        for attachment in files(content):
            made = await self._uploads.carry(peer, attachment)
            if isinstance(made, Refused) and made.why in _LINKED and self._links is not None:
                made = await self._linked(attachment, self._links) or made
            if not isinstance(made, str | Text):
                return made
            carried.append(made)
        return carried

    async def _linked(self, attachment: Attachment, links: MediaLinks) -> Text | None:
        """A file as an address of our own."""
        found = await on_disk(self._services.media, attachment)
        if not isinstance(found, tuple):
            return None
        name = attachment.name or found[1].name
        return Text(self._say("piece-file", name=name, link=links.file_url(found[1].id, name)))

    def _around(self, outgoing: Outgoing, peer: int) -> dict[str, Any]:
        """What the first call of a piece has besides: the quote; and, of what nobody wrote, no buttons."""
        params: dict[str, Any] = {}
        cmid = read.cmid_in(peer, outgoing.reply_to)
        if cmid:
            params["forward"] = {"peer_id": peer, "conversation_message_ids": [cmid], "is_reply": 1}
        if outgoing.operator is None:
            params["keyboard"] = NO_BUTTONS
        return params

    async def _sent(self, peer: int, params: dict[str, Any]) -> ExternalId | Failed:
        """One message; without the quote or the keyboard if those are refused. Nothing was sent then."""
        found = await self._post(peer, params)
        while isinstance(found, Denied):
            if found.code in KEYBOARD and "keyboard" in params:
                params = {name: value for name, value in params.items() if name != "keyboard"}
            elif found.code in QUOTE and "forward" in params:
                params = {name: value for name, value in params.items() if name != "forward"}
            else:
                break
            found = await self._post(peer, params)
        return found

    async def _post(self, peer: int, params: Mapping[str, Any]) -> ExternalId | Failed:
        """`peer_ids`, although it is one: only then the answer has the number in the dialog."""
        found = await self._api.call("messages.send", peer_ids=peer, **params)
        if isinstance(found, Denied | NoAnswer):
            return found
        item = found[0] if isinstance(found, list) and found else found
        if isinstance(item, Mapping):
            error = item.get("error")
            if isinstance(error, Mapping):
                return denied(error, of_recipient=True)
            if cmid := number(item.get("conversation_message_id")):
                return read.message_id(peer, cmid)
            item = item.get("message_id")
        return await self._looked_up(peer, number(item))

    async def _looked_up(self, peer: int, message: int | None) -> ExternalId | Failed:
        """The number in the dialog, of a message that was answered without one."""
        if not message:
            return NoAnswer("an answer without a message")
        found = await self._api.call("messages.getById", message_ids=message)
        if isinstance(found, Denied | NoAnswer):
            return found
        items = found.get("items") if isinstance(found, Mapping) else None
        item = items[0] if isinstance(items, list) and items else None
        cmid = number(item.get("conversation_message_id")) if isinstance(item, Mapping) else None
        return read.message_id(peer, cmid) if cmid else NoAnswer("a message without a number")

    async def _edited(self, peer: int, draft: Draft, external_id: ExternalId) -> Failed | None:
        cmid = read.cmid_in(peer, external_id)
        if cmid is None:
            return Denied(GONE, "not of this dialog")
        keep = {"keep_forward_messages": 1, "keep_snippets": 1}
        found = await self._api.call("messages.edit", peer_id=peer, cmid=cmid, **keep, **draft.params())
        return found if isinstance(found, Denied | NoAnswer) else None


def _cannot(failed: Failed, found: Outcome, why: Why) -> Outcome:
    """A change that was refused for a reason of its own: the message stays as it is."""
    denied_this = isinstance(failed, Denied) and failed.code in ACCESS
    if denied_this or (isinstance(found, Refused) and found.why in (Why.REJECTED, Why.CANNOT_EDIT)):
        return Refused(why, f"error {failed.code}" if isinstance(failed, Denied) else "")
    return found


def _joined(ids: Sequence[int]) -> str:
    return ",".join(map(str, ids))
