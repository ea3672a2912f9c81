"""Runs the commands of a document: run_commands.py DOCUMENT SOURCE_DIR BINARY_DIR

All blocks fenced as ```sh run in order in one shell, which stops at the first command that fails; what they left in the
background is ended. Other blocks, ```console among them, are illustrations.

The shell is in a private copy of the source tree made of links, so that what commands write leaves the tree alone, with a
private home and the programs of the build on the PATH.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

def blocks(path):
    """(line number, text) of the runnable blocks."""
    fence, start, lines = None, 0, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            if fence == "sh":
                yield start, "\n".join(lines)
            fence, start, lines = (line[3:].strip() if fence is None else None), number + 1, []
        elif fence is not None:
            lines.append(line)
    if fence is not None:
        raise SystemExit(f"{path}:{start}: a fence is not closed")


def script(path):
    text = "set -euo pipefail\n"
    for number, body in blocks(path):
        text += f'echo "--- {path.name}:{number}"\n{body}\n'
    return text


def main():
    document, source, binary = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
    with tempfile.TemporaryDirectory(prefix="descent-docs-", ignore_cleanup_errors=True) as root:
        tree = pathlib.Path(root, "descent")
        for folder in (tree / "build", pathlib.Path(root, "home"), pathlib.Path(root, "run")):
            folder.mkdir(parents=True)
        for entry in source.iterdir():
            if entry.name not in ("build", ".git"):
                (tree / entry.name).symlink_to(entry)
        (tree / "build" / "release").symlink_to(binary)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DESCENT_")}
        environment.update(HOME=f"{root}/home", XDG_RUNTIME_DIR=f"{root}/run", PYTHONDONTWRITEBYTECODE="1",
                           PATH=f"{binary}/server:{binary}/client/cli:{os.environ['PATH']}")
        shell = subprocess.Popen(["bash", "-c", script(document)], cwd=tree, env=environment, stdin=subprocess.DEVNULL,
                                 start_new_session=True)
        code = shell.wait()
        try:
            os.killpg(shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return code


sys.exit(main())
