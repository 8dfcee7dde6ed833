import type { Store } from '../../../store/store.ts';
import type { Part } from '../parts.ts';

/** What Freshet is doing. */
export function freshetPart(_store: Store | undefined): Part<'freshet'> {
  return { name: 'freshet', state: () => ({ running: [] }), deeds: {}, onChange: () => () => undefined };
}
