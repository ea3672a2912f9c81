#!/usr/bin/env bash
# Every spec of examples/specs ends as its comment `# expect: ...` says. See check_spec.py.
source "$(dirname "$0")/server.sh"
cd "$DESCENT_SOURCE_DIR"

start_server
for data in examples/data/*.csv; do
  name=$(basename "$data" .csv)
  case $name in
    budworm) roles=(--target outcome --weight moths) ;;
    linnerud) roles=(--target weight --target waist --target pulse) ;;
    *) roles=() ;;
  esac
  expect 0 descent dataset upload "$data" --id "${name//_/-}" "${roles[@]}"
done
for data in examples/data/*.svm; do
  name=$(basename "$data" .svm)
  expect 0 descent dataset upload "$data" --id "${name//_/-}-svm"
done
failed=0
for spec in examples/specs/*.yaml; do
  /usr/bin/python3 tests/e2e/check_spec.py "$spec" || failed=1
done
exit $failed
