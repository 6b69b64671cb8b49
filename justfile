# Recipes for daily work. Those that check are the steps of .ci/run.

# List the recipes
default:
    @just --list

# All that a change must pass
ci:
    .ci/run

# Whether the code is formatted
format:
    .ci/run format

# Lints, warnings as errors
lint:
    .ci/run lint

# All tests
test:
    .ci/run tests

# Whether out/ is what the stacks and environments render
out:
    .ci/run out

# The API documentation, warnings as errors
docs:
    .ci/run docs

# Whether the fuzz targets compile
fuzz:
    .ci/run fuzz

# Licences, banned crates and sources; advisories as a report
supply-chain:
    .ci/run supply-chain

# Make what the golden cases do what they are expected to do; read the diff before you commit
bless *NAME:
    GEN_BLESS=1 cargo test --test cases -- {{ NAME }}

# Write docs/reference/ and the schema tables anew
generate:
    cargo run --example reference
    cargo run --example schema-tables
