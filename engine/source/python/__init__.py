"""The small part of Python that stacks are written in: literals, calls, loops, and their lines."""
