"""The numbers with which the program ends, the same for every verb."""

from enum import IntEnum


class ExitCode(IntEnum):
    DONE = 0
    CHECK_FAILED = 1
    WRONG_USAGE = 2
    USER_CODE_RAISED = 3
    FILE_TROUBLE = 4
    INTERNAL_ERROR = 5
    INTERRUPTED = 130
