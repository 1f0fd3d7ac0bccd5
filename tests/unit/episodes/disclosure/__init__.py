"""May this event go to that partner now?"""
