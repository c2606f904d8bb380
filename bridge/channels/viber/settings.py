"""`[[channel]] kind = "viber"`: customers write to a Viber bot."""

from typing import Annotated, Final, Literal

from pydantic import StringConstraints

from bridge.settings import BaseUrl, MessengerSettings, Place, Secret

OFFICIAL_API: Final = "https://chatapi.viber.com/pa"
NAME_LIMIT: Final = 28  # characters of a sender's name

SenderName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=NAME_LIMIT)]
Operators = Literal["name", "first-name", "hidden"]


class ViberSettings(MessengerSettings):
    """Viber shows a name and a picture with each answer: the operator's, or the company's."""

    kind: Literal["viber"]
    token: Secret
    sender: SenderName = ""  # who answers when the operator is hidden or unknown; without it, the bot's own name
    avatar: Place | None = None  # the picture beside it
    operators: Operators = "name"
    api_url: BaseUrl = OFFICIAL_API
