"""Messages of VKontakte (https://dev.vk.com/ru/reference/objects/message), translated. Pure, and tolerant.

What cannot be read becomes a placeholder; nothing here raises for what a message has in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.channels.vk import formatting
from bridge.channels.vk.attachments import Attachments, Body, Part, number, unknown
from bridge.model import Attachment, ChannelName, Content, ExternalId, Profile, Span, Text
from bridge.text import cut, shifted, units

CHATS: Final = 2_000_000_000  # conversations of several people begin here
DEEPEST: Final = 20  # levels of messages inside of messages
FORWARDED_MOST: Final = 100  # messages
ATTACHED_MOST: Final = 50  # attachments of one message with all that is forwarded in it
REFERRAL_LIMIT: Final = 200  # characters
# https://dev.vk.com/ru/api/bots/development/messages, client_info.lang_id
LANGUAGES: Final = {0: "ru", 1: "uk", 2: "be", 3: "en", 4: "es", 5: "fi", 6: "de", 7: "it"}


def served(peer: int | None) -> bool:
    """Whether it is a dialog with one person."""
    return peer is not None and 0 < peer < CHATS


def message_id(peer: int, cmid: int) -> ExternalId:
    """A message's id over all dialogs. Both sides of a dialog count together."""
    return ExternalId(f"{peer}:{cmid}")


def customer_id(peer: int) -> ExternalId:
    """A customer's id: that of their account, which is also that of their dialog."""
    return ExternalId(str(peer))


def peer_of(customer: ExternalId) -> int:
    """The dialog of a customer."""
    return int(customer)


def cmid_in(peer: int, external_id: ExternalId | None) -> int | None:
    """The number that a message has in its dialog; None when it is of another one."""
    at, _, count = (external_id or "").partition(":")
    return int(count) if at == str(peer) and count.isdecimal() else None


def unwrapped(body: object) -> tuple[Body, Body]:
    """The message of an event and what is told of the customer's program; old events are the message itself."""
    if not isinstance(body, Mapping):
        return {}, {}
    message, client = body.get("message"), body.get("client_info")
    if isinstance(message, Mapping):
        return message, client if isinstance(client, Mapping) else {}
    return body, {}


@dataclass(frozen=True, slots=True)
class Place:
    """Which message of which dialog it is."""

    peer: int
    cmid: int

    @property
    def external_id(self) -> ExternalId:
        return message_id(self.peer, self.cmid)

    @property
    def customer(self) -> ExternalId:
        return customer_id(self.peer)


def place(message: Body) -> Place | None:
    """Where a message stands; None for those that are not in a dialog with one person."""
    peer, cmid = number(message.get("peer_id")), number(message.get("conversation_message_id"))
    if peer is None or not served(peer) or not cmid:
        return None
    return Place(peer, cmid)


def moment(message: Body, name: str = "date") -> datetime | None:
    """When it was written (or changed); None where that is not told."""
    seconds = number(message.get(name))
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None


def profile(peer: int, client: Body) -> Profile:
    """The little that an event tells of who wrote."""
    return Profile(
        language=LANGUAGES.get(number(client.get("lang_id")) or 0, "") if "lang_id" in client else "",
        link=f"https://vk.com/id{peer}",
    )


def payload(message: Body) -> Any:
    """What the button that was pressed carries: JSON inside of JSON; None where there is nothing sound."""
    given = message.get("payload")
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return None


def is_start(message: Body) -> bool:
    """Whether it is the «Start» button of an empty dialog."""
    pressed = payload(message)
    return isinstance(pressed, Mapping) and pressed.get("command") == "start"


def ref(message: Body) -> str:
    """What the link that led here carried along."""
    return str(message.get("ref") or "")


def referral(message: Body) -> str:
    """The link's word and where it stood, for people: «promo (ads)»."""
    source = str(message.get("ref_source") or "")
    both = f"{ref(message)} ({source})" if ref(message) and source else ref(message) or source
    return cut(both, REFERRAL_LIMIT)


def authors(message: Body) -> set[int]:
    """Who wrote what is forwarded in it, at any depth."""
    found: set[int] = set()
    for one, level in _forwarded(message):
        if level <= DEEPEST and (author := number(one.get("from_id"))):
            found.add(author)
    return found


