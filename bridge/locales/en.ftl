### Everything that people read. Same order and same ids as ru.ftl (tests/test_catalogue.py checks).
### Numbers are written as the language writes them (1,234), so ids are passed as strings.

## Configuration

## Check

## Command line

