"""What the emulators of all platforms are made of; nothing here knows any of them."""
