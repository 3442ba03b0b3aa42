#!/bin/sh
# One app, started by one of the launchers that make an environment by themselves: sh launchers.sh LAUNCHER
set -eu
export PYTHONPATH="${BUNDLE:=/opt/sentry}${PYTHONPATH:+:$PYTHONPATH}"

case "$1" in
uv) exec uv run --no-project --with uvicorn uvicorn main:app ;;
poetry) exec poetry run uvicorn main:app ;;
pipx)
    # Its commands are started with `python -E`, which reads no PYTHONPATH: a file in their environment does it.
    pipx install --quiet uvicorn
    python3 "$BUNDLE" install --venv "$(pipx environment --value PIPX_LOCAL_VENVS)/uvicorn"
    export SENTRY_ASGI_ENABLED=true
    exec "$(pipx environment --value PIPX_BIN_DIR)/uvicorn" main:app
    ;;
shiv)
    shiv --quiet --console-script uvicorn --output-file shop.pyz uvicorn
    exec ./shop.pyz main:app
    ;;
zipapp)
    pip install --quiet --target shop uvicorn
    cp main.py shop/
    python3 -m zipapp shop --main uvicorn:main --python '/usr/bin/env python3'
    exec ./shop.pyz main:app
    ;;
esac
