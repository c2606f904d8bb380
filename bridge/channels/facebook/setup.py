"""The webhook of the app and the app on the page: looked at from time to time, changed only where they differ.

app  --/{app}/subscriptions-->  callback_url, fields        (needs app_id)
page --/{page}/subscribed_apps-->  the app, fields          (Facebook drops an app whose webhook fails for an hour)
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from bridge.channels.facebook.api import GraphApi
from bridge.channels.facebook.condition import Condition
from bridge.channels.facebook.content import rows, table, words
from bridge.channels.facebook.errors import CODES, Failure, Sort, outcome
from bridge.channels.facebook.pages import Pages
from bridge.channels.facebook.settings import FacebookSettings
from bridge.contracts import Health
from bridge.messenger import Services
from bridge.model import ChannelDown, ChannelName

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 15 * 60.0  # seconds
LOOK_AGAIN: Final = 30.0  # while the platform cannot be reached
UNVERIFIED: Final = (2200, 2201)  # the platform asked our webhook, and did not hear what it should
NEEDED: Final = ("messages", "messaging_postbacks")  # without these there is nothing
# Some are called differently on some pages; what the platform does not know is left out.
FIELDS: Final = (
    *NEEDED,
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_reactions",
    "message_edits",
    "messaging_referrals",
    "messaging_optins",
    "messaging_handovers",
    "messaging_policy_enforcement",
    "standby",
)
OTHER_NAMES: Final = {"message_reactions": "messaging_reactions"}
_GOT: Final = re.compile(
    r"""got ["']?(\w+)|["'](\w+)["'] is not|invalid (?:field|parameter)s?:? ["']?(\w+)""", re.I
)

Set = Callable[[Sequence[str]], Awaitable[dict[str, Any] | Failure]]


def webhook_url(public_url: str | None, channel: str) -> str:
    """Where Facebook posts; '' without a public address."""
    return f"{public_url.rstrip('/')}/hooks/{channel}" if public_url else ""


