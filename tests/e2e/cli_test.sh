#!/usr/bin/env bash
# The command line against a real server: exit codes, what goes to which stream, JSON, mistakes, Ctrl-C, cut uploads.
source "$(dirname "$0")/server.sh"
cd "$DESCENT_SOURCE_DIR"
json() { /usr/bin/python3 -c "import json, sys; $1" <"$work/out" || fail "not the JSON that was expected: $1"; }

# 5: nobody there, and what to do.
expect 5 descent job list
has err 'descentd --data-dir'

start_server
data=examples/data/breast_cancer.csv

# 0, with data on stdout and progress on stderr.
expect 0 descent version
has out 'you are'
expect 0 descent dataset upload $data --id breast-cancer
has out datasets/breast-cancer
expect 0 descent job submit -f examples/specs/quickstart.yaml --name quick --set stopping.max_steps=300
has out 'jobs/quick'
has err 'running at step 0'
! grep -q 'running at step' "$work/out" || fail "progress on stdout"
! grep -q $'\x1b' "$work/out" "$work/err" || fail "escape sequences off a terminal"
expect 0 descent model evaluate quick
has out accuracy
expect 0 descent model predict quick -f $data -o jsonl
json 'rows = [json.loads(line) for line in sys.stdin]; assert len(rows) == 569 and rows[0]["label"], rows[:1]'

# libsvm text becomes a sparse column, by its name or its look, and what contradicts is a mistake of the command line.
expect 0 descent dataset inspect examples/data/digits.svm --rows 1
has out 'libsvm, indices from 1'
has out '64 wide, 58,736 not 0 (51.07 %), 0 to 16'
has out '3:5 4:13 5:9'
printf '1 0:0.5 3:2\n-1 1:1\n' >"$work/rows.txt"
expect 1 descent dataset upload "$work/rows.txt"
has err 'rows.txt:1:3: features: the index is 0'
expect 0 descent dataset upload "$work/rows.txt" --id sparse --zero-based --width 9
has out '9 wide, 3 not 0'
expect 2 descent dataset upload "$work/rows.txt" --zero-based --delimiter ';'
expect 1 descent model predict quick -f "$work/rows.txt" --zero-based
has err 'one of: features'

# JSON that parses, and tiles the log.
expect 0 descent job watch quick -o jsonl
json '
cursor = 0
for line in sys.stdin:
    record = json.loads(line)
    assert int(record.get("firstSequence", record.get("first_sequence", 0))) == cursor, record
    cursor = int(record.get("nextSequence", record.get("next_sequence", 0)))
assert cursor > 300'
for command in 'job list' 'job get quick' 'job watch quick' 'job parameters quick' 'dataset list' \
  'dataset get breast-cancer' 'model evaluate quick' 'catalog' 'version'; do
  expect 0 descent $command -o json
  json 'json.load(sys.stdin)'
done
expect 0 descent job submit -f examples/specs/quickstart.yaml --set optimizer.adam.learning_rate=0.5 --dry-run -o json
json 'assert json.load(sys.stdin)["optimizer"]["adam"]["learning_rate"] == 0.5'

# A resolved spec can be submitted as it is, and gives the same bits.
descent job get quick -o yaml >"$work/again.yaml"
expect 0 descent job submit -f "$work/again.yaml" --name again
descent job parameters quick -o json >"$work/quick.json"
descent job parameters again -o json >"$work/again.json"
cmp "$work/quick.json" "$work/again.json" || fail "the resolved spec gave other parameters"

# 1: refusals with a suggestion, the field, and the place in the file.
expect 1 descent job get quik
has err 'did you mean'
has err 'quick'
printf 'problem: {function: {name: bowl}}\noptimizer:\n  adam:\n    beta1: 1.5\n' >"$work/bad.yaml"
expect 1 descent job submit -f "$work/bad.yaml"
has err 'bad.yaml:4:12: '
has err 'beta1'
printf 'problem: {function: {name: bowl}}\noptimizr: {adam: {}}\n' >"$work/bad.yaml"
expect 1 descent job submit -f "$work/bad.yaml"
has err 'bad.yaml:2:1: '
has err 'optimizer'
expect 1 descent job submit --set problem.function.name=rosenbrok --set optimizer.adam.learning_rate=0.1
has err 'rosenbrock'
expect 1 descent job submit --set problem.function.name=bowl --set optimizer.adam.beta1=7
has err '--set optimizer.adam.beta1=7'

