import { commandError } from '../../src/domain/errors.ts';
import type { Neutralised } from '../../src/domain/neutralising.ts';
import type { ActContext, StepResult } from '../engine.ts';
import { deadlineOf, eachRow, type InCopy, type OpenCopy, type PackArgs } from './neutralise.ts';
import { filled } from './packs.ts';
import type { ActStep } from '../plan.ts';

type FileArgs = { file: string; assertion: string };

/** Of an assertion's answer more rows are not counted. */
export const askedMost = 1000;
/** How many of the things in which a pack finds something are named. */
const namedMost = 6;

/**
 * The act that proves in the new database what each pack and each own file is to have brought about; reads only, and gets to know names of
 * tables and columns, and counts. Throws Command: `not-neutral` with all that is not so, `assertion-refused` where that can't be told.
 */
export function provingNeutral(inCopy: OpenCopy) {
  return async (step: ActStep, context: ActContext): Promise<StepResult> => {
    const { held } = step.args as { held: readonly (PackArgs | FileArgs)[] };
    const open: string[] = [];
    const neutralised: Neutralised[] = [];
    await inCopy(context, async (copy) => {
      for (const [at, one] of held.entries()) {
        open.push(
          ...(await copy.readOnly(() => ('pack' in one ? openOfPack(copy, one) : openOfFile(copy, one)))),
        );
        neutralised.push(didOf(context, one));
        context.progress((at + 1) / held.length);
      }
    });
    if (open.length === 0) return { neutralised };
    throw commandError(
      'not-neutral',
      `The copy could act on the world: ${open.join('; ')}.`,
      'Look at `neutralise` of the site file, and at the scripts; the live database stays as it is.',
    );
  };
}

async function openOfPack(copy: InCopy, args: PackArgs): Promise<string[]> {
  const found: string[] = [];
  const deadline = deadlineOf(args);
  for (const part of args.parts) {
    if (part.holds === undefined) continue;
    await eachRow(copy, args, part, deadline, async (values) => {
      const rows = await copy.rows<{ what: string; n: string | number }>(filled(part.holds!, values));
      for (const { what, n } of rows) if (Number(n) > 0) found.push(`${n} in ${what}`);
    });
  }
  if (found.length === 0) return [];
  const more = found.length > namedMost ? ` and in ${found.length - namedMost} more` : '';
  return [`"${args.pack}" finds ${found.slice(0, namedMost).join(', ')}${more}`];
}

async function openOfFile(copy: InCopy, { file, assertion }: FileArgs): Promise<string[]> {
  try {
    const { rows, yes } = await copy.asked(assertion.trim().replace(/;$/, ''));
    if (yes) return [];
    return [`"${file}" does not hold: it answers ${rows >= askedMost ? 'many' : rows} row(s)`];
  } catch (error) {
    const refusal = copy.refusal(error);
    if (refusal === undefined) throw error;
    throw commandError(
      'assertion-refused',
      `The assertion of "${file}" can't be asked: ${refusal === 'too-long' ? 'it took too long' : refusal.words}.`,
      'It must be one query that only reads; correct it.',
    );
  }
}

/** What was done, by the result of its own step; files are run by tools, which count nothing. */
function didOf({ results, item }: ActContext, one: PackArgs | FileArgs): Neutralised {
  if (!('pack' in one)) return { name: one.file };
  const { rows, nothing } = results[`${item.database}.neutralise-${one.pack}`] ?? {};
  return {
    name: one.pack,
    ...(typeof rows === 'number' ? { rows } : {}),
    ...(nothing === true ? { nothing: true as const } : {}),
  };
}
