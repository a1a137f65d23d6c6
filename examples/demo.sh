#!/usr/bin/env bash
# Two made-up stations, one hosted by each operator: simulated, then positioned by each system alone and by both.
# Run by `make demo`; BIN is where the programs are, OUT where the files go.
set -euo pipefail
BIN=${BIN:-.venv/bin} OUT=${OUT:-build/demo}

rm -rf "$OUT"
[ -d src/armillary/navigation/__pycache__ ] && ls src/armillary/navigation/__pycache__/*.nbc >/dev/null 2>&1 ||
  echo "The first run compiles the inner loops and keeps them: half a minute more, once."
show() { echo; echo "\$ $*"; }

show armillary simulate demo --out "$OUT"
"$BIN/armillary" simulate demo --out "$OUT"

for station in WUHR PULC; do
  truth=$("$BIN/python" -c "import json; print(*json.load(open('$OUT/truth.json'))['stations']['$station']['position_m'], sep=',')")
  observations=$(echo "$OUT/$station"*MO.rnx) navigation=$(echo "$OUT/"*MN.rnx)
  show armillary position "$observations" --nav "$navigation" --truth "$truth" --plot "$OUT/$station.png"
  "$BIN/armillary" position "$observations" --nav "$navigation" --truth "$truth" --plot "$OUT/$station.png" --out "$OUT/$station.csv"
done

echo
echo "Pictures of each system alone and of both together: $OUT/WUHR.png and $OUT/PULC.png"
echo "Every epoch, clock offset and excluded satellite:   $OUT/*.csv"
