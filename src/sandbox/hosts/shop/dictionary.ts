import { PLACES, WORDS } from './words.ts';
import { text } from './measure.ts';

/** SQL: the words as a temporary table. Joined by number; an array would be unpacked for each row. */
export function dictionarySql(): string {
  const words = Object.entries(WORDS).flatMap(([kind, list]) =>
    list.map((value, n) => `(${text(kind)},${n},${text(value)})`),
  );
  const places = PLACES.map(
    ([city, country, postcode], n) => `(${n},${text(city)},${text(country)},${text(postcode)})`,
  );
  return `
    DROP TABLE IF EXISTS pg_temp.word, pg_temp.place;
    CREATE TEMPORARY TABLE word (kind text, nr int, value text);
    INSERT INTO word VALUES ${words.join(',')};
    CREATE TEMPORARY TABLE place (nr int, city text, country_code char(2), postcode text);
    INSERT INTO place VALUES ${places.join(',')};
    ANALYZE word;
    ANALYZE place;`;
}

/** SQL: joins the words of a kind as `alias`, chosen by `number`. */
export function word(alias: string, kind: string, choose: (size: number) => string): string {
  const size = WORDS[kind]!.length;
  return `JOIN pg_temp.word ${alias} ON ${alias}.kind = ${text(kind)} AND ${alias}.nr = ${choose(size)}`;
}

/** SQL: joins the place of an address as `alias`. */
export function place(alias: string, choose: (size: number) => string): string {
  return `JOIN pg_temp.place ${alias} ON ${alias}.nr = ${choose(PLACES.length)}`;
}
