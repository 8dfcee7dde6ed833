#!/bin/sh
# Nightly backup of a production database: nightly.sh [--at STAMP] [--database NAME] custom|directory
. "${0%/*}/backup-lib.sh"
part="$BACKUPS/nightly/.${database}_$stamp.part"
case ${1:-custom} in
custom)
  "$PGBIN/pg_dump" --format=custom --file="$part" "$database"
  publish "$part" "$BACKUPS/nightly/${database}_$stamp.dump"
  ;;
directory)
  "$PGBIN/pg_dump" --format=directory --jobs=2 --compress=1 --file="$part" "$database"
  publish "$part" "$BACKUPS/nightly/${database}_$stamp.dir"
  ;;
esac
