"""Otklik: a support desk that lives inside a Telegram group."""

__version__ = "0.1.0"