# 2: mistakes of the command line.
expect 2 descent job sumbit
has err 'submit'
expect 2 descent job list --limt 3
has err '--limit'
expect 2 descent job get
expect 2 descent --server nonsense job list

# 3: the job failed, or was cancelled.
expect 3 descent job submit --set problem.function.name=bowl --set optimizer.sgd.learning_rate=10 --name wild
has out diverged
start_long() {
  expect 0 descent job submit --detach --name "$1" --set problem.function.name=rosenbrock \
    --set optimizer.sgd.learning_rate=1e-9 --set stopping.max_steps=9007199254740992 --set record.every_steps=100000
  grep -qx "jobs/$1" "$work/out" || fail "--detach does not print the name alone"
}
start_long long
expect 0 descent job pause long
expect 0 descent job resume long

# 124: waiting was given up; 130: Ctrl-C detaches. The job runs on.
expect 124 descent job wait long --timeout 0.1
exec {lines}< <(exec descent job watch long 2>&1 >"$work/out")
watcher=$!
while read -r line <&"$lines" && [[ "$line" != *'running at step'* ]]; do :; done
kill -INT "$watcher"
cat <&"$lines" >"$work/err"
code=0
wait "$watcher" || code=$?
[ "$code" -eq 130 ] || fail "Ctrl-C gave exit code $code"
has err 'descent job watch long'
expect 0 descent job get long -o json
json 'assert json.load(sys.stdin)["state"] in ("JOB_STATE_RUNNING", "JOB_STATE_QUEUED")'
expect 0 descent job cancel long
expect 3 descent job wait long
expect 0 descent job delete long

# On a terminal: Ctrl-C cuts an upload, which goes on from what has arrived; NO_COLOR is respected.
awk 'BEGIN { print "a,b,c"; for (i = 0; i < 2000000; ++i) printf "%d,%d,%d\n", i, i % 7, i % 3 }' >"$work/large.csv"
coproc TERMINAL { exec env TERM=xterm script -qefc "descent dataset upload $work/large.csv --id large" /dev/null; }
terminal=$TERMINAL_PID
exec {screen}<&"${TERMINAL[0]}" {keys}>&"${TERMINAL[1]}"
IFS= read -r -d '%' _ <&"$screen"
kill -STOP "$server_pid"
printf '\003' >&"$keys"
IFS= read -r -d 'C' _ <&"$screen"  # the echo of ^C
kill -CONT "$server_pid"
tr -d '\r' <&"$screen" >"$work/err"
code=0
wait "$terminal" || code=$?
[ "$code" -eq 130 ] || fail "a cut upload gave exit code $code"
has err 'Go on with'
again=$(grep -o 'descent dataset upload .* --resume .*' "$work/err")
expect 0 $again -o json
json 'assert int(json.load(sys.stdin)["row_count"]) == 2000000'

watch='descent job watch quick'
TERM=xterm script -qefc "$watch" /dev/null </dev/null >"$work/out"
grep -q $'\x1b\[36m' "$work/out" || fail "no colour on a terminal"
NO_COLOR=1 TERM=xterm script -qefc "$watch" /dev/null </dev/null >"$work/out"
! grep -q $'\x1b\[36m' "$work/out" || fail "NO_COLOR is not respected"

# 4: a server with tokens.
kill "$server_pid"
wait "$server_pid"
echo 0123456789abcdef0123456789abcdef >"$work/tokens"
start_server --listen 127.0.0.1:0 --token-file "$work/tokens"
expect 4 descent job list
has err DESCENT_TOKEN
expect 4 env DESCENT_TOKEN=wrong0123456789abcdef descent job list
expect 0 descent job list --token-file "$work/tokens"
has out jobs/quick
