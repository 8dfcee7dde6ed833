import { signal } from '@preact/signals';

/** Whom one acts as: in this window only, so that two windows can be two people. */
export const me = signal(
  new URLSearchParams(location.search).get('as') ?? sessionStorage.getItem('as') ?? 'dana',
);

export function actAs(id: string): void {
  sessionStorage.setItem('as', id);
  const url = new URL(location.href);
  url.searchParams.set('as', id);
  history.replaceState(null, '', url);
  me.value = id;
}
