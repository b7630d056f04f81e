"""``python -m secdil_sd``: the command ``secdil`` where no script is installed."""

from secdil_sd.cli import main

if __name__ == "__main__":
    main()
