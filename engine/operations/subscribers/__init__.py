"""`engine subscribers`: who is on a price, and files of moves to another one."""
