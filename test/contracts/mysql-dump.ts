/** A value that never comes back from a host. */
export const marked = 'MARKED-ROW-4711@example.com';

/** What a dump of mariadb-dump begins with. */
export const head = [
  '/*M!999999\\- enable the sandbox mode */ ',
  '-- MariaDB dump 10.19  Distrib 10.11.18-MariaDB, for debian-linux-gnu (x86_64)',
  '--',
  '-- Host: localhost    Database: web shop',
  '-- ------------------------------------------------------',
  '-- Server version\t10.11.18-MariaDB-0+deb12u1',
  '',
  '/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;',
  '/*!40101 SET NAMES utf8mb4 */;',
];

/** What it ends with. */
export const foot = [
  '/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;',
  '',
  '-- Dump completed on 2026-11-27  1:24:59',
  '',
];

/** As the server shows a routine that somebody wrote so. */
export const routine = [
  'DELIMITER ;;',
  'CREATE DEFINER=`root`@`localhost` PROCEDURE `p`()',
  'begin',
  '-- Dump completed on 2019-01-01  0:00:00',
  'USE `live`;',
  'end ;;',
  'DELIMITER ;',
];

/** Two rows that look like much else. */
export const rows = [
  'INSERT INTO `t` VALUES',
  `(1,'${marked};\\nb\\n-- Dump completed on 2020-01-01  0:00:00\\nc','{\\"a\\":1}'),`,
  "(2,'USE `live`;',NULL);",
];

/** A table as it is written, a line a column or index. */
export function table(name: string, lines: readonly string[], options = 'ENGINE=InnoDB'): string[] {
  const parts = lines.map((line, at) => (at < lines.length - 1 ? `${line},` : line));
  return [`DROP TABLE IF EXISTS ${name};`, `CREATE TABLE ${name} (`, ...parts, `) ${options};`];
}

export function dump(...parts: readonly (readonly string[])[]): string {
  return [head, ...parts, foot].flat().join('\n');
}