def callback(told: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    """The address and the fields of an app's webhook for pages; ('', …) where there is none that works."""
    for one in map(table, rows(told.get("data"))):
        if one.get("object") == "page":
            names = (
                name if isinstance(name, str) else words(table(name).get("name"))
                for name in rows(one.get("fields"))
            )
            return words(one.get("callback_url")) if one.get("active", True) else "", frozenset(filter(None, names))
    return "", frozenset()


def hears(told: Mapping[str, Any], app: str | None) -> frozenset[str]:
    """What the app hears of a page; where its id is not known, of all apps the one that hears the most."""
    found = [
        frozenset(filter(None, map(words, rows(one.get("subscribed_fields")))))
        for one in map(table, rows(told.get("data")))
        if app in (None, str(one.get("id")))
    ]
    return max(found, key=len, default=frozenset())


def missing(fields: frozenset[str]) -> list[str]:
    """Which of the fields that we want are not there under any of their names."""
    return [name for name in FIELDS if not {name, OTHER_NAMES.get(name, name)} & fields]


class SetUp:
    """`run` it after the web server listens: the platform asks the webhook while it is set."""

    def __init__(
        self,
        settings: FacebookSettings,
        services: Services,
        api: GraphApi,
        pages: Pages,
        condition: Condition,
        *,
        alive: Callable[[], None],
    ) -> None:
        """`alive` is called when the token has just been seen to work."""
        self._name = ChannelName(settings.name)
        self._page = settings.page_id
        self._app = settings.app_id
        self._secret = settings.app_secret.get_secret_value()
        self._verify_token = settings.verify_token.get_secret_value()
        self._url = webhook_url(services.public_url, settings.name)
        self._clock = services.clock
        self._say = services.catalogue
        self._api = api
        self._pages = pages
        self._condition = condition
        self._alive = alive
        self._dropped: set[str] = set()  # names of fields that the platform does not know

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY if await self.look() else LOOK_AGAIN)

    async def look(self) -> bool:
        """Look once; False where the platform could not be asked."""
        failed = await self._check_page() or await self._check_webhook() or await self._check_installed()
        self._condition.started()
        if failed is None:
            self._condition.trouble("setup", "")
            return True
        log.warning("%s: set-up: %s", self._name, failed.detail)
        return not (_unreachable(failed) or failed.code in UNVERIFIED)

    async def _check_page(self) -> Failure | None:
        """Whether the token lives, and is for this page."""
        told = await self._api.page("id", "name")
        if isinstance(told, Failure):
            if _unreachable(told):
                self._no_network()
                return told
            down = outcome(told, self._say)
            if isinstance(down, ChannelDown):
                about = "token" if told.sort in (Sort.TOKEN, Sort.SECRET) else "page"
                self._condition.down(about, down.reason)
            return told
        if str(told.get("id")) != self._page:
            self._condition.down("token", self._say("facebook-down-other-page", page=str(told.get("id"))))
            return Failure(sort=Sort.FINAL, detail="the token is for another page")
        self._condition.up("token", "page", "network")
        self._condition.trouble("network", "")
        self._alive()
        return None

    def _no_network(self) -> None:
        """At the start it does not work yet; later that is for those to say whose messages do not go out."""
        if self._condition.health.health is Health.STARTING:
            self._condition.down("network", self._say("facebook-down-network"))

    async def _check_webhook(self) -> Failure | None:
        """The app's webhook leads here, and brings what we want. One channel of each app cares for it."""
        if not self._app or not self._url or not self._pages.registers(self._page, self._secret):
            return None
        told = await self._api.subscriptions()
        if isinstance(told, Failure):
            return self._in_trouble(told)
        url, fields = callback(told)
        if url in self._pages.urls(self._secret) and self._wanted() <= fields:
            return None
        log.info("%s: the app's webhook is set to %s", self._name, self._url)
        return self._in_trouble(
            await self._set(fields, lambda names: self._api.subscribe(self._url, self._verify_token, names))
        )

    async def _check_installed(self) -> Failure | None:
        """The app is on the page, and hears what we want."""
        told = await self._api.installed()
        if isinstance(told, Failure):
            return self._in_trouble(told)
        fields = hears(told, self._app)
        if self._wanted() <= fields:
            return None
        log.info("%s: the app is put on the page", self._name)
        return self._in_trouble(await self._set(fields if self._app else (), self._api.install))

    async def _set(self, had: Iterable[str], put: Set) -> dict[str, Any] | Failure:
        """Set the fields, those that were there too; without the names that are refused."""
        while True:
            wanted = self._wanted()
            given = await put([*_ordered(wanted), *sorted(set(had) - wanted - self._dropped)])
            if not isinstance(given, Failure) or given.sort is not Sort.PARAMETER:
                return given
            unknown = self._unknown(given.words, wanted)
            if not unknown:
                return given
            log.info("%s: events that the platform does not know: %s", self._name, ", ".join(sorted(unknown)))
            self._dropped |= unknown

    def _wanted(self) -> frozenset[str]:
        """The fields, by the names that the platform knows here."""
        names = {OTHER_NAMES.get(name, "") if name in self._dropped else name for name in FIELDS}
        return frozenset(names) - self._dropped - {""}

    def _unknown(self, said: str, wanted: frozenset[str]) -> set[str]:
        """Which names a refusal complains of; where it names none, all that can be done without."""
        named = {name for match in _GOT.finditer(said) for name in match.groups() if name}
        optional = set(wanted) - set(NEEDED)
        return (named & optional) or (optional if "subscri" in said.lower() or "field" in said.lower() else set())

    def _in_trouble(self, given: object) -> Failure | None:
        """What cannot be set up is told to people; the channel may work all the same."""
        if not isinstance(given, Failure):
            return None
        if given.code in UNVERIFIED:
            self._condition.trouble("setup", self._say("facebook-trouble-webhook", url=self._url))
        elif not _unreachable(given):
            self._condition.trouble("setup", self._say("facebook-trouble-setup", code=given.detail))
        return given


def _unreachable(failed: Failure) -> bool:
    """Whether another time will do; an error that is not known does not go away by itself."""
    later = (Sort.UNHEARD, Sort.LOST, Sort.LATER, Sort.LIMIT, Sort.CALLS)
    return failed.sort in later and (failed.code == 0 or failed.code in CODES)


def _ordered(wanted: frozenset[str]) -> list[str]:
    """In the order of the list above."""
    order = [*FIELDS, *OTHER_NAMES.values()]
    return sorted(wanted, key=order.index)
