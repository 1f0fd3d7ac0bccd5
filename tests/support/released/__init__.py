"""Compares the committed documents with those last released, which are a promise.

What breaks depends on the direction. What we send must still fit the old schema, because consumers read it;
what we accept must include all that fitted the old schema, because callers write it. Additions are allowed,
because consumers ignore what they do not know.
"""
