#!/usr/bin/env bash
# Two made-up stations positioned by each system alone and by both; then a day of a joint network with a fault of every kind, assessed.
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
  set -- "$OUT/$station"*MO.rnx --nav "$OUT/"*MN.rnx --truth "$OUT/stations.csv" --plot "$picture" "$@"
  show armillary position "$@"
  "$BIN/armillary" position "$@"
}

position WUHR WUHR --out "$OUT/WUHR.csv"
position PULC PULC --out "$OUT/PULC.csv"
echo; echo "The second station again, in a street: nothing below 40 degrees is in view."
position PULC PULC-street --mask-deg 40

echo; echo "A day of a joint network: three stations of each operator hosted by the other, three of each at home, and a fault of every kind."
show armillary simulate network-faults --out "$OUT/network"
"$BIN/armillary" simulate network-faults --out "$OUT/network"

show armillary assess "$OUT/network" --out "$OUT/assessed" --systems glonass+beidou
"$BIN/armillary" assess "$OUT/network" --out "$OUT/assessed" --systems glonass+beidou

echo; echo "What was put in, and what the assessment found without knowing of it:"
"$BIN/python" examples/find_faults.py "$OUT/network/truth.json" "$OUT/assessed/assessment.json"

echo
echo "Pictures of each system alone and of both together: $OUT/WUHR.png, PULC.png and PULC-street.png"
echo "Every epoch, clock offset and excluded satellite:   $OUT/*.csv"
echo "The assessment of the network, open it in a browser: $OUT/assessed/report.html"
