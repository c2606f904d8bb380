"""The web desk: operators work in the browser, or in Telegram as a Mini App."""
