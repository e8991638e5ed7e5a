"""One suite for each protocol, run against every implementation of it."""

import pytest

# Assertions are explained in modules that tests import only if they are named before that.
pytest.register_assert_rewrite("tests.contracts.parts", f"{__name__}.parts", f"{__name__}.lakehouse")
