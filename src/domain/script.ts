/** A SQL file of the environment, read with the site file; its digest is part of what is approved. */
export type Script = { path: string; sha256: string; text: string };
