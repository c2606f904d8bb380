"""The tables of config.toml and their keys. The names are a contract; config.example.toml shows them all."""

import ipaddress
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from bridge.channels import KINDS
from bridge.settings import BaseUrl, ChannelSettings, Limit, Name, Number, Place, Proxy, Settings, Title, mistake
from bridge.telegram.settings import OFFICIAL_API, BotToken, Updates, WebhookSecret, own_webhook_secret

if TYPE_CHECKING:
    AnyChannel = ChannelSettings
else:
    AnyChannel = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]

Language = Literal["ru", "en"]
Layout = Literal["auto", "replies", "topics"]


def _chat_id(chat_id: int) -> int:
    if chat_id == 0:
        raise mistake("config-bad-chat-id")
    return chat_id


def _chat_number(value: object) -> object:
    """A chat's @name is a string that no number can be read from: say what is wanted instead."""
    if isinstance(value, str) and not value.strip().lstrip("-").isdecimal():
        raise mistake("config-bad-chat-id")
    return value


def _general_is_none(topic: int | None) -> int | None:
    """General has the id 1, but Telegram refuses it as message_thread_id: it is meant by none."""
    return None if topic == 1 else topic


def _network(address: str) -> str:
    try:
        ipaddress.ip_network(address, strict=False)
    except ValueError:
        raise mistake("config-bad-address") from None
    return address


ChatId = Annotated[Number, BeforeValidator(_chat_number), AfterValidator(_chat_id)]
FeedTopic = Annotated[Limit | None, AfterValidator(_general_is_none)]  # None: General
Network = Annotated[str, AfterValidator(_network)]


class ServerSettings(Settings):
    """The one HTTP server: widget, webhooks, health."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[Number, Field(ge=1, le=65535)] = 8080
    # The proxies in front of us (nginx), whose X-Forwarded-For tells a visitor's address.
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1", "::1")
    metrics: Literal["loopback", "off", "all"] = "loopback"  # who may read /metrics


class StorageSettings(Settings):
    """Where the data lives; relative paths are beside the config file."""

    path: Place = Path("otklik.db")
    media: Place = Path("media")
    media_days: Limit = 365  # for which files of messages are kept


class DeskSettings(Settings):
    """The operators' bot and its helpers."""

    token: BotToken
    api_url: BaseUrl = OFFICIAL_API
    proxy: Proxy = ""
    updates: Updates = "polling"
    webhook_secret: Annotated[WebhookSecret | None, Field(validate_default=True)] = None
    posts_per_minute: Limit = 20  # what Telegram lets one bot post into one group
    helpers: tuple[BotToken, ...] = ()

    @field_validator("webhook_secret", mode="after")
    @classmethod
    def _own_secret(cls, secret: WebhookSecret | None, info: ValidationInfo) -> WebhookSecret | None:
        return own_webhook_secret(secret, info)


class WebSettings(Settings):
    """The web desk: operators in the browser, or in Telegram's Mini App."""

    enabled: bool = True
    local: bool = False  # whoever sits at this machine enters under any name; there need be no Telegram then


class GroupSettings(Settings):
    """Operators who handle a set of channels, in one Telegram group."""

    name: Name
    title: Title = Field(default_factory=lambda data: str(data.get("name", "")))
    chat_id: ChatId | None = None  # None: there is no Telegram desk (a rule says when there may be none)
    layout: Layout = "auto"
    feed_topic: FeedTopic = None
    language: Language | None = None  # None: the config's


class OperatorSettings(Settings):
    """How customers see an operator, where it is not as in Telegram."""

    id: Annotated[Number, Field(ge=1)]  # the Telegram user id
    name: Title = ""
    avatar: Place | None = None


class Config(Settings):
    """The whole file."""

    language: Language = "ru"
    public_url: BaseUrl | None = None
    server: ServerSettings = ServerSettings()
    storage: StorageSettings = StorageSettings()
    web: WebSettings = WebSettings()
    desk: DeskSettings | None = None  # None: operators work on the web desk only
    groups: Annotated[tuple[GroupSettings, ...], Field(alias="group")]
    channels: Annotated[tuple[AnyChannel, ...], Field(alias="channel")]
    operators: Annotated[tuple[OperatorSettings, ...], Field(alias="operator")] = ()

    @field_validator("public_url", mode="before")
    @classmethod
    def _none_if_empty(cls, url: object) -> object:
        return None if url == "" else url

    @field_validator("groups", "channels", mode="after")
    @classmethod
    def _some(cls, tables: tuple[Settings, ...], info: ValidationInfo) -> tuple[Settings, ...]:
        # Not min_length: pydantic counts only the good ones, and says "too short" of a list of bad ones.
        if not tables:
            raise mistake("config-no-tables", name=str(info.field_name).removesuffix("s"))
        return tables

    @field_validator("channels", mode="after")
    @classmethod
    def _complete(cls, channels: tuple[ChannelSettings, ...], info: ValidationInfo) -> tuple[ChannelSettings, ...]:
        desk: DeskSettings | None = info.data.get("desk")
        api_url = desk.api_url if desk else OFFICIAL_API
        return tuple(channel.completed(info.data.get("language", "ru"), api_url) for channel in channels)

    def group(self, name: str) -> GroupSettings:
        """The group of that name; raises KeyError."""
        for group in self.groups:
            if group.name == name:
                return group
        raise KeyError(name)

    def channel(self, name: str) -> ChannelSettings:
        """The channel of that name; raises KeyError."""
        for channel in self.channels:
            if channel.name == name:
                return channel
        raise KeyError(name)

    def language_of(self, group: GroupSettings) -> Language:
        """What the operators of a group read."""
        return group.language or self.language
