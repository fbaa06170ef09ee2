#!/usr/bin/env bash
# compile.sh REPORT COMMAND…: runs the command; its output goes to REPORT, and to stderr if it fails.
report=$1
shift
"$@" >"$report" 2>&1 && exit
cat "$report" >&2
exit 1
