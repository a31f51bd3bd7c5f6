"""Subscribers of a price: who is on it, and the files of moves to another one."""
