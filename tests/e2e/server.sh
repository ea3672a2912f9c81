# Sourced by tests in bash: a private home, the programs of this build on the PATH, and descentds that end with the test.
#
#   start_server [FLAG...]    starts one on $work/data, on $work/socket unless told otherwise; sets server_pid and
#                             DESCENT_SERVER
#   expect CODE COMMAND...    runs it; its streams go to $work/out and $work/err; fails on another exit code
#   has FILE TEXT             fails unless $work/FILE holds the text
set -euo pipefail
: "${DESCENT_SOURCE_DIR:?run this with ctest}" "${DESCENT_BINARY_DIR:?run this with ctest}"

work=$(mktemp -d /tmp/descent-test.XXXXXX)
export HOME=$work/home XDG_RUNTIME_DIR=$work/run PATH=$DESCENT_BINARY_DIR/server:$DESCENT_BINARY_DIR/client/cli:$PATH
unset DESCENT_SERVER DESCENT_TOKEN DESCENT_TOKEN_FILE DESCENT_CA NO_COLOR
mkdir -p "$HOME" "$XDG_RUNTIME_DIR"
server_pids=()

end_test() {
  local code=$?
  [ "${#server_pids[@]}" -eq 0 ] || kill -KILL "${server_pids[@]}" 2>/dev/null || true
  rm -rf "$work"
  exit "$code"
}
trap end_test EXIT

fail() {
  echo "FAILED at line ${BASH_LINENO[-2]}: $*" >&2
  echo "--- stdout" >&2; head -c 4000 "$work/out" >&2 || true
  echo "--- stderr" >&2; head -c 4000 "$work/err" >&2 || true
  exit 1
}

start_server() {
  local greeting line
  [[ "$*" = *--listen* ]] || set -- --listen "unix:$work/socket" "$@"
  exec {greeting}< <(exec descentd --data-dir "$work/data" "$@" 2>>"$work/server.log")
  server_pid=$!
  server_pids+=("$server_pid")
  read -r line <&"$greeting" || { cat "$work/server.log" >&2; exit 1; }
  exec {greeting}<&-
  export DESCENT_SERVER=${line##* serves on }
}

expect() {
  local code=$1 actual=0
  shift
  "$@" >"$work/out" 2>"$work/err" </dev/null || actual=$?
  [ "$actual" -eq "$code" ] || fail "exit code $actual instead of $code: $*"
}

has() { grep -qF -- "$2" "$work/$1" || fail "$1 lacks: $2"; }
