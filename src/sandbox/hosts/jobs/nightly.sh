#!/bin/sh
# Nightly backup of the production shop: nightly.sh [--at STAMP] custom|directory
. "${0%/*}/backup-lib.sh"
part="$BACKUPS/nightly/.orders_$stamp.part"
case ${1:-custom} in
custom)
  "$PGBIN/pg_dump" --format=custom --file="$part" orders
  publish "$part" "$BACKUPS/nightly/orders_$stamp.dump"
  ;;
directory)
  "$PGBIN/pg_dump" --format=directory --jobs=2 --compress=1 --file="$part" orders
  publish "$part" "$BACKUPS/nightly/orders_$stamp.dir"
  ;;
esac
