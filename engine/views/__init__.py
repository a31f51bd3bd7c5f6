"""Views: from records to text and documents; nothing here decides, reads or writes."""
