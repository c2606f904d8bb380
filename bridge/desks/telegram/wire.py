"""Renderings as Telegram's own types."""

from __future__ import annotations

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, WebAppInfo

from bridge.desks.telegram.render import Buttons
from bridge.telegram.compose import entities

__all__ = ["entities", "keyboard"]


def keyboard(buttons: Buttons) -> InlineKeyboardMarkup | None:
    """Inline buttons; None for none."""
    if not buttons:
        return None
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [
                InlineKeyboardButton(
                    text=button.text,
                    callback_data=button.data or None,
                    url=button.url or None,
                    web_app=WebAppInfo(url=button.web_app) if button.web_app else None,
                    style=button.style or None,
                )
                for button in row
            ]
            for row in buttons
        ]
    )
