#!/usr/bin/env bash
# Makes corpus/<reader>/ from the repository's fixtures, and takes the product's own versions of its dependencies.
set -eu
cd "$(dirname "$0")"
cp ../Cargo.lock Cargo.lock
for reader in xlsx xls csv json ndjson archive; do mkdir -p "corpus/$reader"; done
inbox=../tests/fixtures/qinghe/inbox
copy() { # EXTENSION READER: each file under a name that its folder makes unique
  find "$inbox" ../tests/fixtures/xls -name "*.$1" -size -40k | while read -r file; do
    cp "$file" "corpus/$2/$(echo "$file" | md5sum | cut -c1-12)"
  done
}
copy xlsx xlsx
copy xls xls
copy csv csv
copy json json
find "$inbox" -name '*.xlsx' | head -20 | while read -r file; do
  for sheet in $(unzip -Z1 "$file" 'xl/worksheets/*.xml'); do
    unzip -p "$file" "$sheet" > "corpus/xlsx/$(echo "$file$sheet" | md5sum | cut -c1-12).xml"
  done
done
find "$inbox" -name '*.json' | while read -r file; do
  python3 -c 'import json, sys
for row in json.load(open(sys.argv[1]))["rows"]: print(json.dumps(row, ensure_ascii=False))' "$file" \
    > "corpus/ndjson/$(echo "$file" | md5sum | cut -c1-12)"
done
(cd "$inbox/2019-11-08" && zip -q - ./*.csv ./*.xlsx) > corpus/archive/all
(cd "$inbox/2019-10-08" && zip -q0 - ./*.json) > corpus/archive/stored
