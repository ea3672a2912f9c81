#!/usr/bin/env bash
# An installed tree is enough: the C++ example is built against it with find_package(descent) and trains on its server.
source "$(dirname "$0")/server.sh"
expect 0 cmake --install "$DESCENT_BINARY_DIR" --prefix "$work/usr"
export PATH=$work/usr/bin:$PATH
expect 0 cmake -S "$work/usr/share/descent/examples/cpp" -B "$work/example" -G Ninja -DCMAKE_PREFIX_PATH="$work/usr"
expect 0 cmake --build "$work/example"
[ -f "$work/usr/share/descent/proto/descent/v1/job_service.proto" ] || fail "the protos are not installed"

start_server
[ "$(readlink "/proc/$server_pid/exe")" = "$work/usr/bin/descentd" ] || fail "another descentd was started"
expect 0 "$work/example/train_and_predict" "$work/usr/share/descent/examples/data/iris.csv"
has out '2001 rows'
has out 'predicted: setosa'
