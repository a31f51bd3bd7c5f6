"""`engine import --all`: write the stack modules and states of an account that was made by hand."""
