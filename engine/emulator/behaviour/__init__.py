"""What the emulated types do beyond their shapes, one module an area."""
