"""VKontakte's end: people who write to a community, whose events come by long poll, or by callback."""

from __future__ import annotations

from typing import ClassVar

from bridge.model import Kind
from tests.alike.ends import FILES, PLACE, CannotDo, End, Got, Someone
from tests.emulators.vk import Message, Person, VkEmulator, doc, graffiti, photo, sticker, voice


class VkEnd(End):
    kind, name, title, mark = "vk", "vk", "ВКонтакте", "🔷"
    updates: ClassVar[str] = "longpoll"

    async def start(self) -> None:
        self.vk = VkEmulator(clock=self.town.clock, scale=0.01, long_poll=False)
        self.vk.rules.rate_limit = None  # the office's clock runs faster than calls do
        await self.vk.start()

    async def stop(self) -> None:
        await self.vk.stop()

    async def hang_up(self) -> None:
        """The long poll ends with the program."""

    @property
    def config(self) -> str:
        return (
            f'[[channel]]\nkind = "vk"\nname = "vk"\ntitle = "ВКонтакте"\ngroup = "sales"\n'
            f'community_id = {self.vk.group.id}\ntoken = "{self.vk.token}"\napi_url = "{self.vk.url}"\n'
            f'updates = "{self.updates}"\n'
        )

    async def person(self, name: str) -> VkPerson:
        return VkPerson(name, self, self.vk.person(f"{name} Иванова", ru=f"{name} Иванова"))

    def down(self, is_down: bool) -> None:
        self.vk.down = is_down


class VkCallbackEnd(VkEnd):
    updates = "callback"

    async def ready(self) -> None:
        await super().ready()
        await self.vk.confirmed()


class VkPerson(Someone):
    def __init__(self, name: str, end: VkEnd, person: Person) -> None:
        super().__init__(name)
        self.end = end
        self.person = person

    async def writes(self, text: str) -> Message:
        return self.person.write(text)

    async def sends(self, kind: Kind, text: str = "") -> Message:
        match kind:
            case Kind.LOCATION:
                return self.person.write(text, geo=(*PLACE, "Spb"))
            case Kind.PHOTO:
                return self.person.write(text, attachments=[photo(FILES[kind])])
            case Kind.VOICE:
                return self.person.write(attachments=[voice(FILES[kind])])
            case Kind.STICKER:
                return self.person.write(attachments=[sticker()])
            case Kind.DOCUMENT:
                return self.person.write(text, attachments=[doc(FILES[kind], "price.pdf")])
            case Kind.ANIMATION:
                return self.person.write(text, attachments=[doc(FILES[kind], "move.gif")])
        raise CannotDo(kind)

    async def draws(self) -> Message:
        """A graffiti."""
        return self.person.write(attachments=[graffiti()])

    async def sends_album(self, *photos: bytes) -> Message:
        return self.person.write(attachments=[photo(data) for data in photos])

    async def repeats(self, message: Message) -> None:
        if isinstance(self.end, VkCallbackEnd):
            await self.end.vk.callback.again(1)
        else:
            self.end.vk.long_poll.lose_session()

    async def writes_swapped(self, first: str, second: str) -> None:
        if not isinstance(self.end, VkCallbackEnd):
            raise CannotDo  # the long poll keeps the order
        self.end.vk.callback.hold()
        for text in (first, second):
            self.person.write(text)
        await self.end.vk.callback.release(reverse=True)

    async def edits(self, message: Message, text: str) -> None:
        self.person.edit(message, text)

    async def blocks(self) -> None:
        self.person.deny()

    async def unblocks(self) -> None:
        self.person.allow()

    async def reads(self) -> None:
        self.person.read()

    async def reacts(self) -> None:
        self.person.react(self.person.heard[-1], 1)

    async def types(self) -> None:
        self.person.type()

    async def quotes(self, text: str) -> None:
        self.person.write(text, reply_to=self.person.heard[-1])

    @property
    def got(self) -> list[Got]:
        return [
            Got(
                message.text,
                tuple(message.kinds) + (("location",) if message.geo else ()),
                tuple(attachment.bytes for attachment in message.attachments),
                tuple(attachment.name for attachment in message.attachments),
                message.quoted.text if message.quoted else "",
                message.deleted,
            )
            for message in self.person.heard
        ]
