"""The base class of every error that a user can fix.

UserError
 ├── sql.errors.DatabaseError          a server, an account, a table or a view
 ├── telemetry.errors.RecordingError   gradients on their way into the tables
 ├── trainer.errors.TrainerError       an experiment or a data set
 ├── analysis.errors.AnalysisError     a report
 └── console.PrintingError             a result on its way to standard output
"""


class UserError(Exception):
    """An error whose text is for the user: one sentence that says how to fix it.

    Commands print it on standard error, without a traceback, and exit with `exit_code`.
    """

    exit_code = 2
