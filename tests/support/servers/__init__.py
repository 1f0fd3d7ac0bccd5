"""The real servers that the tests run on, with the same small interface wherever they come from."""
