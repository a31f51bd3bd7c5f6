"""Making a saved plan, and applying one."""
