"""A customer: does in Messenger what people do, and sees what arrives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import events
from .errors import ERRORS, GraphError, NotAllowed
from .media import File, Piece, like
from .things import Message, Page, Thread

if TYPE_CHECKING:
    from .world import World

EDITS = 5
WORDS = {
    "\u2764\ufe0f": "love",
    "😆": "smile",
    "😮": "wow",
    "😢": "sad",
    "😠": "angry",
    "👍": "like",
    "👎": "dislike",
}


class Person:
    """Methods take `page=` where it is not the first one. Messages are `Message`: mid, text, pieces, reactions…"""

    def __init__(self, world: World, number: int, name: str, photo: bytes | None, **details: Any) -> None:
        self._world = world
        self._number = number
        first, _, last = name.partition(" ")
        self.name = name
        self.first_name: str = details.get("first_name", first)
        self.last_name: str = details.get("last_name", last)
        self.locale: str = details.get("locale", "ru_RU")
        self.timezone: float = details.get("timezone", 3)
        self.gender: str = details.get("gender", "female")
        self.role = bool(details.get("role", False))  # a tester or developer of the app
        self.photo = File(photo, "photo.jpg", "image/jpeg", len(photo), "profile") if photo else None
        self.online = True  # sent messages are delivered at once
        self.reads_at_once = False
        self.profile_error: GraphError | None = None  # 230 or 100/2018218
        self._blocked: dict[str, GraphError] = {}  # by page

    # -- who they are

    def psid(self, page: Page) -> str:
        """The page-scoped id: another one on each page."""
        at = list(self._world.pages).index(page.id)
        return str(6_120_447_719_035_528 + self._number * 7_919 + at * 1_000_000_007)

    @property
    def id(self) -> str:
        return self.psid(self._page(None))

    def thread(self, page: Page | None = None) -> Thread | None:
        found = self._page(page)
        return found.threads.get(self.psid(found))

    def hides_profile(self, error: str = "100/2018218") -> None:
        """Also "230". The name is not for us then."""
        self.profile_error = ERRORS[error]

    # -- what they see

    @property
    def heard(self) -> list[Message]:
        """What the pages and their staff sent, of all pages, in order."""
        found = [m for page in self._world.pages.values() for m in self._messages(page) if m.from_page]
        return sorted(found, key=lambda message: message.at)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.heard if message.text]

    def sees_typing(self, page: Page | None = None) -> bool:
        thread = self.thread(page)
        return thread is not None and self._world.time.monotonic() < thread.typing_until

    def marks(self, page: Page | None = None) -> list[str]:
        """The sender actions that arrived."""
        thread = self.thread(page)
        return thread.marks if thread else []

    # -- what they do

    async def write(
        self,
        text: str = "",
        attachments: Sequence[Piece] = (),
        *,
        reply_to: Message | str | None = None,
        quick_reply: str | None = None,
        referral: dict[str, Any] | None = None,
        page: Page | None = None,
    ) -> Message:
        """Some of text and attachments. `quick_reply`: its payload; `referral`: as a message from an ad has."""
        if not text and not attachments:
            raise NotAllowed("an empty message")
        thread = self._open(page)
        world = self._world
        referral = referral or thread.pending_referral
        thread.pending_referral = None
        from_ad = bool(referral) and referral is not None and referral.get("source") == "ADS"
        world.acted(thread, 7 if from_ad and world.ads_open_week else 1)
        message = world.add_message(
            thread,
            from_page=False,
            text=text,
            pieces=list(attachments),
            reply_to=reply_to.mid if isinstance(reply_to, Message) else reply_to,
        )
        thread.last_action = message.at
        world.tell(thread, "messages", events.said(message, world.cdn, quick_reply, referral))
        return message

    async def likes(self, *, page: Page | None = None) -> Message:
        return await self.write(attachments=[like()], page=page)

    async def writes_from_ad(self, text: str, ad_id: str = "8811", ref: str = "r1", **where: Any) -> Message:
        referral = {"ref": ref, "source": "ADS", "type": "OPEN_THREAD", "ad_id": ad_id}
        return await self.write(text, referral=referral, **where)

    async def taps(self, title: str, *, page: Page | None = None) -> Message:
        """A quick reply under the last message; they go when anything else is said."""
        thread = self._known(page)
        last = thread.messages[-1] if thread.messages else None
        for reply in last.quick_replies if last is not None else []:
            if title in (reply.get("title"), reply.get("payload")):
                return await self.write(str(reply["title"]), quick_reply=str(reply["payload"]), page=page)
        raise NotAllowed(f"no quick reply {title!r}")

    async def presses(
        self, message: Message, title: str, *, referral: dict[str, Any] | None = None, page: Page | None = None
    ) -> str:
        """A button of a template; returns the mid of the postback."""
        for button in message.buttons:
            if title == button.get("title") and button["type"] == "postback":
                return await self.posts_back(title, button["payload"], referral=referral, page=page)
        raise NotAllowed(f"no button {title!r}")

    async def posts_back(
        self, title: str, payload: str, *, referral: dict[str, Any] | None = None, page: Page | None = None
    ) -> str:
        """Any postback: of a button, the persistent menu, an ice breaker, a forged one. Returns its mid."""
        thread = self._open(page)
        world = self._world
        referral = referral or thread.pending_referral
        thread.pending_referral = None
        at = world.acted(thread)
        mid = world.new_mid()
        world.tell(thread, "messaging_postbacks", events.postback(thread, at, mid, title, payload, referral))
        return mid

    async def gets_started(self, *, ref: str | None = None, page: Page | None = None) -> str:
        """The first contact by the button; only where the page has set one, and only once."""
        found = self._page(page)
        if "get_started" not in found.profile:
            raise NotAllowed("the page has no Get started button")
        if self.thread(page) is not None and self._messages(found):
            raise NotAllowed("the conversation has begun")
        referral = {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"} if ref else None
        payload = str(found.profile["get_started"]["payload"])
        return await self.posts_back("Get started", payload, referral=referral, page=page)

    async def opens_link(self, ref: str, *, source: str = "SHORTLINK", page: Page | None = None) -> None:
        """m.me/<page>?ref=…: tells at once in a known thread, else comes with the first message or postback."""
        referral = {"ref": ref, "source": source, "type": "OPEN_THREAD"}
        known = self.thread(page)
        thread = self._open(page)
        if known is None:
            thread.pending_referral = referral
            return
        at = self._world.acted(thread)
        self._world.tell(thread, "messaging_referrals", events.from_person(thread, at, referral=referral))

    async def edit(self, message: Message, text: str) -> None:
        """Own words, at most five times; attachments cannot be edited."""
        if message.from_page or not message.text or message.deleted:
            raise NotAllowed("only own words can be edited")
        if message.edits >= EDITS:
            raise NotAllowed("a message is edited at most five times")
        message.edits += 1
        message.text = text
        number: int | str = str(message.edits) if self._world.edit_numbers_as_text else message.edits
        body = {"mid": message.mid, "text": text, "num_edit": number}
        thread = message.thread
        self._say(thread, "message_edits", message_edit=body)

    async def react(self, message: Message, emoji: str = "\u2764\ufe0f") -> None:
        message.reactions["person"] = emoji
        body = {"mid": message.mid, "action": "react", "emoji": emoji, "reaction": WORDS.get(emoji, "other")}
        self._react(message, body)

    async def unreact(self, message: Message, *, with_emoji: bool = False) -> None:
        emoji = message.reactions.pop("person", None)
        if emoji is None:
            raise NotAllowed("there is no reaction")
        body = {"mid": message.mid, "action": "unreact"}
        if with_emoji:
            body |= {"emoji": emoji, "reaction": WORDS.get(emoji, "other")}
        self._react(message, body)

    async def read(self, *, page: Page | None = None) -> None:
        """They look at the conversation: all that was sent is seen."""
        thread = self._known(page)
        self._world.tell_delivered(thread)
        for message in thread.messages:
            message.seen = message.seen or message.from_page
        now = self._world.time.milliseconds()
        self._say(thread, "message_reads", now, read={"watermark": now})

    async def comes_online(self) -> None:
        self.online = True
        for page in self._world.pages.values():
            thread = self.thread(page)
            if thread is not None:
                self._world.tell_delivered(thread)

    async def opts_in(self, ref: str = "x", user_ref: str = "", *, page: Page | None = None) -> None:
        """A plugin on a web page, or a checkbox with a `user_ref`."""
        thread = self._open(page)
        at = self._world.acted(thread)
        body = {"ref": ref, **({"user_ref": user_ref} if user_ref else {})}
        self._say(thread, "messaging_optins", at, optin=body)

    async def unsend(self, message: Message) -> None:
        """Messenger tells nobody."""
        message.deleted = True
        self._world.touch()

    async def block(self, error: str = "551/1545041", *, page: Page | None = None) -> None:
        """Nobody is told; sends are refused with `error`."""
        self._blocked[self._page(page).id] = ERRORS[error]

    async def unblock(self, *, page: Page | None = None) -> None:
        self._blocked.pop(self._page(page).id, None)

    def refusal(self, page: Page) -> GraphError | None:
        return self._blocked.get(page.id)

    # -- inside

    def _page(self, page: Page | None) -> Page:
        return page if page is not None else next(iter(self._world.pages.values()))

    def _messages(self, page: Page) -> list[Message]:
        thread = page.threads.get(self.psid(page))
        return [message for message in thread.messages if not message.deleted] if thread else []

    def _open(self, page: Page | None) -> Thread:
        found = self._page(page)
        if found.id in self._blocked:
            raise NotAllowed(f"{self.name} has blocked {found.name}")
        return self._world.thread(found, self)

    def _known(self, page: Page | None) -> Thread:
        thread = self.thread(page)
        if thread is None:
            raise NotAllowed(f"{self.name} has no conversation there")
        return thread

    def _say(self, thread: Thread, field: str, at: int | None = None, **body: Any) -> None:
        at = self._world.time.milliseconds() if at is None else at
        self._world.tell(thread, field, events.from_person(thread, at, **body))
        self._world.touch()

    def _react(self, message: Message, body: dict[str, Any]) -> None:
        if self._world.reactions_open_window:
            self._world.acted(message.thread)
        self._say(message.thread, self._world.reactions_field, reaction=body)
