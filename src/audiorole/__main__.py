"""`python -m audiorole` is `audiorole`."""

from audiorole.cli.main import main

if __name__ == "__main__":
    main()
