#!/bin/sh
# Backup of a database of production's MariaDB as one dump: catalog.sh [--at STAMP] --database NAME nightly|anonymised
# An anonymised one is masked in a scratch copy first.
. "${0%/*}/backup-lib.sh"
# Without --comments the client takes comments out of the bodies of routines.
client() { "$MARIADB" --defaults-file="$MARIADB_DEFAULTS" --comments "$@"; }
dump() { "$MARIADB_DUMP" --defaults-file="$MARIADB_DEFAULTS" --single-transaction --routines --events --hex-blob "$@"; }

repository=${1:-nightly}
from=$database
part="$BACKUPS/$repository/.${database}_$stamp.sql"
if [ "$repository" = anonymised ]; then
  from="${database}_scratch"
  trap 'client --execute="DROP DATABASE IF EXISTS $from"' EXIT
  client --execute="DROP DATABASE IF EXISTS $from; CREATE DATABASE $from"
  # Through a file: sh does not tell when the first command of a pipe fails.
  dump "$database" >"$part"
  client "$from" <"$part"
  client "$from" <"${0%/*}/anonymise-$database.sql"
fi
dump "$from" >"$part"
gzip -nf "$part"
publish "$part.gz" "$BACKUPS/$repository/${database}_$stamp.sql.gz"
