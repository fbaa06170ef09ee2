#!/bin/sh
# One cell of the ABI matrix: builds a plugin and has the real program run it.
#
#   cell.sh BITGATE NM WORK_DIRECTORY SDK_INCLUDE ABI_HEADER SOURCE COMPILER [FLAG ...]
#
# ABI_HEADER stands in for the SDK's bitgate/abi.h. Exit status 77: the compiler is not installed.
set -eu
bitgate=$1 nm=$2 work=$3 sdk=$4 header=$5 source=$6 compiler=$7
shift 7

if ! command -v "$compiler" >/dev/null 2>&1; then
  echo "SKIPPED: $compiler is not installed; install it to test plugins that it builds"
  exit 77
fi

rm -rf "$work"
mkdir -p "$work/include/bitgate"
cp "$header" "$work/include/bitgate/abi.h"
plugin=$work/plugin.so
echo '{ global: bg_plugin_query_v*; local: *; };' > "$work/exports"
"$compiler" "$@" -O1 -Wall -Wpedantic -Werror -shared -fPIC -fvisibility=hidden \
  -I "$work/include" -I "$sdk" "$source" -o "$plugin" -Wl,-z,defs -Wl,-z,now -Wl,--exclude-libs,ALL \
  "-Wl,--version-script=$work/exports"

exported=$("$nm" -D --defined-only "$plugin" | sed 's/.* //')
if [ "$exported" != bg_plugin_query_v1 ]; then
  echo "exports more or less than bg_plugin_query_v1: $exported"
  exit 1
fi

# pipeline [DEVICE]
pipeline() {
  cat <<YAML
version: 1
name: abi
features: [cpu]
backends: {tested: {plugin: $plugin${1:+, device: $1}}}
suites:
  tiny:
    backends: tested
    load: {source: synthetic, values: gaussian, shape: 64x128}
    quantize: {format: f32}
    compute: {batch: 2, threads: 1, cache: hot}
sampling: {min_samples: 3, precision: 50%, max_time: 50ms}
gates: [{id: exact, metric: output.mismatches, require: "== 0"}]
YAML
}

pipeline > "$work/pipeline.yaml"
"$bitgate" run "$work/pipeline.yaml"

case $source in
  *.cpp)
    # An exception inside the plugin's own runtime comes out as an error with its words.
    pipeline runtime/throws > "$work/throws.yaml"
    status=0
    "$bitgate" run "$work/throws.yaml" > "$work/throws.out" 2>&1 || status=$?
    cat "$work/throws.out"
    if [ $status -ne 4 ] || ! grep -q "INTERNAL in prepare" "$work/throws.out"; then
      echo "exit status $status; expected 4 and 'INTERNAL in prepare'"
      exit 1
    fi
    ;;
esac
