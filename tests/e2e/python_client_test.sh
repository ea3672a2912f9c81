#!/usr/bin/env bash
# A client generated from the protos uploads, submits, follows the stream to its end and predicts; and loses no row when
# the server is killed in the middle of a watch.
source "$(dirname "$0")/server.sh"
cd "$DESCENT_SOURCE_DIR"
generated=$DESCENT_BINARY_DIR/python
mkdir -p "$generated"
protoc -I proto -I examples/python --python_out="$generated" --grpc_python_out="$generated" \
  --plugin=protoc-gen-grpc_python="$(command -v grpc_python_plugin)" \
  proto/descent/v1/*.proto examples/python/raw_step_log.proto
export PYTHONPATH=$generated:$PWD/examples/python PYTHONDONTWRITEBYTECODE=1

start_server
expect 0 /usr/bin/python3 examples/python/train_and_predict.py examples/data/iris.csv
has out 'datasets/iris: 150 rows'
has out 'JOB_STATE_SUCCEEDED'
has out '2001 rows'
has out 'predicted: setosa'

# Another file: the refusal arrives with its reason and its field.
expect 1 /usr/bin/python3 examples/python/train_and_predict.py examples/data/breast_cancer.csv
has err 'error: INVALID_FIELD: '

expect 0 /usr/bin/python3 tests/e2e/python_client_resume.py "$work" "$server_pid"
has out 'every step once'
start_server
expect 0 /usr/bin/python3 examples/python/raw_columns.py jobs/long
has out '300001 rows, lowest loss '
