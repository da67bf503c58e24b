# What people and CI run; both run the same.

# Formatting, lints, licences.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    if command -v cargo-deny >/dev/null; then cargo deny check licenses bans sources; else echo "cargo-deny is missing: licences not checked"; fi

# All tests; those that need a browser, an S3 server or another engine say so where it is missing.
test:
    cargo test --workspace

# The sample city, served.
demo:
    cargo run

# The second engine runs the same SQL on the same facts and compares every table.
oracle:
    cargo build
    python3 tests/oracle/cases.py
    python3 tests/oracle/run.py

# Changes the SQL in one place at a time and wants some case to fail each time.
mutate:
    python3 tests/oracle/mutate.py

# Speed and memory, with the peers in the same run.
bench:
    cargo build --release
    python3 benches/bench.py
    python3 benches/intake.py
    python3 benches/figures.py
    python3 benches/pages.py
    python3 benches/uploads.py

# Beside Superset, installed in the folder SUPERSET (benches/side.py says how), and dbt + DuckDB.
side SUPERSET="":
    cargo build --release
    python3 benches/side.py --superset "{{SUPERSET}}"
