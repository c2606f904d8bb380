"""The methods of the Bot API and their parameters, as aiogram's models list them."""

from __future__ import annotations

from functools import cache

import aiogram.methods


@cache
def table() -> dict[str, tuple[str, frozenset[str]]]:
    """Lower-case name -> (name, its parameters)."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for model in vars(aiogram.methods).values():
        name = getattr(model, "__api_method__", None)
        if not isinstance(name, str):
            continue
        fields = {field.alias or key for key, field in model.model_fields.items()}
        found[name.lower()] = (name, frozenset(fields))
    return found
