"""Watches over all tests: of what the engine sends, and of what emulators answer."""
