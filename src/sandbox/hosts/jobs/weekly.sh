#!/bin/sh
# Weekly backup as plain SQL, for the archive: weekly.sh [--at STAMP] gzip|zstd|plain
. "${0%/*}/backup-lib.sh"
part="$BACKUPS/weekly/.orders_$stamp.sql"
"$PGBIN/pg_dump" --format=plain --file="$part" orders
case ${1:-gzip} in
gzip)
  gzip -n "$part"
  publish "$part.gz" "$BACKUPS/weekly/orders_$stamp.sql.gz"
  ;;
zstd)
  zstd -q --rm "$part"
  publish "$part.zst" "$BACKUPS/weekly/orders_$stamp.sql.zst"
  ;;
plain) publish "$part" "$BACKUPS/weekly/orders_$stamp.sql" ;;
esac
