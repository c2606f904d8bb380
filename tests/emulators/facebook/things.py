"""What the platform remembers: apps, pages, tokens, threads and messages."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import GraphError
from .media import File, Piece

if TYPE_CHECKING:
    from .people import Person

INBOX = "263902037430900"  # the app that Business Suite writes with
SCOPES = ("pages_messaging", "pages_manage_metadata", "pages_show_list", "pages_read_engagement")
FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_reactions",
    "message_edits",
    "messaging_referrals",
    "messaging_optins",
    "standby",
    "messaging_handovers",
    "messaging_policy_enforcement",
    "messaging_account_linking",
    "messaging_feedback",
    "message_context",
    "feed",
    "mention",
    "leadgen",
)
DAY_MS = 24 * 3600 * 1000


@dataclass
class Callback:
    """The webhook of an app, on object `page`."""

    url: str
    verify_token: str
    fields: list[str]


@dataclass(eq=False)
class App:
    id: str
    secret: str
    name: str
    live: bool = True  # else events only from role holders
    advanced_access: bool = True  # else 200/2018028 for anybody without a role
    human_agent: bool = False  # the feature that HUMAN_AGENT needs
    require_proof: bool = False  # "Require app secret"
    callback: Callback | None = None
    webhook_secret: str = ""  # signs in place of `secret`, when a test wants bad signatures

    @property
    def token(self) -> str:
        return f"{self.id}|{self.secret}"

    def proof(self, token: str) -> str:
        return hmac.new(self.secret.encode(), token.encode(), hashlib.sha256).hexdigest()

    def hears(self, person: Person) -> bool:
        return person.role or (self.live and self.advanced_access)


@dataclass(eq=False)
class Token:
    text: str
    kind: str  # PAGE, USER, APP
    app: App
    page: Page | None = field(default=None, repr=False)
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    expires_at: int = 0
    dead: GraphError | None = None


@dataclass(eq=False)
class Message:
    mid: str
    thread: Thread = field(repr=False)
    at: int
    from_page: bool
    text: str = ""
    pieces: list[Piece] = field(default_factory=list)
    reply_to: str | None = None
    app_id: str = ""
    metadata: str | None = None
    template: dict[str, Any] | None = None
    quick_replies: list[dict[str, Any]] = field(default_factory=list)
    messaging_type: str = ""
    tag: str = ""
    edits: int = 0
    deleted: bool = False
    delivered: bool = False
    seen: bool = False
    reactions: dict[str, str] = field(default_factory=dict)  # "person" or "page" -> emoji

    @property
    def id(self) -> str:
        return self.mid

    @property
    def edited(self) -> bool:
        return self.edits > 0

    @property
    def attachments(self) -> list[Piece]:
        return self.pieces

    @property
    def quoted(self) -> Message | None:
        return self.thread.find(self.reply_to) if self.reply_to else None

    @property
    def buttons(self) -> list[dict[str, Any]]:
        if self.template is None:
            return []
        rows = [self.template, *self.template.get("elements", [])]
        return [button for row in rows for button in row.get("buttons", [])]


@dataclass(eq=False)
class Thread:
    """A person and a page."""

    id: str
    page: Page = field(repr=False)
    person: Person = field(repr=False)
    psid: str
    owner: App | None = field(repr=False)
    messages: list[Message] = field(default_factory=list, repr=False)
    open_until: int = 0  # ms: the window
    last_action: int = 0  # ms: of the person
    typing_until: float = 0.0  # monotonic
    marks: list[str] = field(default_factory=list)  # sender actions, in order
    pending_referral: dict[str, Any] | None = None

    def find(self, mid: str | None) -> Message | None:
        return next((message for message in self.messages if message.mid == mid and not message.deleted), None)


@dataclass(eq=False)
class Upload:
    """What `message_attachments` or `is_reusable` left on the page."""

    id: str
    type: str
    file: File
    reusable: bool
    at: float


@dataclass(eq=False)
class Page:
    id: str
    name: str
    token: str = ""
    username: str = ""
    category: str = "Shopping & retail"
    tasks: list[str] = field(
        default_factory=lambda: ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MANAGE"]
    )
    default_app: App | None = field(
        default=None, repr=False
    )  # of Conversation Routing; others may not take threads
    installed: dict[str, list[str]] = field(default_factory=dict)  # app id -> subscribed_fields
    threads: dict[str, Thread] = field(default_factory=dict, repr=False)  # by PSID
    uploads: dict[str, Upload] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)  # messenger_profile
    features: dict[str, bool] = field(
        default_factory=lambda: {"hop_v2": True, "msgr_multi_app": True, "ig_multi_app": False}
    )
    restricted: GraphError | None = None  # for policy: every send is refused

    def find(self, mid: str) -> Message | None:
        return next((found for thread in self.threads.values() if (found := thread.find(mid))), None)