def _forwarded(message: Body, level: int = 1) -> Iterator[tuple[Body, int]]:
    """The forwarded messages in reading order, each with how deep it lies."""
    listed = message.get("fwd_messages")
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, Mapping):
            continue
        yield one, level
        if level < DEEPEST:
            quoted = one.get("reply_message")
            if isinstance(quoted, Mapping):
                yield quoted, level + 1
            yield from _forwarded(one, level + 1)


@dataclass(slots=True)
class _Said:
    """A text that grows by lines, and the attachments that come along."""

    plain: str = ""
    spans: list[Span] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)

    def add(self, part: Part | None) -> None:
        if part is None:
            return
        if isinstance(part, Attachment):
            if len(self.attachments) < ATTACHED_MOST:
                self.attachments.append(part)
            return
        if not part.plain:
            return
        if self.plain:
            self.plain += "\n"
        self.spans += shifted(part.spans, units(self.plain))
        self.plain += part.plain

    def content(self) -> Content:
        return Content(text=Text(self.plain, tuple(self.spans)), attachments=tuple(self.attachments))


class Reader:
    """Reads the messages to one channel."""

    def __init__(self, channel: ChannelName, catalogue: Catalogue) -> None:
        self._say = catalogue
        self._attachments = Attachments(channel, catalogue)

    def content(self, message: Body, names: Mapping[int, str]) -> Content:
        """What a message says: its words, what hangs on it, what it forwards; `names`: of who wrote that."""
        said = _Said()
        self._own(message, said)
        self._forwards(message, names, said)
        if message.get("is_cropped"):
            said.add(Text(self._say("vk-cropped")))
        if not said.plain and not said.attachments:
            said.add(unknown("unavailable" if message.get("is_unavailable") else "message"))
        return said.content()

    def quoted(self, message: Body) -> tuple[int, Content] | None:
        """The message that this one answers: its number in the dialog (0: not told), and what it says."""
        target = message.get("reply_message")
        if not isinstance(target, Mapping):
            return None
        said = _Said()
        self._own(target, said)
        return number(target.get("conversation_message_id")) or 0, said.content()

    def pressed(self, press: Body) -> Text:
        """A press of a button that sends no message, in words."""
        given = press.get("payload")
        shown = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        return Text(self._say("vk-pressed", what=cut(shown, REFERRAL_LIMIT)))

    def _own(self, message: Body, said: _Said) -> None:
        plain = str(message.get("text") or "")
        said.add(formatting.read(plain, message.get("format_data")))
        for part in self._attachments.read(message.get("attachments"), plain):
            said.add(part)
        said.add(self._attachments.geo(message.get("geo")))

    def _forwards(self, message: Body, names: Mapping[int, str], said: _Said) -> None:
        for count, (one, level) in enumerate(_forwarded(message)):
            if count >= FORWARDED_MOST:
                said.add(Text("…"))
                return
            inner = _Said()
            author = number(one.get("from_id")) or 0
            inner.add(Text(self._say("vk-forwarded", name=names.get(author) or address(author))))
            self._own(one, inner)
            said.add(indented(Text(inner.plain, tuple(inner.spans)), level))
            for attachment in inner.attachments:
                said.add(attachment)


def address(account: int) -> str:
    """The page of a person or a community, where a name is not known."""
    return f"vk.com/id{account}" if account > 0 else f"vk.com/club{-account}"


def indented(text: Text, level: int) -> Text:
    """The first line, and those below it one step further in; `level` 1 begins at the margin."""
    lines = text.plain.split("\n")
    outer, inner = "> " * (level - 1), "> " * level
    made = [f"{outer if index == 0 else inner}{line}" for index, line in enumerate(lines)]
    return Text("\n".join(made), tuple(_indented(text.spans, lines, len(outer), len(inner))))


def _indented(spans: Sequence[Span], lines: Sequence[str], first: int, other: int) -> Iterator[Span]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + units(line) + 1)

    def moved(offset: int) -> int:
        row = max(index for index, start in enumerate(starts) if start <= offset)
        return offset + first + other * row

    for span in spans:
        begin, end = moved(span.offset), moved(span.offset + span.length - 1) + 1
        yield Span(kind=span.kind, offset=begin, length=end - begin, url=span.url, language=span.language)
