#!/usr/bin/env bash
# Tools that know nothing of descent: buf drives a server through reflection over TCP.
source "$(dirname "$0")/server.sh"
buf=$DESCENT_SOURCE_DIR/build/tools/node_modules/.bin/buf
[ -x "$buf" ] || { echo "buf is missing; run scripts/setup" >&2; exit 1; }

cd "$DESCENT_SOURCE_DIR"
expect 0 "$buf" lint

start_server --listen 127.0.0.1:0
cd "$work"
call() {
  local method=$1 request=$2
  "$buf" curl --protocol grpc --http2-prior-knowledge -d "$request" "http://$DESCENT_SERVER/$method"
}

expect 0 "$buf" curl --protocol grpc --http2-prior-knowledge --list-methods "http://$DESCENT_SERVER"
has out descent.v1.JobService/WatchJob
expect 0 call grpc.health.v1.Health/Check '{}'
has out '"SERVING"'
expect 0 call grpc.health.v1.Health/Check '{"service": "descent.v1.JobService"}'
has out '"SERVING"'

expect 0 call descent.v1.JobService/CreateJob '{"jobId": "valley", "spec": {
  "problem": {"function": {"name": "rosenbrock"}}, "optimizer": {"adam": {"learningRate": 0.01}},
  "stopping": {"maxSteps": 500}}}'
has out '"jobs/valley"'
expect 0 call descent.v1.JobService/WatchJob '{"name": "jobs/valley", "columns": ["loss"]}'
has out '"header"'
has out '"JOB_STATE_SUCCEEDED"'

# Every violation at once, with its field, in details that buf knows under their google.rpc names.
actual=0
call descent.v1.JobService/CreateJob '{"spec": {
  "problem": {"function": {"name": "rosenbrok"}}, "optimizer": {"adam": {"beta1": 1.5}}}}' \
  >"$work/out" 2>"$work/err" || actual=$?
[ "$actual" -ne 0 ] || fail "an invalid spec was accepted"
has err invalid_argument
has err google.rpc.ErrorInfo
has err google.rpc.BadRequest
has err spec.problem.function.name
has err spec.optimizer.adam.beta1
