"""What must agree between the tables of a config.

Checked on the values as written, so that these mistakes are reported together with wrong types and
unknown keys. A value of a wrong type is passed over here.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.config.places import Path
from bridge.config.problems import Finding, likely
from bridge.settings import split_url
from bridge.telegram.settings import OFFICIAL_API, WEBHOOK_PORTS

Data = Mapping[str, Any]
Tables = list[tuple[Path, Data]]

RESERVED_NAMES: Final = ("desk",)  # /hooks/desk is the operators' bot
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
ACCOUNTS: Final = (("vk", "community_id"), ("facebook", "page_id"))
DESK_KEYS: Final[Mapping[str, str]] = {
    "api_url": OFFICIAL_API,
    "proxy": "",
    "updates": "polling",
    "webhook_secret": "",
}


def broken_rules(data: Data) -> Iterator[Finding]:
    """Every rule that the config breaks."""
    groups, channels = _tables(data, "group"), _tables(data, "channel")
    desk = data.get("desk") if isinstance(data.get("desk"), dict) else {}
    yield from _where_operators_work(data, groups, channels)
    yield from _unknown_groups(groups, channels)
    yield from _repeated(groups, "name", "config-name-taken")
    yield from _repeated(groups, "chat_id", "config-chat-taken")
    yield from _repeated(channels, "name", "config-name-taken")
    yield from _reserved(channels)
    yield from _repeated_bots(desk or {}, channels)
    yield from _keys_of_the_desk(desk or {}, channels)
    yield from _repeated_accounts(channels)
    yield from _public_url(data, desk or {}, channels)
    yield from _feed_topics(groups)
    yield from _continued(channels)
    yield from _repeated(_tables(data, "operator"), "id", "config-operator-taken")


def _tables(data: Data, name: str) -> Tables:
    entries = data.get(name)
    if not isinstance(entries, list):
        return []
    return [((name, number), entry) for number, entry in enumerate(entries) if isinstance(entry, dict)]


def _where_operators_work(data: Data, groups: Tables, channels: Tables) -> Iterator[Finding]:
    """In Telegram's groups and on the web desk; on the web desk alone only at this machine."""
    web = data.get("web")
    web = web if isinstance(web, dict) else {}
    local = web.get("local") is True
    if "desk" in data or not local:
        yield from (Finding((*path, "chat_id"), "config-missing") for path, each in groups if "chat_id" not in each)
    if "desk" not in data and not local:
        yield Finding(("desk",), "config-no-desk")
    elif "desk" not in data:
        for path, channel in channels:
            if channel.get("kind") == "telegram" and "token" not in channel:
                yield Finding(path, "config-telegram-needs-token")
    if local:
        yield from _this_machine_only(data, web)


def _this_machine_only(data: Data, web: Data) -> Iterator[Finding]:
    """A desk that asks for no proof must not be reached from outside."""
    place = ("web", "local")
    if web.get("enabled") is False:
        yield Finding(place, "config-local-disabled")
    server = data.get("server")
    host = server.get("host", "127.0.0.1") if isinstance(server, dict) else "127.0.0.1"
    if isinstance(host, str) and not is_loopback(host):
        yield Finding(place, "config-local-host", {"host": host})
    url = data.get("public_url")
    parts = split_url(url) if isinstance(url, str) and url else None
    if parts is not None and not is_loopback(parts.hostname or ""):
        yield Finding(place, "config-local-url")


def is_loopback(host: str) -> bool:
    """Whether that is this machine, seen from itself."""
    if host.lower() in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _unknown_groups(groups: Tables, channels: Tables) -> Iterator[Finding]:
    known = [entry["name"] for _, entry in groups if isinstance(entry.get("name"), str)]
    for path, channel in channels:
        group = channel.get("group")
        if not isinstance(group, str) or group in known:
            continue
        values = {"group": group, "names": ", ".join(known) or "-"}
        if close := likely(group, known):
            yield Finding((*path, "group"), "config-unknown-group-likely", {"group": group, "likely": close})
        else:
            yield Finding((*path, "group"), "config-unknown-group", values)


