"""A stateful Stripe for the managed types: one core, two doors.

`core.Emulator` answers requests; `transport.InProcessTransport` puts it under the real SDK with no
socket, `server.EmulatorServer` behind a port on loopback. Faults and the log of requests, for
tests, hang on the emulator itself (`emulator.faults`, `emulator.log`).
"""
