"""Which errors of the database are its own affair, and which a defect of ours or of what was sent."""

import inspect

import psycopg
import pytest
from psycopg import errors

from care_platform.postgres.faults import UNUSABLE

OF_THE_STORE = {
    "08": "connections",
    "27": "triggered changes",
    "28": "who may connect",
    "2F": "routines",
    "38": "external routines",
    "39": "external routines",
    "3B": "savepoints",
    "40": "transactions rolled back",
    "53": "resources used up",
    "54": "limits reached, ids and notices among them",
    "55": "objects in use",
    "57": "an operator, a time limit, a start",
    "58": "the operating system",
    "72": "snapshots",
    "F0": "configuration files",
    "HV": "foreign data",
}
"""Classes of SQLSTATE that say: not now, not here, or not as this release needs it."""
ALSO_OF_THE_STORE = {
    "0A000": "what a prepared statement returns was changed by a migration",
    "25006": "it takes no writes",
    "25P03": "it ended a transaction that was idle",
    "25P04": "it ended a transaction that was long",
    "3F000": "a schema is not there",
    "42501": "our role may not",
    "42703": "a column is not there",
    "42883": "a function is not there",
    "42P01": "a table is not there",
}
ALL = {
    error.sqlstate: error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, psycopg.Error) and error.sqlstate
}


@pytest.mark.parametrize("sqlstate", sorted(ALL))
def test_only_what_is_the_stores_own_affair_is_answered_with_later(sqlstate: str) -> None:
    of_the_store = sqlstate[:2] in OF_THE_STORE or sqlstate in ALSO_OF_THE_STORE
    assert issubclass(ALL[sqlstate], UNUSABLE) is of_the_store
