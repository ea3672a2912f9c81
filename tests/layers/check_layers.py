#!/usr/bin/env python3
"""Fails when an include crosses a layer: linking alone does not, since the system's headers are on every path.

Usage: check_layers.py SOURCE_DIR
"""
import pathlib
import re
import sys

GRPC = ("grpc", "grpcpp/")
PROTO = ("descent/v1/", "google/protobuf/")
DATABASE = ("sqlite3",)

# Folder -> folders of the project that it may include, and libraries that it must not. The longest folder that fits wins.
RULES = {
    "core": (["core"], GRPC + PROTO + DATABASE + ("spdlog", "CLI/", "yaml-cpp")),
    "server/jobs": (["core", "server/jobs"], GRPC + PROTO + DATABASE),
    "server/datasets": (["core", "server/datasets"], GRPC + PROTO + DATABASE),
    "server/models": (["core", "server/models"], GRPC + PROTO + DATABASE),
    "server/security": (["core", "server/security"], GRPC + PROTO + DATABASE),
    "server/store": (["core", "server/jobs", "server/datasets", "server/models", "server/store"], GRPC + PROTO),
    "server/convert": (["core", "server/jobs", "server/datasets", "server/models", "server/convert"], GRPC + DATABASE),
    "server/rpc": (
        ["core", "server/jobs", "server/datasets", "server/models", "server/security", "server/convert", "server/rpc"],
        DATABASE),
    "server": (["core", "server"], DATABASE),
    "client/cli": (["core/base", "client"], DATABASE + ("grpc",)),
    "client": (["core/base", "client"], DATABASE),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def crossings(root):
    for folder in ("core", "server", "client"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            name = path.relative_to(root).as_posix()
            rule = max((r for r in RULES if name.startswith(r + "/")), key=len)
            allowed, forbidden = RULES[rule]
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                included = match.group(1)
                own = included.split("/")[0] in ("core", "server", "client", "tests")
                if own and not any(included.startswith(a + "/") for a in allowed):
                    yield f"{name}:{number}: {rule} must not include {included}"
                if not own and included.startswith(tuple(forbidden)):
                    yield f"{name}:{number}: {rule} must not include {included}"


def main():
    root = pathlib.Path(sys.argv[1])
    found = list(crossings(root))
    for line in found:
        print(line)
    # A rule that reads nothing would pass for ever.
    files = sum(1 for folder in ("core", "server", "client") for _ in (root / folder).rglob("*.cc"))
    if files < 50:
        sys.exit(f"only {files} files were read under {root}: is this the source tree?")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
