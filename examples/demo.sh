#!/usr/bin/env bash
# Two made-up stations, one hosted by each operator: simulated, then positioned by each system alone and by both.
# Run by `make demo`; BIN is where the programs are, OUT where the files go.
set -euo pipefail
BIN=${BIN:-.venv/bin} OUT=${OUT:-build/demo}

rm -rf "$OUT"
[ -d src/armillary/navigation/__pycache__ ] && ls src/armillary/navigation/__pycache__/*.kernel >/dev/null 2>&1 ||
  echo "The first run compiles the inner loops and keeps them: half a minute more, once."
show() { echo; echo "\$ $*"; }

show armillary simulate demo --out "$OUT"
"$BIN/armillary" simulate demo --out "$OUT"

position() { # station, name of the picture, options
  station=$1 picture="$OUT/$2.png"
  shift 2
  truth=$("$BIN/python" -c "import json; print(*json.load(open('$OUT/truth.json'))['stations']['$station']['position_m'], sep=',')")
  set -- "$OUT/$station"*MO.rnx --nav "$OUT/"*MN.rnx --truth "$truth" --plot "$picture" "$@"
  show armillary position "$@"
  "$BIN/armillary" position "$@"
}

position WUHR WUHR --out "$OUT/WUHR.csv"
position PULC PULC --out "$OUT/PULC.csv"
echo; echo "The second station again, in a street: nothing below 40 degrees is in view."
position PULC PULC-street --mask-deg 40

echo
echo "Pictures of each system alone and of both together: $OUT/WUHR.png, PULC.png and PULC-street.png"
echo "Every epoch, clock offset and excluded satellite:   $OUT/*.csv"
