/** SQL: a table with one column `seq`, the whole numbers from `first` to `last`; as MySQL 8 and MariaDB 10.6 both know it. */
export function numbers(first: number, last: number): string {
  const cells = `CONCAT('[0', REPEAT(',0', ${last - first}), ']')`;
  return `(SELECT ${first - 1} + at_ AS seq FROM JSON_TABLE(${cells}, '$[*]' COLUMNS (at_ FOR ORDINALITY)) j) numbers`;
}
