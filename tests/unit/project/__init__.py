"""The tree itself: layers, pages and promises."""
