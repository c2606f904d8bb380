"""Parameters of a call: all are texts (§2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import VkError, bad

if TYPE_CHECKING:
    from .faults import Fault
    from .people import Person
    from .world import Community, Dialog, World

INT32 = 2**31
CHATS = 2_000_000_000


@dataclass
class Ask:
    """One call of a method: who asks, and what."""

    world: World
    community: Community
    params: dict[str, str]
    version: tuple[int, ...]
    fault: Fault | None = None

    def text(self, name: str) -> str:
        return self.params.get(name, "")

    def flag(self, name: str) -> bool:
        """`1` is true; "True" is not."""
        return self.params.get(name) == "1"

    def number(self, name: str, default: int | None = None) -> int:
        value = self.params.get(name, "")
        if not value:
            if default is None:
                raise bad(f"{name} is undefined")
            return default
        try:
            return int(value)
        except ValueError:
            raise bad(f"{name} not integer") from None

    def numbers(self, name: str) -> list[int]:
        try:
            return [int(part) for part in self.text(name).split(",") if part.strip()]
        except ValueError:
            raise bad(f"{name} not integer") from None

    def json(self, name: str, error: VkError | None = None) -> Any:
        """A structure, as JSON inside of a field; None without the field."""
        if not self.text(name):
            return None
        try:
            return json.loads(self.text(name))
        except ValueError:
            raise error or bad(f"{name} is not a valid JSON") from None

    def own_group(self) -> None:
        """`group_id` is needed, and is the community of the key."""
        if self.number("group_id") != self.community.id:
            raise VkError(15, "group_id does not belong to the access_token")

    def dialog(self, peer: int) -> Dialog:
        """The dialog with this peer; refuses those that a community may not write to."""
        return self.community.dialog(self.recipient(peer))

    def recipient(self, peer: int) -> Person:
        if peer >= CHATS:
            raise VkError(917)
        person = self.world.people.get(peer)
        if person is None:
            raise VkError(901)
        if person.deactivated:
            raise VkError(18)
        if not self.community.messages_enabled:
            raise VkError(915)
        if peer in self.community.banned:
            raise VkError(900)
        if not self.community.dialog(person).allowed:
            raise VkError(901)
        if person.privacy:
            raise VkError(902)
        return person

    def existing(self, peer: int) -> Dialog:
        """A dialog to look into, whether or not it may be written to."""
        person = self.world.people.get(peer)
        if person is None or peer not in self.community.dialogs:
            raise bad("peer_id is invalid")
        return self.community.dialogs[peer]
