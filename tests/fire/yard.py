"""`Yard`: the town in which every way in is open: all platforms by webhook, the desk's bot too, and the widget."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from bridge.model import Kind
from bridge.web.hooks import Hook
from tests.alike.ends import FILES, CannotDo, End, Someone
from tests.alike.site import SiteEnd
from tests.alike.telegram import TelegramEnd, TelegramPerson
from tests.alike.town import Thread, Town
from tests.emulators.telegram import Bot, Limits

DESK_SECRET = "desk-webhook-secret-4f1d"
OWN_SECRET = "own-webhook-secret-8a2c"
OWN_TOKEN = "9002:OWN-BOT"
PRIVATE = "Лиловый-бегемот"  # in all that customers of the recordings write: the log must not have it
MANY = 1_000_000


class OwnBotEnd(TelegramEnd):
    """Private chats with a bot of their own, by webhook."""

    async def start(self) -> None:
        self.own: Bot = self.town.telegram.add_bot(OWN_TOKEN, username="own_bot", name="Own")

    @property
    def config(self) -> str:
        return (
            '[[channel]]\nkind = "telegram"\nname = "tg"\ntitle = "Telegram"\ngroup = "sales"\n'
            f'token = "{OWN_TOKEN}"\nupdates = "webhook"\nwebhook_secret = "{OWN_SECRET}"\n'
        )

    async def person(self, name: str) -> OwnBotPerson:
        return OwnBotPerson(name, self, self.town.telegram.person(name))


class OwnBotPerson(TelegramPerson):
    @property
    def bot(self) -> Bot:
        end: Any = self.end
        return end.own


class OpenSiteEnd(SiteEnd):
    """Without limits that a test would run into before the program does."""

    @property
    def config(self) -> str:
        limits = ("messages_per_minute", "connections_per_address", "new_visitors_per_address", "uploads_per_day")
        return super().config + "".join(f"{name} = {MANY}\n" for name in limits) + "file_limit = 1\n"


class Yard(Town):
    """See the module."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "vk-callback", "viber", "facebook", posts_per_minute=600)
        self.telegram.limits = Limits.off()
        self.telegram.world.local = True  # a Bot API server of one's own takes plain http
        self.ends |= {"telegram": OwnBotEnd(self), "site": OpenSiteEnd(self)}
        self.patience = 60

    def write_config(self, token: str = "9001:TEST") -> Path:
        path = super().write_config(token)
        by_webhook = f'updates = "webhook"\nwebhook_secret = "{DESK_SECRET}"\nposts_per_minute'
        path.write_text(path.read_text().replace("posts_per_minute", by_webhook, 1))
        return path


@contextlib.contextmanager
def recorded() -> Iterator[dict[str, list[Any]]]:
    """The bodies that platforms post meanwhile, by the channel."""
    found: dict[str, list[Any]] = {}
    parse = Hook.parse

    def listening(self: Hook, body: bytes) -> dict[str, Any]:
        found.setdefault(self._channel, []).append(json.loads(body))
        return parse(self, body)

    Hook.parse = listening  # type: ignore[method-assign]
    try:
        yield found
    finally:
        Hook.parse = parse  # type: ignore[method-assign]


async def everything(town: Town) -> dict[str, list[Any]]:
    """People do all that they can; what the platforms posted of it."""
    with recorded() as found:
        for end in town.ends.values():
            await _life(town, end)
        await _staff(town)
        await _operators(town)
    return found


async def _life(town: Town, end: End) -> None:
    """All that a customer of a channel can do."""
    someone = await end.person("Вера")
    hello = f"{PRIVATE} из {end.kind}"
    first = await someone.writes(hello)
    thread = await town.accepts(hello)
    await thread.answers("Отвечаем")
    await town.until(lambda: "Отвечаем" in someone.texts)
    for kind in sorted(end.abilities.receives & {*FILES, Kind.LOCATION, Kind.VENUE, Kind.CONTACT, Kind.POLL}):
        await _perhaps(lambda kind=kind: someone.sends(kind, PRIVATE))  # type: ignore[misc]
    doings: list[Callable[[], Awaitable[Any]]] = [
        lambda: someone.sends_album(FILES[Kind.PHOTO], FILES[Kind.PHOTO]),
        lambda: someone.edits(first, f"{PRIVATE}, исправлено"),
        someone.reads,
        someone.reacts,
        someone.types,
        lambda: someone.quotes(PRIVATE),
        someone.blocks,
        someone.unblocks,
    ]
    for doing in doings:
        await _perhaps(doing)
    await someone.writes(f"{PRIVATE} в конце")
    await thread.shows("в конце")


async def _perhaps(doing: Callable[[], Awaitable[Any]]) -> None:
    with contextlib.suppress(CannotDo):
        await doing()


async def _staff(town: Town) -> None:
    """What the company's own people do on the platforms' pages, and what is rare."""
    vk: Any = town.ends["vk-callback"]
    vera = await vk.person("Вера")
    await vera.writes(f"{PRIVATE}: страница")
    said = vk.vk.admin_writes(vera.person, "Ответ со страницы", attachments=["photo"])
    vk.vk.admin_edits(said, "Исправлено на странице")
    vera.person.starts(ref="promo")
    vk.vk.blocks(vera.person)
    vk.vk.unblocks(vera.person)
    fb: Any = town.ends["facebook"]
    vera = await fb.person("Вера")
    await vera.writes(f"{PRIVATE}: страница")
    await fb.facebook.inbox_writes(vera.person, "Ответ из Business Suite", takes=True)
    await fb.facebook.inbox_passes(vera.person)
    await vera.person.opts_in()
    await vera.person.opens_link("spring")
    viber: Any = town.ends["viber"]
    vera = await viber.person("Вера")
    await vera.person.opens(context="promo")
    await fb.facebook.settle()
    await viber.viber.settle()


async def _operators(town: Town) -> None:
    """What happens in the operators' group."""
    tg: Any = town.ends["telegram"]
    vera: Someone = await tg.person("Зоя")
    await vera.writes(f"{PRIVATE}: в группу")
    card = await town.card(f"{PRIVATE}: в группу")
    thread: Thread = await town.accepts(f"{PRIVATE}: в группу")
    for command in ("/status", "/help", "/close", "/reopen", "/nothing"):
        await thread.answers(command)
    said = await thread.answers("Ещё ответ")
    await town.olga.edits(said, "Ещё один ответ")
    await thread.answers(photo=True, caption="Фото")
    await town.olga.says(town.group, "Просто разговор")
    await town.olga.says(town.group, "Ответ на карточку", reply_to=card)
    await town.ivan.reacts(said, "👍")
    petr = town.telegram.person("Пётр")
    town.group.add(petr)
    town.group.promote(petr, can_pin_messages=True)
    town.group.demote(petr)
    town.group.kick(petr)
    topic = await town.olga.creates_topic(town.group, "Разное")
    await town.olga.renames_topic(town.group, topic.id, "Другое")
    await town.olga.closes_topic(town.group, topic.id)
    await town.olga.reopens_topic(town.group, topic.id)
