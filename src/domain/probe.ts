/** What a look at one thing found: one line for people, and the remedy where it is not well. */
export type Finding = { ok: boolean; says: string; remedy?: string };

/** Something that `npx freshet check` looks at. Changes nothing. Throws only what it did not expect. */
export type Probe = { name: string; run(): Promise<Finding> };
