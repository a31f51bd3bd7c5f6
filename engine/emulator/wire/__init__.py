"""What is sent: requests and responses, uploads, errors, ids and page tokens."""
