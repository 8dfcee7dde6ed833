/** A change of the example, and exactly what is said about it: `path: message hint`. */
export type Case = { set?: string; rename?: string; to: unknown; faults: string[] };
