import { z } from 'zod';
import { oneOf } from '../src/domain/errors.ts';
import { linkableFronts } from '../src/domain/link.ts';
import { parseBackupId, parseRequestId } from '../src/domain/ids.ts';
import { parseTicketKey } from '../src/domain/ticket.ts';

/** Fields that several commands share, each refusing with a sentence of its own. */

export const environmentField = z
  .string('name an environment')
  .trim()
  .toLowerCase()
  .min(1, 'name an environment');
export const databaseField = z.string('name a database').trim().toLowerCase().min(1, 'name a database');

export const repositoryField = z.string('name a repository').trim().min(1, 'name a repository');

export const scheduleField = z
  .string('name a schedule such as nightly-ci')
  .trim()
  .toLowerCase()
  .min(1, 'name a schedule such as nightly-ci');

export const requestField = z.string('name a request such as REQ-12').transform((text, context) => {
  const id = parseRequestId(text);
  if (id !== undefined) return id;
  context.addIssue({
    code: 'custom',
    message: `"${text.slice(0, 40)}" is no request; expected a number such as REQ-12`,
  });
  return z.NEVER;
});

export const backupField = z.string('name a backup such as BKP-12').transform((text, context) => {
  const id = parseBackupId(text);
  if (id !== undefined) return id;
  context.addIssue({
    code: 'custom',
    message: `"${text.slice(0, 40)}" is no backup; expected a number such as BKP-12`,
  });
  return z.NEVER;
});

/** The front of an account that somebody links. */
export const linkableField = z
  .string(`name where: ${oneOf(linkableFronts)}`)
  .trim()
  .toLowerCase()
  .pipe(z.enum(linkableFronts, `expected ${oneOf(linkableFronts)}`));

export const reasonField = z.string().trim().default('');

/** A switch; absent counts as off. */
export const glassField = z.boolean().optional();

/** When it shall start, as people say it; `startFrom` reads it in the environment's zone. */
export const atField = z
  .string('say when it shall start, such as "22:00"')
  .trim()
  .max(100, 'a moment is at most 100 characters')
  .optional();

/** How far back, as people say it; `asOfFrom` reads it in the environment's zone. */
export const asOfField = z
  .string('say how far back, such as "monday 03:00"')
  .trim()
  .max(100, 'a moment is at most 100 characters')
  .optional();

export const ticketField = z
  .string('name a ticket such as SHOP-123')
  .transform((text, context) => {
    const key = parseTicketKey(text);
    if (key !== undefined) return key;
    context.addIssue({
      code: 'custom',
      message: `"${text.slice(0, 40)}" is no ticket; expected a key of Jira such as SHOP-123`,
    });
    return z.NEVER;
  })
  .optional();

export const pageField = z.coerce
  .number('a page is a number from 1 up')
  .int('a page is a whole number from 1 up')
  .min(1, 'a page is a number from 1 up')
  .max(100_000, 'there is no such page')
  .default(1);

/** `7d`, `12h`, or a date: how far back, as a function of the moment it is asked at. */
export const sinceField = z
  .string()
  .transform((text, context): { text: string; atOrAfter: (now: Date) => Date } => {
    const span = /^(\d{1,4})(h|d|w)$/i.exec(text.trim());
    if (span !== null) {
      const hours = { h: 1, d: 24, w: 168 }[span[2]!.toLowerCase() as 'h' | 'd' | 'w'];
      return {
        text: text.trim(),
        atOrAfter: (now) => new Date(now.getTime() - Number(span[1]) * hours * 3_600_000),
      };
    }
    const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/.test(text.trim())
      ? new Date(text.trim())
      : undefined;
    if (date !== undefined && !Number.isNaN(date.getTime()))
      return { text: text.trim(), atOrAfter: () => date };
    context.addIssue({
      code: 'custom',
      message: `"${text.slice(0, 40)}" is no moment; expected 12h, 7d, 2w or a date such as 2026-11-01`,
    });
    return z.NEVER;
  });