def _repeated(tables: Tables, key: str, message_id: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, entry in tables:
        value = entry.get(key)
        if not isinstance(value, str | int):
            continue
        if str(value) in seen:
            yield Finding((*path, key), message_id, {"value": str(value)})
        seen.add(str(value))


def _reserved(channels: Tables) -> Iterator[Finding]:
    for path, channel in channels:
        if channel.get("name") in RESERVED_NAMES:
            yield Finding((*path, "name"), "config-name-reserved", {"name": str(channel["name"])})


def _bot_of(token: object) -> str | None:
    """The bot that a token is for; the part before the colon is no secret."""
    if isinstance(token, str) and ":" in token:
        bot = token.partition(":")[0]
        return bot if bot.isdecimal() else None
    return None


def _repeated_bots(desk: Data, channels: Tables) -> Iterator[Finding]:
    """One bot is read in one place: Telegram gives each update only once."""
    desk_bot = _bot_of(desk.get("token"))
    taken = {desk_bot} if desk_bot else set()
    helpers = desk.get("helpers")
    for number, token in enumerate(helpers if isinstance(helpers, list) else []):
        bot = _bot_of(token)
        if bot in taken:
            yield Finding(("desk", "helpers", number), "config-helper-taken")
        if bot:
            taken.add(bot)
    taken -= {desk_bot}
    customers_at_desk = False
    for path, channel in channels:
        if channel.get("kind") != "telegram":
            continue
        bot = _bot_of(channel.get("token"))
        if "token" not in channel or (bot and bot == desk_bot):
            if customers_at_desk:
                yield Finding((*path, "token") if "token" in channel else path, "config-desk-bot-taken")
            customers_at_desk = True
        elif bot in taken:
            yield Finding((*path, "token"), "config-bot-taken")
        elif bot:
            taken.add(bot)


def _keys_of_the_desk(desk: Data, channels: Tables) -> Iterator[Finding]:
    """A Telegram channel without a token has the desk's bot, so it cannot have other settings of a bot."""
    for path, channel in channels:
        if channel.get("kind") != "telegram" or "token" in channel:
            continue
        for key, default in DESK_KEYS.items():
            if key in channel and channel[key] != desk.get(key, default):
                yield Finding((*path, key), "config-key-of-the-desk", {"key": key})


def _public_url(data: Data, desk: Data, channels: Tables) -> Iterator[Finding]:
    """The widget and webhooks need an address; Telegram's cloud calls only https on a few ports."""
    bots: Tables = [
        (("desk",), desk),
        *((path, entry) for path, entry in channels if entry.get("kind") == "telegram" and "token" in entry),
    ]
    hooked = [(path, bot) for path, bot in bots if bot.get("updates") == "webhook"]
    url = data.get("public_url")
    if not url:
        yield from (Finding((*path, "updates"), "config-webhook-needs-url") for path, _ in hooked)
        for path, entry in channels:
            if entry.get("kind") == "site":
                yield Finding(path, "config-site-needs-url")
            elif _by_webhook(entry):
                yield Finding(path, "config-channel-needs-url", {"kind": str(entry["kind"])})
        return
    parts = split_url(url) if isinstance(url, str) else None
    if parts is None:
        return
    for path, entry in channels:
        if _by_webhook(entry) and parts.scheme != "https" and _official(entry):
            yield Finding(path, "config-channel-needs-https", {"kind": str(entry["kind"])})
    reachable = parts.scheme == "https" and (parts.port or 443) in WEBHOOK_PORTS
    for path, bot in hooked:
        api_url = bot.get("api_url") or desk.get("api_url", OFFICIAL_API)
        official = isinstance(api_url, str) and urlsplit(api_url).netloc == urlsplit(OFFICIAL_API).netloc
        if official and not reachable:
            yield Finding((*path, "updates"), "config-webhook-needs-https")


def _by_webhook(channel: Data) -> bool:
    """Whether the platform calls us."""
    kind = channel.get("kind")
    return kind in ("viber", "facebook") or (kind == "vk" and channel.get("updates") in ("callback", "both"))


def _official(channel: Data) -> bool:
    """Whether the platform's own servers are meant, and not a stand-in."""
    url = channel.get("api_url")
    return not isinstance(url, str) or urlsplit(url).hostname not in LOOPBACK


def _repeated_accounts(channels: Tables) -> Iterator[Finding]:
    """An account is read in one place."""
    for kind, key in ACCOUNTS:
        yield from _repeated(
            [each for each in channels if each[1].get("kind") == kind], key, "config-account-taken"
        )


def _feed_topics(groups: Tables) -> Iterator[Finding]:
    for path, group in groups:
        if group.get("layout") == "replies" and "feed_topic" in group:
            yield Finding((*path, "feed_topic"), "config-feed-topic-without-topics")


def _continued(channels: Tables) -> Iterator[Finding]:
    """A visitor of a site goes on in another channel, which is no site."""
    others = [str(entry["name"]) for _, entry in channels if entry.get("kind") != "site" and "name" in entry]
    sites = [entry.get("name") for _, entry in channels if entry.get("kind") == "site"]
    for path, channel in channels:
        names = channel.get("continue_in") if channel.get("kind") == "site" else None
        for number, name in enumerate(names if isinstance(names, list) else []):
            place = (*path, "continue_in", number)
            if name in sites:
                yield Finding(place, "config-continue-in-site", {"name": name})
            elif isinstance(name, str) and name not in others:
                if close := likely(name, others):
                    yield Finding(place, "config-unknown-channel-likely", {"name": name, "likely": close})
                else:
                    yield Finding(
                        place, "config-unknown-channel", {"name": name, "names": ", ".join(others) or "-"}
                    )
