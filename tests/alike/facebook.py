"""Facebook's end: people who write to a page in Messenger."""

from __future__ import annotations

from bridge.model import Kind
from tests.alike.ends import FILES, PLACE, CannotDo, End, Got, Someone
from tests.emulators.facebook import FacebookEmulator, Message, Person, audio, file, image, location, sticker, video


class FacebookEnd(End):
    kind, name, title, mark = "facebook", "fb", "Facebook", "📘"

    async def start(self) -> None:
        self.facebook = FacebookEmulator(clock=self.town.clock, scale=self.town.scale)
        await self.facebook.start()
        self.facebook.webhooks.https_only = False

    async def stop(self) -> None:
        await self.facebook.stop()

    async def hang_up(self) -> None:
        """Facebook keeps nothing open."""

    @property
    def config(self) -> str:
        fb = self.facebook
        return (
            f'[[channel]]\nkind = "facebook"\nname = "fb"\ntitle = "Facebook"\ngroup = "sales"\n'
            f'page_id = "{fb.page.id}"\npage_token = "{fb.page_token}"\napp_id = "{fb.app.id}"\n'
            f'app_secret = "{fb.app.secret}"\nverify_token = "{fb.verify_token}"\napi_url = "{fb.url}"\n'
        )

    async def person(self, name: str) -> FacebookPerson:
        return FacebookPerson(name, self, self.facebook.person(f"{name} Lee"))

    def down(self, is_down: bool) -> None:
        self.facebook.down = is_down


class FacebookPerson(Someone):
    def __init__(self, name: str, end: FacebookEnd, person: Person) -> None:
        super().__init__(name)
        self.end = end
        self.person = person

    async def writes(self, text: str) -> Message:
        return await self.person.write(text)

    async def sends(self, kind: Kind, text: str = "") -> Message:
        match kind:
            case Kind.LOCATION:
                return await self.person.write(text, [location(*PLACE)])
            case Kind.PHOTO:
                return await self.person.write(text, [image(FILES[kind], "photo.jpg", "image/jpeg")])
            case Kind.VIDEO:
                return await self.person.write(text, [video(FILES[kind])])
            case Kind.VOICE:
                return await self.person.write(text, [audio()])
            case Kind.STICKER:
                return await self.person.write(text, [sticker()])
            case Kind.DOCUMENT:
                return await self.person.write(text, [file(FILES[kind], "price.pdf")])
        raise CannotDo(kind)

    async def sends_album(self, *photos: bytes) -> Message:
        return await self.person.write("", [image(photo, "photo.jpg", "image/jpeg") for photo in photos])

    async def repeats(self, message: Message) -> None:
        self.end.facebook.webhooks.repeat_last(1)

    async def writes_swapped(self, first: str, second: str) -> None:
        with self.end.facebook.batch(separate=True, reverse=True):
            for text in (first, second):
                await self.person.write(text)
                self.end.town.clock.passes(0.01)  # Facebook tells milliseconds

    async def edits(self, message: Message, text: str) -> None:
        await self.person.edit(message, text)

    async def blocks(self) -> None:
        await self.person.block()

    async def unblocks(self) -> None:
        await self.person.unblock()

    async def reads(self) -> None:
        await self.person.read()

    async def reacts(self) -> None:
        await self.person.react(self.person.heard[-1])

    async def quotes(self, text: str) -> None:
        await self.person.write(text, reply_to=self.person.heard[-1])

    @property
    def got(self) -> list[Got]:
        return [
            Got(
                message.text,
                tuple(piece.kind for piece in message.pieces),
                tuple(piece.data for piece in message.pieces),
                tuple(piece.name for piece in message.pieces),
                message.quoted.text if message.quoted else "",
                message.deleted,
            )
            for message in self.person.heard
        ]
