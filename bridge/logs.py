"""The log: plain lines to stderr, with every secret taken out."""

import logging
import re
import sys
from collections.abc import Iterable
from typing import Final, TextIO

LEVELS: Final = ("debug", "info", "warning", "error")
HIDDEN: Final = "***"
# Anything shaped like a bot's token, also as part of a URL.
_TOKEN: Final = r"[0-9]{6,}(?::|%3[Aa])[\w-]{30,}"
_SHORTEST: Final = 4  # hiding shorter ones would tear words apart and give the secret away


class Redaction(logging.Filter):
    """Replaces secrets in a record's message, arguments, exception and stack; drops nothing."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        known = {part for secret in secrets for part in (secret, secret.partition(":")[2])}
        longest_first = sorted((part for part in known if len(part) >= _SHORTEST), key=len, reverse=True)
        self._secret = re.compile("|".join([*map(re.escape, longest_first), _TOKEN]))
        self._formatter = logging.Formatter()

    def redacted(self, text: str) -> str:
        return self._secret.sub(HIDDEN, text)

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # the arguments do not fit: say what we can
            message = f"{record.msg} {record.args!r}"
        record.msg, record.args = self.redacted(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.redacted(record.exc_text)
        if record.stack_info:
            record.stack_info = self.redacted(record.stack_info)
        return True


def lines_to(stream: TextIO, secrets: Iterable[str]) -> logging.Handler:
    """A handler that writes plain lines without `secrets`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(Redaction(secrets))
    return handler


def set_up(level: str, secrets: Iterable[str]) -> None:
    """Sends everything from `level` up to stderr, without `secrets`. May be called again."""
    logging.basicConfig(level=level.upper(), handlers=[lines_to(sys.stderr, secrets)], force=True)
    logging.raiseExceptions = False  # a failing log call would print its arguments as they are
    logging.captureWarnings(True)
    if level != "debug":
        for chatty in ("aiogram.event", "aiohttp.access"):  # a line for each update and request
            logging.getLogger(chatty).setLevel(logging.WARNING)
