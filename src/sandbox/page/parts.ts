import type { z } from 'zod';
import type { Player } from '../cast.ts';
import type { PartName, PartStates } from './state.ts';

/** What a person does to a part of the page; what it returns is the answer (`{}` where that is nothing). An error it
 *  throws is shown to them as it reads. */
export type Deed = (as: Player, input: unknown) => unknown;

/** A part of the page: its state as one person sees it, and what they can do to it. */
export type Part<Name extends PartName = PartName> = {
  readonly name: Name;
  state(as: Player): PartStates[Name] | Promise<PartStates[Name]>;
  /** By name: `POST /api/<part>/<deed>`. */
  readonly deeds: Readonly<Record<string, Deed>>;
  /** Calls back after each change until the returned function is called. Listened to only while somebody looks at the
   *  page, so a part that has to poll polls while there are listeners. */
  onChange(this: void, listener: () => void): () => void;
  /** Ends what it still does. */
  close?(this: void): Promise<void>;
};

/** Any of the parts: a part takes no argument that depends on its name. */
export type AnyPart = { [Name in PartName]: Part<Name> }[PartName];

/** A deed with checked input. */
export function deed<T>(schema: z.ZodType<T>, work: (as: Player, input: T) => unknown): Deed {
  return (as, input) => {
    const read = schema.safeParse(input);
    if (!read.success) throw new Refusal(`The page sent what this deed does not know: ${faults(read.error)}`);
    return work(as, read.data);
  };
}

/** Something a person can't do now, with the sentence they are shown. */
export class Refusal extends Error {}

function faults(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`).join('; ');
}
