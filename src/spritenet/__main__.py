"""`python -m spritenet`, the same as `spritenet`."""

from spritenet.cli import main

if __name__ == "__main__":
    main()
