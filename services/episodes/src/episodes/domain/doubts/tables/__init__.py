"""What is usual for each code of a list, and where it is published; a doubt is a departure from it."""
