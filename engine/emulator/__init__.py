"""A stateful Stripe for the managed types: `core.Emulator` answers requests, doors lead to it.

`doors.transport.InProcessTransport` puts it under the real SDK with no socket,
`doors.server.EmulatorServer` behind a port on loopback. What tests of a client use is in `testing`:
faults (`emulator.faults`), and the log of requests (`emulator.log`).
"""
