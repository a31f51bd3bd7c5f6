"""How requests reach the emulator: a server on loopback, and a transport for the SDK."""
