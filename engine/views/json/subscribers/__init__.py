"""The documents about subscribers of a price, and of moves to another one."""
