"""The course of care in a published case, told as commands. It invents nothing.

What the report does not say stays absent, with a reason where the vocabulary has room for one;
what only the setting needs comes from the setting.
"""
