"""The one exception that users are meant to read."""


class VspairError(Exception):
    """A fault of input or machine that the user can mend.

    Its message is one or two plain sentences: what was expected, what was found, where, and what to do. Scripts and
    the command line print the message without a traceback and exit with a status other than 0; any other exception
    is a defect of this project and keeps its traceback.
    """
