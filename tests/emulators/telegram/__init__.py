"""A strict stand-in for the Telegram Bot API, over real HTTP on a loopback port.

"§n" in this package means a section of the project's fact sheet on the Bot API.

    async with TelegramEmulator(clock=None) as emulator:     # or: await .start(port=0) / await .stop()
        bot = emulator.add_bot("9001:TEST", username="desk_bot", name="Desk", can_read_all_group_messages=False)
        olga = emulator.person("Ольга", id=None, username="olga", language="ru", bio=None, avatar=True)
        group = emulator.group("Продажи", forum=True)              # kind="group": a basic one; public=True | "name"
        group.add(olga).add(bot, admin=True, rights={"can_pin_messages": False})
        aiogram: AiohttpSession(api=TelegramAPIServer.from_base(emulator.url))
        PTB:     base_url=f"{emulator.url}/bot", base_file_url=f"{emulator.url}/file/bot"

**Clock**: anything with `monotonic() -> float` and `now() -> aware datetime`; `async sleep(seconds)` too, if it
should decide how long the webhook sender pauses. Long polls and `slow` faults wait in real time.

**People** (`where`: a Group, a Private or a Bot; messages come back as `Seen`):

    await olga.says(where, "text", topic=id|name, reply_to=seen, quote="part", entities=[...],
                    photo=True|bytes|Attachment(data, name, mime, size, width, height, duration, emoji),
                    video= document= voice= video_note= audio= animation= sticker=, caption=, caption_entities=,
                    location=(lat, lon), venue=(lat, lon, title, address), contact=("+7…", "Имя")|human,
                    poll=("?", ["a", "b"]), dice=4, as_anonymous=True, as_channel="Title",
                    forward_from=seen|human|"hidden name", via_bot=bot)
    await olga.album(where, [True, ("video", True)], caption="…", topic=, reply_to=, more_of=seen)  -> list[Seen]
    await olga.edits(seen, "new") / edits(seen, caption="new", photo=…); await olga.deletes(seen)  # silent
    await olga.presses(seen, "Принять" | data, timeout=5) -> Answer(text, show_alert, url)
    press = olga.begins_to_press(seen, "…"); await press.wait();  olga.forges_press(seen, "any data")
    await olga.reacts(seen, "👍" | None); await olga.pins(seen) / unpins(seen)
    await olga.starts(bot, payload=None) / blocks(bot) / unblocks(bot)
    await olga.creates_topic(group, "name") / closes_topic(group, id|name) / reopens_topic / renames_topic(…, "new")
        / deletes_topic / hides_general(group, hidden=True);  await olga.joins(group) / leaves(group)
    await olga.loads_preview(seen)                            # an edited_message with nothing changed in it
    olga.sees(bot) -> list[Seen], both sides of the private chat; olga.hears(bot) -> texts of the bot
    olga.hints(group) -> ephemeral messages shown to her

What Telegram's own apps would not let people do raises `NotAllowed`.

**Groups**: `add(who, admin=, rights=, anonymous=, title=, by=)`, `promote(who, **rights)`, `demote`,
`restrict(who, can_send_messages=False)`, `remove` (left), `kick`, `allow(can_send_photos=False)`,
`linked_channel_posts(text)`, `allow_reactions([...])`, `rename`, `delete`, `turn_topics(on) -> Group`,
`upgrade() -> Group` (the new one), `status(who)`, `id`, `pinned`, `actions`, `chat.general`.
`messages(topic=id|name|"General", viewer=human, service=False, by=who)`, `texts(...)`, `last(...)`,
`find("words")`, `message(id)`, `topic(id|name) -> TopicView(id, name, closed, exists, messages(), texts())`,
`topics()`. `emulator.private(human, bot)` has `messages() texts() last() actions turn_topics(on)`.

**Seen** is a dict in the Bot API's shape plus `.id .id_for(bot) .text .buttons .author .author_id .thread
.reactions` ({who: [emoji]}, live) `.deleted .only_for .file_bytes .now()`.

**Waiting**: `await emulator.wait_until(lambda: group.find("Гость"), timeout=5)` returns what the condition gave; it
is looked at after every change of this world (and each 50 ms, for conditions on other things).

**Log**: `emulator.calls` (all but getUpdates) and `calls_of("sendMessage", chat=, bot=, ok=)`: records with
`bot method params chat at when units code result error`; `emulator.units(chat, window=60)`: the most units one
bot spent in any such window; `emulator.unanswered`: presses without answer; `journal.polls`.

**Flood**: `emulator.limits = Limits.real()` (20 units a minute per bot and group, 1/s with burst 3 in private,
30/s per bot, chat actions apart); `Limits.real(stubborn=0, ephemeral=0, group=(5, 60.0))`; `Limits.off()`.

**Faults**: `emulator.fail_next("sendMessage", error=429 | (400, "Bad Request: …") | 500 | "html502" | "drop_before"
| "drop_after" | "garbage", retry_after=, migrate_to=, slow=0.2, chat=, bot=, times=1, skip=0)`, "*" for any method,
"file" for downloads; `gate = emulator.hold_next("sendMessage", before=True)`, `await gate.reached()`,
`gate.release()`; `emulator.down = True`; `bot.push_raw_update({...})`; `bot.redeliver_last(n)`.

A 429 of `fail_next` is a real pause: a call before `retry_after` has passed gets another 429.

**Switches**: `emulator.version = (9, 0)` (an older server: unknown methods 404, unknown ephemeral parameters
ignored, administrators without `can_send_welcome_messages`); `emulator.world`: `local` (a `--local` server: plain
http webhooks, no 20 MB limit), `strict_parameters`, `poll_brakes`, `callback_lifetime`, `link_lifetime`,
`webhook_pause`, `routes` ({"https://chat.example.ru": "http://127.0.0.1:8080"}, where webhooks really go),
`pages` ({url: bytes}, what the server can "download" when a file is sent by URL).

`stop()` fails if the emulator itself had an error, so that its bugs are not taken for refusals.
"""

from ..common.clock import RealClock
from .accounts import Bot
from .emulator import TelegramEmulator
from .errors import NotAllowed
from .files import PNG, Attachment
from .flood import Limits
from .groups import Group, Private, TopicView
from .humans import Human
from .presses import Answer, Press
from .seen import Seen

__all__ = [
    "PNG",
    "Answer",
    "Attachment",
    "Bot",
    "Group",
    "Human",
    "Limits",
    "NotAllowed",
    "Press",
    "Private",
    "RealClock",
    "Seen",
    "TelegramEmulator",
    "TopicView",
]
