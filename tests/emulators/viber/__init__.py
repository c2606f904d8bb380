"""A strict stand-in for the Viber bot API, over real HTTP on a loopback port: one bot for each emulator.

    async with ViberEmulator(clock=None, scale=1.0, token=TOKEN) as viber:   # or .start(port=0) / .stop()
        viber.url, viber.token          # the base of the API ("…/pa"), the bot's token
        ann = viber.person("Ann Lee", avatar=True | bytes, language="uk", country="UA", api_version=10,
                           devices=1, system="ios" | "android", personal=True)

**Clock**: anything with `monotonic()` and `now()`; with `async sleep(seconds)` it also decides how long the pauses
between the tries of a webhook last, else they are real, times `scale`. Faults and time limits of HTTP are real.

**People** (each of these but `goes_offline` is to be awaited, and returns its `Event`):

    ann.opens(context="promo1")         conversation_started; a welcome in the answer comes into `heard`
                                        (`heard[0].welcome`), a wrong one into `refused_welcomes`
    ann.subscribes() / unsubscribes() / blocks()
    ann.write("text" | caption, picture= video= file=bytes|Media(data, name, content_type, declared, duration),
              sticker=46105, contact=("Bob", "+380…"), url="https://…", location=(lat, lon[, address]),
              raw={"type": "anything"}, silent=False, size_field="size"|"file_size")
    ann.presses("Help")                 a button under the last message
    ann.reads()                         one `seen` for all that was unread
    ann.emits("client_status", any=1)   any event (not awaited)
    ann.goes_offline() / comes_online() nothing is delivered meanwhile (not awaited)
    ann.heard -> [Heard(token, type, text, sender, avatar, attachments=[Attachment(kind, data, name, content_type)],
                        keyboard, message, delivered, seen)];  ann.hears -> their texts
    ann.missed                          sent, but not shown: `failed` says why, and so does the `failed` event

`write` opens the chat first if it was not open; what Viber's apps would not let people do raises `NotAllowed`.
An `Event` has `payload`, `body`, `token`, `attempts` (statuses), `arrived`, `lost`; `await event.settled.wait()`.

**Journal**: `viber.calls`, `viber.calls_of("send_message")`; `viber.hooks.events`; `viber.outbox.fetched` (files
that receivers asked for); `viber.cdn.asked`, `viber.cdn.leaks` (downloads that carried the token: keep it empty).
`await viber.settle()`: everybody has what was sent, every event was tried. `await viber.wait_until(condition)`.

**Faults**: `viber.faults.next("send_message", 12 | "http" | "html" | "garbage" | "hang" | "drip" | "short" |
"cut_before" | "cut_after", text=, code=502, headers={"Retry-After": "3"}, receiver=ann.id, times=1, skip=0)`; the
method "*" is any, "media" and "avatar" are downloads; `gate = viber.faults.hold_next("send_message", before=True)`,
then `await gate.reached()`, `gate.release()`. `viber.down = True`: connections are cut, events wait.

**Switches**: `hooks.duplicate = 1`, `hooks.swap_next(2)`, `hooks.forget_answers = 1` (answered, yet sent again),
`hooks.escaped`, `hooks.sig_in_query`, `hooks.timeout`, `hooks.delays`; `await hooks.replay(event)`,
`await hooks.post(body, signature="wrong" | None)`; `receipts_first`, `subscribed_with_first_message`,
`world.token_strings = True | "sometimes"`, `world.local` (http on loopback passes for public), `world.routes`
({"https://desk.example": "http://127.0.0.1:8080"}), `world.strict_fields`; `cdn.lifetime`, `cdn.gone`,
`cdn.redirect`; `account.billable`, `.free_messages`, `.pays`, `.balance` (statuses 23 and 24, billing_status).
"""

from ..common.gates import Gate
from .emulator import ViberEmulator
from .errors import STATUSES, NotAllowed
from .hooks import Event
from .humans import Media, Person
from .journal import Call
from .outbox import Attachment, Heard
from .world import PLACEHOLDER, TOKEN

__all__ = [
    "PLACEHOLDER",
    "STATUSES",
    "TOKEN",
    "Attachment",
    "Call",
    "Event",
    "Gate",
    "Heard",
    "Media",
    "NotAllowed",
    "Person",
    "ViberEmulator",
]
