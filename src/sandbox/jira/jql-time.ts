import { badRequest } from './errors.ts';
import type { Operand } from './jql.ts';

const units: Readonly<Record<string, number>> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000 };

/** JQL knows minutes, not seconds; times are in the zone of the account that asks, which is UTC for all of ours. */
export function timeOf(field: string, value: Operand, now: number): number {
  if (value.kind === 'function') {
    if (value.text === 'now') return now;
    throw badRequest(`Unable to find JQL function '${value.text}()'.`);
  }
  const relative = /^([+-]?)((?:\d+[wdhm]\s*)+)$/.exec(value.text);
  if (relative) {
    const parts = [...(relative[2] ?? '').matchAll(/(\d+)([wdhm])/g)];
    const sum = parts.reduce((total, part) => total + Number(part[1]) * (units[part[2] ?? ''] ?? 0), 0);
    return now + (relative[1] === '-' ? -sum : sum);
  }
  if (/^-?\d{5,}$/.test(value.text)) return Number(value.text);
  const date = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?: (\d{1,2}):(\d{2}))?$/.exec(value.text);
  if (!date) {
    throw badRequest(
      `Date value '${value.text}' for field '${field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.`,
    );
  }
  const [year, month, day, hour, minute] = date.slice(1).map((each) => Number(each ?? 0));
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute);
}
