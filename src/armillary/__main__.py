"""``python -m armillary`` is the command ``armillary``."""

from armillary.cli.main import run

if __name__ == "__main__":
    run()
