"""Every rule that an answer of this service may name, as GET /problems/rules/{rule} explains it.

A test holds these to the table of rules in contracts/VOCABULARY.md, word for word.
"""

from episodes.http.rules.care import OF_CARE
from episodes.http.rules.doubts import OF_DOUBTS
from episodes.http.rules.record import OF_THE_RECORD
from episodes.http.rules.references import OF_REFERENCES
from episodes.http.rules.warnings_and_roles import OF_WARNINGS_AND_ROLES

RULES = (*OF_CARE, *OF_THE_RECORD, *OF_REFERENCES, *OF_DOUBTS, *OF_WARNINGS_AND_ROLES)
