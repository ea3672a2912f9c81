#!/usr/bin/env bash
# scripts/quickstart as it is: without a terminal, on one, interrupted, and with --keep; and what it says to try next.
source "$(dirname "$0")/server.sh"
preset=$(basename "$DESCENT_BINARY_DIR")
[ "$DESCENT_BINARY_DIR" = "$DESCENT_SOURCE_DIR/build/$preset" ] || exit 77
export PRESET=$preset TMPDIR=$work/tmp TERM=xterm
quickstart=$DESCENT_SOURCE_DIR/scripts/quickstart
mkdir -p "$TMPDIR"
cd "$work"

left_nothing() { [ -z "$(ls "$TMPDIR")" ] || fail "left in $TMPDIR: $(ls "$TMPDIR")"; }
# The commands below a heading of the output.
commands_below() { sed -n "/^$1/,/^\$/p" "$work/out" | grep '^  '; }
# Runs $work/next in a process group of its own, and ends what it left in the background.
run_next() {
  local group code=0
  setsid bash -ex "$work/next" >"$work/next.out" 2>&1 </dev/null &
  group=$!
  wait "$group" || code=$?
  kill -KILL -- "-$group" 2>/dev/null || true
  [ "$code" -eq 0 ] || { tail -20 "$work/next.out" >&2; fail "what it says to try does not work"; }
}

expect 0 "$quickstart"
left_nothing
has out 'state          succeeded'
has out 'TRUE CLASS'
[ "$(grep -cE '^  [0-9]+ +(malignant|benign) +[01]\.[0-9]{4} +(malignant|benign)$' "$work/out")" -eq 3 ] ||
  fail "three predictions are missing"
! grep -q $'\x1b' "$work/out" || fail "escape sequences off a terminal"
commands_below 'What to try next' >"$work/next"
[ "$(wc -l <"$work/next")" -ge 5 ] || fail "nothing to try"
run_next

script -qefc "$quickstart" /dev/null </dev/null >"$work/out"
grep -q '⠀⠀⠀⠀' "$work/out" || fail "no curve on a terminal"
left_nothing

coproc TERMINAL { exec script -qefc "$quickstart" /dev/null; }
terminal=$TERMINAL_PID
exec {screen}<&"${TERMINAL[0]}" {keys}>&"${TERMINAL[1]}"
while read -r line <&"$screen" && [[ "$line" != *Uploading* ]]; do :; done
printf '\003' >&"$keys"
cat <&"$screen" >"$work/out"
code=0
wait "$terminal" || code=$?
[ "$code" -eq 130 ] || fail "Ctrl-C gave exit code $code"
left_nothing

expect 0 "$quickstart" --keep
{ commands_below 'What to try next'; commands_below 'The server runs on'; } >"$work/next"
run_next
left_nothing
expect 2 "$quickstart" --kep
