"""users.get (§11), and `execute`."""

from __future__ import annotations

from typing import Any

from ..errors import VkError, bad
from ..params import Ask


def get(ask: Ask) -> list[dict[str, Any]]:
    """Unknown ids are left out."""
    names = [name.strip() for name in ask.text("user_ids").split(",") if name.strip()]
    if len(names) > 1000:
        raise bad("user_ids should be less or equal than 1000")
    fields = {name.strip() for name in ask.text("fields").split(",")}
    by_name = {one.screen_name: one for one in ask.world.people.values()}
    found = [ask.world.people.get(int(name)) if name.isdecimal() else by_name.get(name) for name in names]
    return [one.profile(fields, ask.text("lang")) for one in found if one is not None]


def execute(ask: Ask) -> Any:
    if not ask.text("code"):
        raise bad("code is undefined")
    raise VkError(13, "execute is not worked on here")


METHODS: dict[str, Any] = {"users.get": ("", get), "execute": ("", execute)}
