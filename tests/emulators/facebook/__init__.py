"""A strict stand-in for Facebook Messenger (Graph API), over real HTTP on a loopback port.

"§n" in this package means a section of the project's fact sheet on Messenger.

    async with FacebookEmulator(clock=None, scale=1.0) as fb:      # or: await fb.start(port=0) / await fb.stop()
        fb.url                                   # in place of https://graph.facebook.com
        fb.app.id, fb.app.secret, fb.app.token, fb.verify_token, fb.page.id, fb.page_token    # also as arguments
        second = fb.add_page("Cups");  second.token               # another page of the same app
        other = fb.add_app("Chat bot");  fb.inbox                 # other apps; the inbox is on every page
        await fb.connect(callback_url)                            # = subscribe + install on all pages
        await fb.subscribe(callback_url, verify_token, fields=FIELDS)    # the dashboard's check; raises Refusal
        fb.install(page, fields=[...])                            # subscribed_apps without the API
        ann = fb.person("Ann Lee", photo=True, locale="en_US", role=False);  ann.id, ann.psid(page)

**Clock**: anything with `monotonic()` and `now() -> aware datetime`; an `async sleep(seconds)` of it decides how
long retries of webhooks wait. Windows, links, attachment ids, typing and the hour until "Webhooks Disabled" go by
it. `scale` shortens pauses and that hour. How long an answer is waited for is real time: `fb.webhooks.patience`.

**People** (`page=` where it is not the first one; messages are `Message`: mid, text, pieces, reply_to, reactions):

    await ann.write("text", [image(b"…"), video(), audio(), file(b"…", "a.pdf"), sticker(), like(), share(),
        share(url, title), location(lat, long), reel(url), reel(url, type="ig_post"), other("product", {…})],
        reply_to=message, quick_reply="PAYLOAD", referral={…})           # sizes: image(size=9 * MB, chunked=True)
    await ann.likes();  await ann.writes_from_ad("text", ad_id="8811", ref="r1")
    await ann.taps("Yes") (a quick reply);  await ann.presses(message, "Button")
    await ann.posts_back("Menu", "PAYLOAD");  await ann.gets_started(ref=None)
    await ann.opens_link("ref")                        # m.me: a referral now, or with the first contact
    await ann.edit(message, "new");  await ann.unsend(message)           # the second: nobody is told
    await ann.react(message, "❤️") / unreact(message, with_emoji=False);  await ann.read();  await ann.opts_in()
    await ann.block("551/1545041") / unblock();  ann.hides_profile("230")
    ann.online = False; await ann.comes_online();  ann.reads_at_once = True
    ann.heard -> list[Message] of pages and staff;  ann.texts;  ann.sees_typing();  ann.marks()

**Staff and platform**: `fb.inbox_writes(ann, "text", takes=False, app=)` (foreign echo), `inbox_takes(ann)`,
`inbox_passes(ann)`, `thread_is_idle(ann)`, `enforces_policy("block" | "unblock")`, `asks_to_delete(url)` (§9).

**Webhooks**: `with fb.batch(separate=, reverse=, each=):` holds what happens inside and sends it as one POST (an
entry per run of items, or per item), or one by one, backwards; `fb.push(item, standby=)`, `push_entries(…)`,
`push_raw(b"")`; `fb.webhooks`: `duplicates`, `parallel`, `escaped`, `patience`, `https_only`, `repeat_last(n)`,
`attempts`, `alerts`; a wrong signature: `fb.app.webhook_secret = "other"`. `await fb.settle()`: all was tried once.

**Faults**: `fb.faults.next("messages", "551/1545041" | "html502" | "drop_after" | …, times=, skip=, person=, page=,
slow=, regain=)`, `gate = fb.faults.hold("messages", before=True)`; `fb.down = True`. ERRORS: every row of §5.

**Log**: `fb.calls`, `fb.calls_of("messages", ok=True, person=ann)`; `fb.leaks` (tokens sent to the CDN);
`fb.world.fetched` (addresses of attachments). `await fb.wait_until(condition)`.

**Switches**: `fb.app`: `human_agent`, `require_proof`, `live`, `advanced_access`; `page`: `default_app`, `tasks`,
`features`, `restricted`; `fb.token_of(page)`: `scopes`, `dead`, `expires_at`; `fb.world`: `echo_first`,
`echoes_named`, `delivery_mids`, `edit_numbers_as_text`, `reactions_field`, `reactions_open_window`,
`ads_open_week`, `profile_extras`, `profile_bare`, `limits`, `usage` (percent), `versions`, `fetch_patience`,
`cdn.lifetime`, `strict` (unknown parameters are refused), `routes` ({"https://chat.example.ru":
"http://127.0.0.1:8080"}), `internet` ({url: bytes}, what it can download).

`stop()` fails if the emulator itself had an error, so that its bugs are not taken for refusals.
"""

from .emulator import APP_ID, APP_SECRET, VERIFY_TOKEN, FacebookEmulator
from .errors import ERRORS, TABLE, GraphError, NotAllowed, Refusal
from .media import MP4, PNG, Piece, audio, file, image, like, location, other, reel, share, sticker, video
from .people import Person
from .things import FIELDS, INBOX, App, Message, Page, Thread

__all__ = [
    "APP_ID",
    "APP_SECRET",
    "ERRORS",
    "FIELDS",
    "INBOX",
    "MP4",
    "PNG",
    "TABLE",
    "VERIFY_TOKEN",
    "App",
    "FacebookEmulator",
    "GraphError",
    "Message",
    "NotAllowed",
    "Page",
    "Person",
    "Piece",
    "Refusal",
    "Thread",
    "audio",
    "file",
    "image",
    "like",
    "location",
    "other",
    "reel",
    "share",
    "sticker",
    "video",
]
