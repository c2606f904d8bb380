"""What happens outside concerns one channel: its name is not found when we start, its token is taken back."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.app import Otklik
from bridge.config import Config, load
from tests.alike.facebook import FacebookEnd
from tests.alike.telegram import TelegramEnd, TelegramPerson
from tests.alike.town import Town
from tests.alike.viber import ViberEnd
from tests.alike.vk import VkEnd
from tests.emulators.telegram import Bot

EVERYBODY = ("site", "telegram", "vk", "viber", "facebook")
OWN_TOKEN = "9002:OWN"
NAMES = {"telegram": "own", "vk": "vk", "viber": "viber", "facebook": "fb"}  # of their channels


class Names:
    """Stands in for DNS: `<kind>.test` is this machine, unless it is one of `unknown`."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self._real = real
        self.unknown: set[str] = set()
        self.asked: set[str] = set()

    def __call__(self, host: Any, *args: Any, **how: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not isinstance(name, str) or not name.endswith(".test"):
            return self._real(host, *args, **how)
        self.asked.add(name)
        if name.removesuffix(".test") in self.unknown:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._real("127.0.0.1", *args, **how)


class OwnPerson(TelegramPerson):
    @property
    def bot(self) -> Bot:
        town = self.end.town
        assert isinstance(town, NamedTown)
        return town.own


class NamedTown(Town):
    """A town whose platforms are reached by name, and which does not wait for them. Telegram's customers have a bot
    of their own."""

    own: Bot

    def write_config(self, token: str = "9001:TEST") -> Path:
        path = super().write_config(token)
        path.write_text(
            path.read_text()
            + f"""
[[channel]]
kind = "telegram"
name = "own"
title = "Свой бот"
group = "sales"
token = "{OWN_TOKEN}"
api_url = "{self.telegram.url}"
"""
        )
        return path

    def config(self) -> Config:
        """As it is written, but with names for addresses."""
        config = load(self.write_config(), {})

        def named(settings: Any, name: str) -> Any:
            url = settings.api_url.replace("127.0.0.1", f"{name}.test")
            return settings.model_copy(update={"api_url": url})

        channels = [
            named(one, one.kind) if one.kind in NAMES and one.name != "tg" else one for one in config.channels
        ]
        return config.model_copy(update={"desk": named(config.desk, "desk"), "channels": channels})

    async def open(self) -> None:
        self.own = self.telegram.add_bot(OWN_TOKEN, username="own_bot", name="Own")
        await super().open()

    async def start(self) -> None:
        self.otklik = Otklik(self.config(), self.clock)
        await self.otklik.start()

    async def own_person(self) -> TelegramPerson:
        """A customer of the bot that is only theirs."""
        end = self.ends["telegram"]
        assert isinstance(end, TelegramEnd)
        return OwnPerson("Анна", end, self.telegram.person("Анна"))

    async def healthz(self) -> tuple[int, dict[str, str]]:
        async with self.http.get(f"{self.site_url}/healthz") as response:
            return response.status, (await response.json())["channels"]

    async def channels_are(self, wanted: dict[str, str]) -> None:
        """Wait until /healthz says exactly this; some channels look only every few minutes."""
        told: Any = None
        for turn in range(200):
            told = await self.healthz()
            if told == (200, wanted):
                return
            await asyncio.sleep(0.05)
            if turn % 10 == 9:
                self.clock.passes(60)
        raise AssertionError(f"{told}, not {wanted}")

    @property
    def notices(self) -> list[str]:
        """What the group was told of channels."""
        said = (message.text or "" for message in self.group.messages(by=self.bot))
        return [text for text in said if text[:1] in "🔴🟢🟡" and ": канал" in text]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names


@pytest.fixture
async def town(tmp_path: Path, names: Names) -> AsyncIterator[NamedTown]:
    town = NamedTown(tmp_path, *EVERYBODY)
    yield town
    await town.close()
    assert town.audited() == {}


def everything(**but: str) -> dict[str, str]:
    return dict.fromkeys(("shop", "tg", "vk", "viber", "fb", "own"), "up") | but


async def everybody_is_served(town: NamedTown, words: str, but: str = "") -> None:
    """Each kind of channel takes a message in, and brings an answer."""
    for kind, end in town.ends.items():
        if kind != but:
            anna = await end.person(f"Анна {words}")
            await anna.writes(f"{words} {kind}")
            thread = await town.accepts(f"{words} {kind}")
            await thread.answers(f"Ответ {words}")
            await town.until(lambda anna=anna: any(f"Ответ {words}" in got.text for got in anna.got))  # type: ignore[misc]


@pytest.mark.parametrize("kind", list(NAMES))
async def test_a_platform_whose_name_is_not_found_is_down_alone_and_comes_up_by_itself(
    town: NamedTown, names: Names, kind: str
) -> None:
    names.unknown = {kind}
    await town.open()
    await town.channels_are(everything(**{NAMES[kind]: "down"}))
    assert f"{kind}.test" in names.asked
    await everybody_is_served(town, "без имени", but=kind)
    names.unknown = set()
    await town.channels_are(everything())
    await everybody_is_served(town, "с именем")


async def test_without_a_network_the_program_starts_and_the_site_takes_messages_in(
    town: NamedTown, names: Names
) -> None:
    names.unknown = {"desk", *NAMES}
    await town.open()
    await town.channels_are(dict.fromkeys(everything(), "down") | {"shop": "up"})
    visitor = await town.ends["site"].person("Гость")
    await visitor.writes("Есть кто?")
    names.unknown = set()
    await town.channels_are(everything())
    await town.card("Есть кто?")


@pytest.mark.parametrize("kind", list(NAMES))
async def test_a_token_that_is_taken_back_concerns_its_channel_alone_and_is_told_once(
    town: NamedTown, kind: str
) -> None:
    await town.open()
    await town.channels_are(everything())
    anna = await town.own_person() if kind == "telegram" else await town.ends[kind].person("Анна")
    await anna.writes("Здравствуйте")
    thread = await town.accepts("Здравствуйте")
    restore = revoke(town, kind)
    await thread.answers("Добрый день")  # some platforms are not asked anything before that
    await town.channels_are(everything(**{NAMES[kind]: "down"}))
    await town.until(lambda: town.notices, lambda: "nothing was told")
    await everybody_is_served(town, "пока", but=kind)
    for _ in range(4):
        town.clock.passes(60)
        await town.clock.sleep(6)
    assert len(town.notices) == 1 and town.notices[0].startswith("🔴"), town.notices
    restore()
    await town.channels_are(everything())
    await town.until(lambda: len(town.notices) == 2, lambda: str(town.notices))
    assert town.notices[1].startswith("🟢")
    await town.until(lambda: "Добрый день" in str(anna.got), lambda: str(anna.got))
    await everybody_is_served(town, "снова")


def revoke(town: NamedTown, kind: str) -> Callable[[], None]:
    """The platform knows the token no more; how to give it back."""
    vk, viber, facebook = town.ends["vk"], town.ends["viber"], town.ends["facebook"]
    assert isinstance(vk, VkEnd) and isinstance(viber, ViberEnd) and isinstance(facebook, FacebookEnd)
    match kind:
        case "telegram":
            town.telegram.revoke(town.own)
            return lambda: town.telegram.restore(town.own)
        case "vk":
            token = vk.vk.token
            vk.vk.group.revoke(token)
            return lambda: setattr(vk.vk.group.tokens[token], "dead", False)
        case "viber":
            viber.viber.faults.next("*", 2, times=100_000)
            return viber.viber.faults.clear
        case "facebook":
            dead = facebook.facebook.token_of()
            dead.expires_at = 1
            return lambda: setattr(dead, "expires_at", 0)
    raise AssertionError(kind)
