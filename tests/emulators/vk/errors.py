"""The error codes of the API with their texts (§3), and how a refusal looks (§2)."""

from __future__ import annotations

from typing import Any

CODES: dict[int, str] = {
    1: "Unknown error occurred",
    3: "Unknown method passed",
    5: "User authorization failed",
    6: "Too many requests per second",
    7: "Permission to perform this action is denied",
    8: "Invalid request",
    9: "Flood control",
    10: "Internal server error",
    13: "Runtime error occurred during code invocation",
    14: "Captcha needed",
    15: "Access denied",
    17: "Validation required",
    18: "User was deleted or banned",
    20: "Permission to perform this action is denied for non-standalone applications",
    22: "Upload error",
    24: "Confirmation required",
    27: "Group authorization failed",
    28: "Application authorization failed",
    29: "Rate limit reached",
    32: "Need wait",
    36: "Method execution was interrupted due to timeout",
    37: "User was banned",
    43: "This section is temporary unavailable",
    100: "One of the parameters specified was missing or invalid",
    104: "Not found",
    105: "Couldn't save file",
    113: "Invalid user id",
    114: "Invalid album id",
    118: "Invalid server",
    121: "Invalid hash",
    122: "Invalid photos",
    129: "Invalid photo",
    203: "Access to group denied",
    900: "Can't send messages for users from blacklist",
    901: "Can't send messages for users without permission",
    902: "Can't send messages to this user due to their privacy settings",
    909: "Can't edit this message, because it's too old",
    910: "Can't sent this message, because it's too big",
    911: "Keyboard format is invalid",
    912: "This is a chat bot feature, change this status in settings",
    913: "Too many forwarded messages",
    914: "Message is too long",
    915: "Messages are disabled for this community",
    916: "Messages are blocked for this community",
    917: "You don't have access to this chat",
    920: "Can't edit this kind of message",
    921: "Can't forward these messages",
    922: "You left this chat",
    924: "Can't delete this message for everybody",
    925: "You are not admin of this chat",
    927: "Chat does not exist",
    932: "Your community can't interact with this peer",
    935: "User not found in chat",
    936: "Contact not found",
    940: "Too many posts in messages",
    943: "Cannot use this intent",
    944: "Limits overflow for this intent",
    945: "Chat was disabled",
    946: "Chat not supported",
    950: "Can't send message, reply timed out",
    969: "Message cannot be forwarded",
    985: "Cannot write to notifications only groups",
    1009: "Unknown reaction passed",
    1012: "Writing is disabled for this chat",
    1117: "Access token has expired",
    1150: "Invalid document id",
    1153: "Access to document is denied",
    2000: "Servers number limit is reached",
    3300: "Recaptcha needed",
    3301: "Phone validation needed",
    3302: "Password validation needed",
    3303: "Otp app validation needed",
    3304: "Email confirmation needed",
    3305: "Assert votes",
    3610: "User is deactivated",
}

# What `peer_ids` says of one recipient, inside a success; all else refuses the whole call.
OF_ONE_RECIPIENT = frozenset(
    {7, 18, 37, 113, 900, 901, 902, 913, 915, 916, 917, 921, 922, 925, 927, 932, 935, 936, 940, 943, 944}
    | {945, 946, 950, 969, 985, 1012, 3610}
)


class VkError(Exception):
    """A refusal. `extra` goes into the envelope: `captcha_sid`, `redirect_uri`, …"""

    def __init__(self, code: int, detail: str = "", *, subcode: int | None = None, **extra: Any) -> None:
        text = CODES.get(code, "Unknown error occurred")
        self.code = code
        self.text = f"{text}: {detail}" if detail else text
        self.subcode = subcode
        self.extra = dict(extra)
        if code == 14:
            self.extra.setdefault("captcha_sid", "239633676097")
            self.extra.setdefault("captcha_img", "https://api.vk.com/captcha.php?sid=239633676097&s=1")
        if code == 17:
            self.extra.setdefault("redirect_uri", "https://m.vk.com/login?act=security_check")
        if code == 24:
            self.extra.setdefault("confirmation_text", "Are you sure?")
        super().__init__(f"[{code}] {self.text}")

    def envelope(self, params: dict[str, str]) -> dict[str, Any]:
        """§2: `request_params` holds what was asked, without the token."""
        error: dict[str, Any] = {"error_code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["error_msg"] = self.text
        error.update(self.extra)
        error["request_params"] = [{"key": key, "value": value} for key, value in params.items()]
        return {"error": error}

    def item(self) -> dict[str, Any]:
        """§9: inside a success."""
        return {"code": self.code, "description": self.text}


def bad(detail: str) -> VkError:
    return VkError(100, detail)


class NotAllowed(Exception):
    """What VK's own applications would not let a person do."""
