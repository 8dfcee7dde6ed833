# What the backup jobs share. Sourced; BACKUP_CONF names the file with PGBIN, BACKUPS and libpq's settings.
set -eu
umask 077
. "${BACKUP_CONF:?names the settings file}"
export PGHOST PGPORT PGUSER PGPASSFILE
# pg_dump writes local time into archives, without its zone.
export TZ=UTC

stamp=$(date -u +%Y-%m-%dT%H%MZ)
[ "${1:-}" = --at ] && { stamp=$2; shift 2; }
database=orders
[ "${1:-}" = --database ] && { database=$2; shift 2; }

# Puts a finished backup under its final name: whoever looks sees whole ones only.
publish() {
  mv "$1" "$2"
  echo "$2"
}
