"""`[[channel]] kind = "site"`: the chat widget on the company's pages."""

import difflib
import re
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bridge.channels.site import hours
from bridge.settings import ChannelSettings, Limit, Name, Number, Place, Settings, Title, mistake, split_url

ANY_ORIGIN: Final = "*"
SECRET_LEAST: Final = 32  # characters
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


def _some(items: tuple[str, ...]) -> tuple[str, ...]:
    if not items:
        raise mistake("config-empty-list")
    return items


def _color(written: str) -> str:
    """`#rrggbb`, in small letters."""
    found = re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", written.strip().lower())
    if found is None:
        raise mistake("config-bad-color")
    digits = found[1]
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def _secret(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SECRET_LEAST:
        raise mistake("config-short-secret", least=str(SECRET_LEAST))
    return secret


def _pages(pattern: str) -> str:
    if not pattern.startswith(("/", "*")):
        raise mistake("config-bad-page")
    return pattern


def _hours(line: str) -> str:
    try:
        hours.parse(line)
    except ValueError:
        raise mistake("config-bad-hours") from None
    return line


def _timezone(name: str) -> str:
    if hours.known_zone(name):
        return name
    names = {known.lower(): known for known in hours.zones()}
    close = difflib.get_close_matches(name.strip().lower(), names, n=1, cutoff=0.7)
    if close:
        raise mistake("config-bad-timezone-likely", likely=names[close[0]])
    raise mistake("config-bad-timezone")


def _web_address(url: str) -> str:
    if split_url(url) is None:
        raise mistake("config-bad-link")
    return url.strip()


Origin = Annotated[str, AfterValidator(origin)]
Color = Annotated[str, AfterValidator(_color)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
PagePattern = Annotated[str, AfterValidator(_pages)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
FormField = Literal["name", "email", "phone"]
Megabytes = Annotated[Number, Field(ge=0)]


class InvitationSettings(Settings):
    """`[channel.invitation]`: a line that the widget says by itself, once."""

    text: Annotated[Words, Field(min_length=1)]
    after: Limit = 30  # seconds on a page
    pages: tuple[PagePattern, ...] = ()  # paths, with * for anything; none: every page


class FormSettings(Settings):
    """`[channel.form]`: what a visitor is asked before the first message."""

    ask: tuple[FormField, ...] = ()
    required: tuple[FormField, ...] = ()
    consent: Words = ""  # the words of a box that must be ticked
    consent_url: WebAddress | None = None

    @field_validator("required", mode="after")
    @classmethod
    def _asked(cls, required: tuple[FormField, ...], info: ValidationInfo) -> tuple[FormField, ...]:
        unasked = [name for name in required if name not in info.data.get("ask", required)]
        if unasked:
            raise mistake("config-required-unasked", names=", ".join(unasked))
        return required

    @field_validator("consent_url", mode="after")
    @classmethod
    def _has_words(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url and info.data.get("consent") == "":
            raise mistake("config-consent-without-words")
        return url

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not self.ask and not self.consent:
            raise mistake("config-empty-form")
        return self


class HoursSettings(Settings):
    """`[channel.hours]`: when somebody answers."""

    timezone: Annotated[str, AfterValidator(_timezone)]
    open: tuple[Annotated[str, AfterValidator(_hours)], ...]
    text: Words = ""  # in the company's own words; without, made from `open`

    @field_validator("open", mode="after")
    @classmethod
    def _some_lines(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        return _some(lines)


class SiteSettings(ChannelSettings):
    """Which pages may carry the widget, how it looks, and how much one visitor may do."""

    kind: Literal["site"]
    origins: Annotated[tuple[Origin, ...], AfterValidator(_some)]
    greeting: str | None = None
    company: Title = ""
    hint: Words = ""  # a line under the company's name
    avatar: Place | None = None
    color: Color = "#2457d6"
    position: Literal["right", "left"] = "right"
    theme: Literal["auto", "light", "dark"] = "auto"
    operators: Literal["name", "first-name", "hidden"] = "name"
    continue_in: tuple[Name, ...] = ()  # channels in which a visitor can go on
    identity_secret: Annotated[SecretStr, AfterValidator(_secret)] | None = None
    messages_per_minute: Limit = 20
    connections_per_address: Limit = 20
    new_visitors_per_address: Limit = 60  # first messages an hour
    file_limit: Megabytes = 20  # of one file; 0: no files
    uploads_per_day: Limit = 100  # megabytes of one visitor
    invitation: InvitationSettings | None = None
    form: FormSettings | None = None
    hours: HoursSettings | None = None
