# Short names for the commands of the README. Each needs nothing but uv.

# Lists the recipes.
default:
    @just --list

# Lint, formatting and types, as `.ci/run` has them.
check:
    uv run ruff check .
    uv run ruff format --check .
    uv run mypy .

# The whole test suite; arguments go to pytest.
test *arguments:
    uv run pytest {{arguments}}

# Writes formatting and the fixes that are safe.
format:
    uv run ruff format .
    uv run ruff check --fix .

# All wheels of the workspace, into dist/.
wheels:
    uv build --all-packages --wheel -o dist

# Writes the snapshot of the plugin contract anew, after a change that is meant.
surface:
    uv run python hookspecs/tests/test_surface.py
