"""A machine of one's own: a view of the file system in which /etc has other files, and nobody else's is touched."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Sequence

# In a mount namespace: /etc anew, with all that is in the real one and what the directory $1 has; then the command.
_SCRIPT = """
set -e
mkdir "$1/etc"
mount --rbind /etc "$1/etc"
mount -t tmpfs tmpfs /etc
for entry in "$1"/etc/* "$1"/etc/.[!.]*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    ln -s "$entry" /etc/
done
rm -f /etc/sentry-asgi-autoconf /etc/podinfo
[ ! -d "$1/policies" ] || ln -s "$1/policies" /etc/sentry-asgi-autoconf
[ ! -d "$1/podinfo" ] || ln -s "$1/podinfo" /etc/podinfo
shift
exec "$@"
"""


def with_own_etc(directory: Path, command: Sequence[str]) -> list[str]:
    """Return the command that runs `command` where /etc has the directories `podinfo`, and `policies` as ours."""
    namespace = ["unshare", "--mount"]
    if os.geteuid() != 0:
        namespace += ["--user", "--map-root-user"]
    permitted = subprocess.run([*namespace, "true"], capture_output=True, text=True, check=False)
    # Passing over what only this can show would leave it untested unseen.
    assert permitted.returncode == 0, f"this test needs a mount namespace of its own: {permitted.stderr}"
    return [*namespace, "sh", "-c", _SCRIPT, "sh", str(directory), *command]
