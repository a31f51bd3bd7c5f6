"""What differs between the declared, the recorded and the actual object, leaf by leaf."""
