"""The real servers the tests run on, each behind one small handle whatever it is made of."""
