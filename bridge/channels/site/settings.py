"""`[[channel]] kind = "site"`: the chat widget on the company's pages."""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator

from bridge.settings import ChannelSettings, Limit, mistake, split_url

ANY_ORIGIN: Final = "*"
_PORTS: Final = {"http": 80, "https": 443}


def origin(written: str) -> str:
    """The origin as a browser sends it: lower case, punycode, no default port, no slash at the end.

    Raises (as a validator) where it is not an origin, naming the likely one where there is one.
    """
    if written.strip() == ANY_ORIGIN:
        return ANY_ORIGIN
    text = written.strip()
    parts = split_url(text)
    if parts is None:
        likely = split_url(f"https://{text}") if re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|$)", text) else None
        if likely is None:
            raise mistake("config-bad-origin")
        raise mistake("config-origin-without-scheme", likely=_built("https", likely.hostname, likely.port))
    built = _built(parts.scheme, parts.hostname, parts.port)
    if "*" in built:
        raise mistake("config-origin-with-star")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise mistake("config-origin-with-path", likely=built)
    return built


def _built(scheme: str, hostname: str | None, port: int | None) -> str:
    try:
        host = (hostname or "").encode("idna").decode("ascii")
    except UnicodeError:
        raise mistake("config-bad-origin") from None
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}" + (f":{port}" if port not in (None, _PORTS[scheme]) else "")


def _some(origins: tuple[str, ...]) -> tuple[str, ...]:
    if not origins:
        raise mistake("config-empty-list")
    return origins


Origin = Annotated[str, AfterValidator(origin)]


class SiteSettings(ChannelSettings):
    """Which pages may carry the widget, and how much one visitor may write."""

    kind: Literal["site"]
    origins: Annotated[tuple[Origin, ...], AfterValidator(_some)]
    messages_per_minute: Limit = 20
    connections_per_address: Limit = 20
    greeting: str | None = None
