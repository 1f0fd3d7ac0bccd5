"""What was released is promised: the committed documents are compared with those last released.

Two directions decide what breaks. What we send may say no more and promise no less than before, because
consumers read it; what we accept may ask no more and allow no less, because callers write it. Adding is free:
consumers ignore what they do not know.
"""
