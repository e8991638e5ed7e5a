"""`python -m thermocline.cli`."""

from .main import main

main()
