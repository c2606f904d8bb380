"""`[[channel]] kind = "telegram"`: customers write to a bot in private."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from bridge.settings import BaseUrl, ChannelSettings
from bridge.telegram.settings import BotToken, Updates, WebhookSecret, own_webhook_secret


class TelegramSettings(ChannelSettings):
    """Without a token, customers write to the operators' bot, and everything below is the desk's."""

    kind: Literal["telegram"]
    token: BotToken | None = None
    api_url: BaseUrl = ""  # filled in when the config is loaded: the desk's
    updates: Updates = "polling"
    webhook_secret: Annotated[WebhookSecret | None, Field(validate_default=True)] = None
    greeting: str | None = None  # the answer to /start; without it, the catalogue's

    @field_validator("webhook_secret", mode="after")
    @classmethod
    def _own_secret(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        return own_webhook_secret(secret, info)

    def completed(self, language: str, desk_api_url: str) -> Self:
        """Adds the address of the Bot API server, which is the desk's unless given."""
        filled = super().completed(language, desk_api_url)
        return filled if self.api_url else filled.model_copy(update={"api_url": desk_api_url})
