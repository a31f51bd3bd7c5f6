"""What the emulated types do beyond their shapes, one module for each area."""
