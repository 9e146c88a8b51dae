"""Make `.venv` ready, with exactly the versions of constraints.txt. Called by the Makefile.

Needs nothing but a Python of 3.11 or newer, and says so to an older one: until that is known,
nothing here may be newer than Python 3.6.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
READY = VENV / ".ready"
LEAST = (3, 11)


def main():
    if sys.version_info < LEAST:
        return "Regulars needs Python 3.11 or newer; {} is {}. Try: make PYTHON=python3.11".format(
            sys.executable, sys.version.split()[0]
        )
    try:
        # Debian's own python3 has venv without the ensurepip that it needs.
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return (
            "This Python cannot make virtual environments: install the package python3-venv "
            "(on Debian and Ubuntu: apt install python3-venv), then try again."
        )
    READY.unlink(missing_ok=True)
    try:
        if not works(PYTHON):
            print("Making .venv ...", flush=True)
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        print("Installing what Regulars depends on (a minute or two) ...", flush=True)
        install()
    except subprocess.CalledProcessError:
        return "The set-up did not finish; what went wrong stands above. Then try again."
    READY.touch()
    return None


def works(python):
    """Return whether the environment's Python starts and is new enough: it may be an old one."""
    probe = "import pip, sys; sys.exit(sys.version_info < {})".format(LEAST)
    try:
        subprocess.run([str(python), "-c", probe], check=True, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def install():
    """Install the dependencies alone: Regulars itself is run from its checkout."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", str(ROOT / "constraints.txt"), *wanted], check=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
