#!/bin/sh
# Anonymised backup for test environments: copies production, masks the copy, dumps it, drops it.
# anonymised.sh [--at STAMP] [--database NAME] custom|directory
. "${0%/*}/backup-lib.sh"
copy="${database}_scratch_$stamp"
part="$BACKUPS/anonymised/.${database}_$stamp.part"
# Autovacuum is ended by a plain DROP DATABASE, and only by that: who is no superuser may not force it.
trap '"$PGBIN/dropdb" --if-exists "$copy" || "$PGBIN/dropdb" --if-exists --force "$copy"' EXIT
"$PGBIN/createdb" --template="$database" "$copy"
# psql reads the key from its file: an argument would show it to everybody on the machine.
export ANONYMISATION_KEY_FILE
"$PGBIN/psql" -X -q -v ON_ERROR_STOP=1 -d "$copy" \
  -c '\set key `cat "$ANONYMISATION_KEY_FILE"`' -f "${0%/*}/anonymise-$database.sql" >/dev/null
case ${1:-custom} in
custom)
  "$PGBIN/pg_dump" --format=custom --file="$part" "$copy"
  publish "$part" "$BACKUPS/anonymised/${database}_$stamp.dump"
  ;;
directory)
  "$PGBIN/pg_dump" --format=directory --jobs=2 --compress=1 --file="$part" "$copy"
  publish "$part" "$BACKUPS/anonymised/${database}_$stamp.dir"
  ;;
esac
