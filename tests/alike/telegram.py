"""Telegram's end: private chats with the operators' bot."""

from __future__ import annotations

from typing import Any

from bridge.model import Kind
from tests.alike.ends import FILES, PLACE, End, Got, Someone
from tests.emulators.telegram import Human, Seen

FILED = ("photo", "video", "animation", "audio", "voice", "video_note", "document", "sticker")
NATIVE = (*FILED, "venue", "location", "contact", "poll")


class TelegramEnd(End):
    kind, name, title, mark = "telegram", "tg", "Telegram", "✈️"

    @property
    def config(self) -> str:
        return '[[channel]]\nkind = "telegram"\nname = "tg"\ntitle = "Telegram"\ngroup = "sales"\n'

    async def hang_up(self) -> None:
        """Nobody to disconnect."""

    async def person(self, name: str) -> TelegramPerson:
        return TelegramPerson(name, self, self.town.telegram.person(name))


class TelegramPerson(Someone):
    def __init__(self, name: str, end: TelegramEnd, human: Human) -> None:
        super().__init__(name)
        self.end = end
        self.human = human

    @property
    def bot(self) -> Any:
        return self.end.town.bot

    async def writes(self, text: str) -> Seen:
        return await self.human.says(self.bot, text)

    async def sends(self, kind: Kind, text: str = "") -> Seen:
        if kind is Kind.LOCATION:
            return await self.human.says(self.bot, location=PLACE)
        if kind is Kind.VENUE:
            return await self.human.says(self.bot, venue=(*PLACE, "Лавка", "Невский, 1"))
        if kind is Kind.CONTACT:
            return await self.human.says(self.bot, contact=("+79990001122", "Борис"))
        if kind is Kind.POLL:
            return await self.human.says(self.bot, poll=("Чай?", ["да", "нет"]))
        if kind is Kind.DICE:
            return await self.human.says(self.bot, dice=4)
        return await self.human.says(self.bot, caption=text or None, **{kind.value: FILES[kind]})

    async def sends_album(self, *photos: bytes) -> list[Seen]:
        return await self.human.album(self.bot, list(photos))

    async def repeats(self, message: Seen) -> None:
        self.bot.redeliver_last(1)

    async def edits(self, message: Seen, text: str) -> None:
        await self.human.edits(message, text)

    async def blocks(self) -> None:
        await self.human.blocks(self.bot)

    async def unblocks(self) -> None:
        await self.human.unblocks(self.bot)

    async def quotes(self, text: str) -> None:
        last = [m for m in self.human.sees(self.bot) if m.author_id == self.bot.id][-1]
        await self.human.says(self.bot, text, reply_to=last)

    @property
    def got(self) -> list[Got]:
        found = []
        for seen in self.human.sees(self.bot):
            if seen.author_id != self.bot.id:
                continue
            kinds = tuple(kind for kind in NATIVE if seen.get(kind))
            target = seen.get("reply_to_message") or {}
            found.append(
                Got(
                    seen.get("text") or seen.get("caption") or "",
                    kinds,
                    tuple(seen.file_bytes for kind in kinds if kind in FILED),
                    quotes=target.get("text") or "",
                    deleted=seen.deleted,
                )
            )
        return found
