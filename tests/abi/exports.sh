#!/bin/sh
# Fails unless every plugin of a directory exports its query symbol and nothing else.
#
#   exports.sh NM DIRECTORY
set -eu
nm=$1 directory=$2
count=0 failed=0
for plugin in "$directory"/*.so; do
  [ -f "$plugin" ] || continue
  count=$((count + 1))
  exported=$("$nm" -D --defined-only "$plugin" | sed 's/.* //')
  if [ "$exported" != bg_plugin_query_v1 ]; then
    echo "$plugin exports more or less than bg_plugin_query_v1: $exported"
    failed=1
  fi
done
echo "$count plugins"
[ $count -gt 0 ] && [ $failed -eq 0 ]
