"""Heads and blobs in buckets: S3, Google Cloud Storage, Azure, and servers that speak S3."""
