"""Modules of JavaScript that the widget and the web desk share: nodes, texts, times, files, pictures, sounds.

Each of the two brings a `words.js` of its own and gives it to browsers beside these.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

SHARED: Final = Path(__file__).parent
