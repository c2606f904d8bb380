"""Viber's end: people who write to a bot."""

from __future__ import annotations

from bridge.model import Kind
from tests.alike.ends import FILES, PLACE, CannotDo, End, Got, Someone
from tests.emulators.viber import Event, Media, Person, ViberEmulator


class ViberEnd(End):
    kind, name, title, mark = "viber", "viber", "Viber", "🟪"

    async def start(self) -> None:
        self.viber = ViberEmulator(clock=self.town.clock, scale=self.town.scale)
        await self.viber.start()

    async def stop(self) -> None:
        await self.viber.stop()

    async def hang_up(self) -> None:
        """Viber keeps nothing open."""

    @property
    def config(self) -> str:
        return (
            f'[[channel]]\nkind = "viber"\nname = "viber"\ntitle = "Viber"\ngroup = "sales"\n'
            f'token = "{self.viber.token}"\napi_url = "{self.viber.url}"\nsender = "Лавка"\n'
        )

    async def person(self, name: str) -> ViberPerson:
        return ViberPerson(name, self, self.viber.person(name))

    def down(self, is_down: bool) -> None:
        self.viber.down = is_down


class ViberPerson(Someone):
    def __init__(self, name: str, end: ViberEnd, person: Person) -> None:
        super().__init__(name)
        self.end = end
        self.person = person

    async def writes(self, text: str) -> Event:
        return await self.person.write(text)

    async def sends(self, kind: Kind, text: str = "") -> Event:
        match kind:
            case Kind.LOCATION:
                return await self.person.write(location=PLACE)
            case Kind.CONTACT:
                return await self.person.write(contact=("Борис", "+79990001122"))
            case Kind.PHOTO:
                return await self.person.write(text or None, picture=FILES[kind])
            case Kind.VIDEO:
                return await self.person.write(text or None, video=Media(FILES[kind], "clip.mp4", "video/mp4"))
            case Kind.STICKER:
                return await self.person.write(sticker=46105)
            case Kind.DOCUMENT:
                return await self.person.write(file=Media(FILES[kind], "price.pdf", "application/pdf"))
        raise CannotDo(kind)

    async def repeats(self, message: Event) -> None:
        await self.end.viber.hooks.replay(message)

    async def writes_swapped(self, first: str, second: str) -> None:
        self.end.viber.hooks.swap_next(2)
        for text in (first, second):
            await self.person.write(text)
            self.end.town.clock.passes(0.01)  # Viber tells milliseconds

    async def blocks(self) -> None:
        await self.person.blocks()

    async def unblocks(self) -> None:
        await self.person.subscribes()

    async def reads(self) -> None:
        await self.person.reads()

    @property
    def got(self) -> list[Got]:
        return [
            Got(
                heard.text,
                (heard.type,) if heard.type not in ("text",) else (),
                tuple(attachment.data for attachment in heard.attachments),
                tuple(attachment.name for attachment in heard.attachments),
            )
            for heard in self.person.heard
            if not heard.failed and not heard.welcome
        ]
