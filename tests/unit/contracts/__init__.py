"""The published language: generated files, codec, and the comparison with what was released."""
