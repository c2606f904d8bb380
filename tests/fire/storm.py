"""What platforms can do to us, at once and at random: errors, resets, lost answers, limits, repeats, outages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from tests.alike.town import Town

PAUSE = (0.02, 0.15)  # seconds of real time between two troubles
AT_ONCE = 4  # troubles of a platform that wait for their calls


class Storm:
    """Troubles for every platform of a town. `lost[kind]`: so many answers were lost after the fact."""

    def __init__(self, town: Town, random: Random, *, hangs: bool = False) -> None:
        """`hangs`: also calls that are never answered; they take a client's whole patience, in real time."""
        self._town = town
        self._random = random
        self._hangs = hangs
        self._after: dict[str, list[Any]] = {kind: [] for kind in town.ends}
        self.made = 0
        self._of: dict[str, list[Callable[[Any], object]]] = {
            "telegram": [
                lambda _: self._telegram("sendMessage", "drop_after"),
                lambda _: self._telegram("sendMessage", "garbage"),
                lambda _: self._telegram("*", random.choice((500, 502, "html502", "html504", "drop_before"))),
                lambda _: self._telegram("sendMessage", 429, retry_after=random.choice((3, 20, 90))),
                lambda _: self._telegram("getUpdates", random.choice((500, "drop_before", "drop_after"))),
                lambda _: town.telegram.fail_next("sendMessage", slow=0.4),
                lambda _: town.bot.redeliver_last(random.randint(1, 3)),
            ],
            "vk": [
                lambda vk: self._call(
                    vk, "vk", "messages.send", random.choice((1, 6, 9, 10, "html502", "cut_before"))
                ),
                lambda vk: self._call(vk, "vk", "messages.send", random.choice(("cut_after", "garbage"))),
                lambda vk: setattr(vk.callback, "duplicates", 2),
            ],
            "viber": [
                lambda viber: self._call(viber, "viber", "send_message", random.choice((12, "cut_before"))),
                lambda viber: self._call(
                    viber, "viber", "send_message", random.choice(("http", "html", "garbage"))
                ),
                lambda viber: self._call(viber, "viber", "send_message", "cut_after"),
                lambda viber: setattr(viber.hooks, "duplicate", 1),
                lambda viber: setattr(viber.hooks, "forget_answers", 1),
            ],
            "facebook": [
                lambda fb: self._call(
                    fb, "facebook", "messages", random.choice(("2", "1200", "html503", "drop_before"))
                ),
                lambda fb: self._call(fb, "facebook", "messages", random.choice(("4", "613", "80006"))),
                lambda fb: self._call(fb, "facebook", "messages", random.choice(("drop_after", "html502_after"))),
                lambda fb: setattr(fb.webhooks, "duplicates", 2),
                lambda fb: fb.webhooks.repeat_last(1),
            ],
        }

        if "vk" in town.ends:  # by long poll
            self._of["vk"][-1] = lambda vk: vk.faults.next("longpoll", failed=random.choice((1, 2, 3)))
            self._of["vk"].append(lambda vk: vk.faults.next("longpoll", random.choice(("html502", "cut_after"))))

    @property
    def lost(self) -> dict[str, int]:
        """How many calls of each kind were done, but their answers lost."""
        return {kind: sum(fault.hits for fault in faults) for kind, faults in self._after.items()}

    async def rage(self) -> None:
        """One trouble after the other, until cancelled."""
        while True:
            self.trouble()
            await asyncio.sleep(self._random.uniform(*PAUSE))

    async def outages(self) -> None:
        """Now and then a platform is not to be reached at all, until cancelled."""
        while True:
            await asyncio.sleep(self._random.uniform(0.3, 1.5))
            kind = self._random.choice([kind for kind in self._town.ends if kind != "site"])
            self.down(kind, True)
            try:
                await asyncio.sleep(self._random.uniform(0.1, 0.8))
            finally:
                self.down(kind, False)

    def trouble(self) -> None:
        """One."""
        kind = self._random.choice(list(self._town.ends))
        if kind == "site":
            return  # visitors have troubles of their own
        platform = self._platform(kind)
        if len(platform.faults._list) >= AT_ONCE:
            return  # more would be an outage, of which there are enough
        self.made += 1
        self._random.choice(self._of[kind.partition("-")[0]])(platform)

    def down(self, kind: str, is_down: bool) -> None:
        """A platform cannot be reached, or can be again."""
        if kind == "telegram":
            self._town.telegram.down = is_down
        else:
            self._town.ends[kind].down(is_down)

    def ends(self) -> None:
        """Nothing goes wrong any more."""
        self._town.telegram.faults.clear()
        for kind in self._town.ends:
            if kind != "site":
                self.down(kind, False)
                self._platform(kind).faults.clear()

    def _platform(self, kind: str) -> Any:
        end: Any = self._town.ends[kind]
        match kind.partition("-")[0]:
            case "vk":
                return end.vk
            case "viber":
                return end.viber
            case "facebook":
                return end.facebook
        return self._town.telegram

    def _telegram(self, method: str, error: Any, **how: Any) -> None:
        fault = self._town.telegram.fail_next(method, error=error, times=self._random.randint(1, 2), **how)
        if error in ("drop_after", "garbage", "html502", "html504"):
            self._after["telegram"].append(fault)

    def _call(self, platform: Any, kind: str, method: str, error: Any) -> None:
        if self._hangs and self._random.random() < 0.05:
            error = "hang"
        fault = platform.faults.next(method, error, times=self._random.randint(1, 2))
        if str(error) in ("cut_after", "drop_after", "garbage", "html", "http", "html502_after", "hang"):
            key = next(name for name in self._town.ends if name.partition("-")[0] == kind)
            self._after[key].append(fault)
