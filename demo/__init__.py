"""The demo: published cases as scripts, and a program that sends one through the public API."""
