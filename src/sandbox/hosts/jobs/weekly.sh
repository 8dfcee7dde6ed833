#!/bin/sh
# Weekly backup as plain SQL, for the archive: weekly.sh [--at STAMP] [--database NAME] gzip|zstd|plain
. "${0%/*}/backup-lib.sh"
part="$BACKUPS/weekly/.${database}_$stamp.sql"
"$PGBIN/pg_dump" --format=plain --file="$part" "$database"
case ${1:-gzip} in
gzip)
  gzip -n "$part"
  publish "$part.gz" "$BACKUPS/weekly/${database}_$stamp.sql.gz"
  ;;
zstd)
  zstd -q --rm "$part"
  publish "$part.zst" "$BACKUPS/weekly/${database}_$stamp.sql.zst"
  ;;
plain) publish "$part" "$BACKUPS/weekly/${database}_$stamp.sql" ;;
esac
