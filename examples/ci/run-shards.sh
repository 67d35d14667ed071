#!/bin/sh
# The suite in two shards, as two machines of a CI service run it, and the gate over both.
set -u
cd "$(dirname "$0")"
rm -rf .mcscopes
failed=0

pytest --mc-data --mc-shard 1/2 newsletters/test_subscribers.py || failed=1
pytest --mc-data --mc-shard 2/2 newsletters/test_issues.py newsletters/test_forget.py || failed=1

mcscopes combine .mcscopes -o suite.jsonl || failed=1
mcscopes check suite.jsonl || failed=1
exit $failed
