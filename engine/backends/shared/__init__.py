"""States in stores that machines share: one protocol of heads and blobs, over several stores."""
