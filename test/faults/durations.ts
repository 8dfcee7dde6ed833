/** The short form in `npm test`, the long one in `npm run faults`; seconds, or how often. */
export function span(short: number, long: number): number {
  return process.env.FRESHET_FAULTS === 'long' ? long : short;
}
