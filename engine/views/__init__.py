"""Views: from values to text and documents; nothing here decides, reads or writes."""
