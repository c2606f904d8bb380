"""The media store: what visitors upload, and copies of operators' files on their way to visitors."""
