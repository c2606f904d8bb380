"""A strict stand-in for the API of VKontakte communities (5.199), over real HTTP on a loopback port.

"§n" in this package means a section of the project's fact sheet on VKontakte.

    async with VkEmulator(clock=None, scale=1.0, long_poll=True) as vk:    # or: await vk.start() / await vk.stop()
        vk.url                       # base of all: `{url}/method/<name>`, the long poll, uploads and files
        vk.group.id, vk.token        # the first community and its key; vk.community("Other") makes one more
        ann = vk.person("Ann Lee", ru="Анна Ли")
        ann.write("Where is my order?", attachments=["photo", doc(b"...", "a.pdf")])

Nothing that people do waits: events are queued for the long poll and posted to callback servers in the background.
`await vk.wait_until(lambda: ann.heard)` waits for what comes of it.

**Clock**: anything with `monotonic() -> float` and `now() -> aware datetime`. It decides on windows, lives of keys
and addresses, and the rate limit; with a clock that stands still set `vk.rules.rate_limit = None`. Long polls and
`slow` faults wait in real time; pauses before callback retries are real too, times `scale`.

**People** (`to=` another community; messages come back as `Message`, which lives on):

    ann.write(text, attachments=[...], reply_to=message, forwards=[message, forwarded("text", ...)], payload={...},
              ref="promo", ref_source="ads", geo=(59.9, 30.3, "Spb"), cropped=True)
    ann.starts(ref=None);  ann.edit(message, "new", attachments=[...]);  ann.delete(message)  # VK tells nobody
    ann.react(message, 1 | None);  ann.read(upto=None);  ann.type();  ann.loads_preview(message)
    ann.allow() / ann.deny()  (= unblock / block);  ann.presses(message, "label") -> Message | Press | link
    ann.heard: list[Message] from the community, deleted ones too;  ann.texts;  ann.activities: ["typing", ...]
    ann.dialog().messages: both sides;  vk.person(…, deactivated="deleted", closed=,
        privacy=, lang_id=, sex=, city=, avatar=)

**Message**: `id cmid date text attachments (kind, bytes, name, fields) kinds quoted forwarded geo keyboard payload
format_data edited deleted seen texts (all versions) reactions {who: which} random_id admin_author_id out`.

**Attachments**: a kind's name ("photo", "voice", …: usual contents), or photo(data, original=True), doc(data, name,
title=), voice(data), graffiti, sticker(id, animated=), video, video_message, audio, link, wall, market, poll, gift,
story, other(kind, bare=False, **fields) for any kind at all. What VK's applications forbid raises `NotAllowed`.

**The staff in VK itself**: vk.admin_writes(ann, text, attachments=, reply_to=), admin_edits(message, text),
admin_deletes(message), admin_reads(ann), admin_reacts(message, 1), vk.blocks(ann, reason=, comment=, until=) /
vk.unblocks(ann). `vk.tell(kind, object)`: any event, also of a kind that nobody knows.

**Long poll** (`vk.long_poll`): enable(*kinds), enabled, subscription, ts, waiting, rotate_key() (failed 2),
lose_session() (failed 3), forget_history() (failed 1); old `ts` are replayed while the queue keeps them.

**Callback** (`vk.callback`): server / servers {id: Server(status, failures, sent: [Delivery(event, attempt, status,
body)], waiting)}, duplicates = n, escaped = True, hold(), await release(order=[…] | reverse=True), await again(n,
first=False), retry_now(); `await vk.confirmed()`. `vk.world.routes = {public prefix: real prefix}`.

**Faults**: `vk.faults.next("messages.send", 901 | (100, "text") | VkError | "html502" | "html200" | "garbage" |
"cut_before" | "cut_after" | "cut_halfway" | "hang" | "drip", peer=, times=1, skip=0, slow=0.0, where="item" |
"envelope")`; "*" for any method, "longpoll" (also `failed=1|2|3|4|99`), "upload" (a number: `{"error": …}`;
"rejected": a photo that VK took for no picture), "file" for downloads. `gate = vk.faults.hold("messages.send",
before=True)`, `await gate.reached()`, `gate.release()`. `vk.down = True`: all connections are cut. A key dies with
`vk.group.revoke(error=5 | 27 | 28 | 1117)`; its rights are `vk.group.tokens[vk.token].scopes`.

**Log**: `vk.calls` and `vk.calls_of("messages.send", peer=, ok=)`: Call(method, params without the token, peer,
code (0: worked), result, error, http, bearer); `vk.journal.polls uploads downloads leaks` (requests outside the
API that carried a token). `vk.group.events`: all that happened. **Switches**: `vk.rules` (see rules.py).

`errors.CODES`: every code of the sheet with its text. `stop()` fails if the emulator itself had an error.
"""

from ..common.clock import RealClock
from .attachments import (
    OGG_OPUS,
    Attachment,
    audio,
    doc,
    gift,
    graffiti,
    link,
    market,
    other,
    photo,
    poll,
    sticker,
    story,
    video,
    video_message,
    voice,
    wall,
)
from .callback import Callback, Delivery
from .emulator import ADMIN, VkEmulator
from .errors import CODES, OF_ONE_RECIPIENT, NotAllowed, VkError
from .files import picture
from .longpoll import LongPoll
from .messages import Message, forwarded
from .people import Person, Press
from .rules import Rules
from .world import EVENTS, MESSAGE_EVENTS, SCOPES, Community

__all__ = [
    "ADMIN",
    "CODES",
    "EVENTS",
    "MESSAGE_EVENTS",
    "OF_ONE_RECIPIENT",
    "OGG_OPUS",
    "SCOPES",
    "Attachment",
    "Callback",
    "Community",
    "Delivery",
    "LongPoll",
    "Message",
    "NotAllowed",
    "Person",
    "Press",
    "RealClock",
    "Rules",
    "VkEmulator",
    "VkError",
    "audio",
    "doc",
    "forwarded",
    "gift",
    "graffiti",
    "link",
    "market",
    "other",
    "photo",
    "picture",
    "poll",
    "sticker",
    "story",
    "video",
    "video_message",
    "voice",
    "wall",
]
