import { leftOf } from './alignment.ts';
import { listed } from './policy/words.ts';
import type { Request } from './request.ts';

/** `billing`, and `only billing` of what is taken apart: before what it is taken back of. */
export function onlyText({ alignment }: Pick<Request, 'alignment'>, names: string): string {
  return leftOf(alignment).length === 0 ? names : `only ${names}`;
}

/** How many databases a sentence names. */
const named = 6;

/**
 * `Only catalog is taken back: orders came with it in REQ-2 and stays as it is, so that what fitted together does so no longer.` Undefined
 * where nothing is taken apart.
 */
export function takenApartText(
  request: Pick<Request, 'alignment' | 'undoes'> & { items: readonly { database: string }[] },
): string | undefined {
  const left = leftOf(request.alignment);
  if (left.length === 0) return undefined;
  const back = request.items.map(({ database }) => database);
  const [are, it] = back.length > 1 ? ['are', 'them'] : ['is', 'it'];
  const stay = left.length > 1 ? 'stay as they are' : 'stays as it is';
  return `Only ${few(back)} ${are} taken back: ${few(left)} came with ${it} in ${request.undoes ?? 'that refresh'} and ${stay}, so that what fitted together does so no longer.`;
}

function few(names: readonly string[]): string {
  const told = names.slice(0, named);
  return listed(names.length > named ? [...told, `${names.length - named} more`] : told);
}
