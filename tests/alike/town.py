"""`Town`: the office with every platform around it, and one group for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.app import Otklik
from bridge.config import load
from bridge.model import ChannelName
from tests.alike.ends import End
from tests.alike.facebook import FacebookEnd
from tests.alike.site import SiteEnd
from tests.alike.telegram import TelegramEnd
from tests.alike.viber import ViberEnd
from tests.alike.vk import VkCallbackEnd, VkEnd
from tests.emulators.telegram import Seen
from tests.office import Office
from tests.ports import free_port
from tests.stories.scenes import accept

ENDS: dict[str, type[End]] = {
    "site": SiteEnd,
    "telegram": TelegramEnd,
    "vk": VkEnd,
    "vk-callback": VkCallbackEnd,
    "viber": ViberEnd,
    "facebook": FacebookEnd,
}


class Town(Office):
    """An `Office` whose channels are those of `kinds`."""

    scale = 1.0  # of the pauses after which platforms call again

    def __init__(self, folder: Path, *kinds: str, **how: Any) -> None:
        super().__init__(folder, **{"posts_per_minute": 600, "forum": True, **how})
        self.port = free_port()
        self.ends = {kind: ENDS[kind](self) for kind in kinds}
        self.patience = 30

    async def open(self) -> None:
        for end in self.ends.values():
            await end.start()
        await super().open()

    def write_config(self, token: str = "9001:TEST") -> Path:
        """The configuration with every channel; the same database and port each time."""
        base = f"""
language = "{self.language}"
public_url = "http://127.0.0.1:{self.port}"
[server]
port = {self.port}
[storage]
path = "{self.folder}/otklik.db"
media = "{self.folder}/media"
[desk]
token = "{token}"
api_url = "{self.telegram.url}"
posts_per_minute = {self.posts_per_minute}
[[group]]
name = "sales"
title = "Продажи"
chat_id = {self.chat_id}
"""
        path = self.folder / "config.toml"
        path.write_text(base + "\n".join(end.config for end in self.ends.values()) + self.more)
        return path

    async def start(self) -> None:
        """Start the program, and wait until every channel takes messages in."""
        self.otklik = Otklik(load(self.write_config(), {}), self.clock)
        await self.otklik.start()
        for end in self.ends.values():
            await end.ready()

    async def close(self) -> None:
        for end in self.ends.values():
            await end.hang_up()
        await super().close()
        for end in self.ends.values():
            await end.stop()

    def health(self, name: str) -> str:
        """A channel's state."""
        assert self.otklik is not None
        return self.otklik.health[ChannelName(name)].health.value

    # what operators do

    async def accepts(self, words: str) -> Thread:
        """Olga accepts the request whose card says this."""
        card = await self.card(words)
        await accept(self, card, self.olga)
        topic = await self.until(
            lambda: next((t for t in reversed(self.group.topics()) if any(words in s for s in t.texts())), None),
            lambda: f"no topic says {words!r}",
        )
        return Thread(self, card, topic.id)


class Thread:
    """A customer's topic, where Olga answers."""

    def __init__(self, town: Town, card: Seen, topic: int) -> None:
        self.town = town
        self.card = card
        self.topic = topic

    async def answers(self, text: str | None = None, **what: Any) -> Seen:
        """Olga writes to the customer."""
        return await self.town.olga.says(self.town.group, text, topic=self.topic, **what)

    @property
    def posts(self) -> list[Seen]:
        """What the bot has posted there."""
        return self.town.group.messages(by=self.town.bot, topic=self.topic)

    async def shows(self, words: str) -> Seen:
        """Wait for a post with these words."""

        def found() -> Seen | None:
            posts = [post for post in self.posts if words in (post.get("text") or post.get("caption") or "")]
            return posts[-1] if posts else None

        return await self.town.until(found, lambda: f"nothing there says {words!r}")
