"""One step per module; a step that has run somewhere is never changed."""
