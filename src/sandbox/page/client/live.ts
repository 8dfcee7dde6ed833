import { computed, effect, signal, type Signal } from '@preact/signals';
import type { PageState, PartName, PartStates } from '../state.ts';
import { me } from './me.ts';

/** What the server said last, part by part; undefined until it said something. Drawn by whoever reads the signals. */
export const parts: { readonly [Name in PartName]: Signal<PartStates[Name] | undefined> } = {
  slack: signal(),
  jira: signal(),
  databases: signal(),
  freshet: signal(),
};

export const page = signal<PageState | undefined>();

/** Whom one acts as, with name and ids. */
export const person = computed(() => page.value?.people.find(({ id }) => id === me.value));

/** `lost`: the sandbox does not answer; the page goes on asking. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting');

const againMs = 1000;

/** Follows the server for whoever one acts as, and comes back after it was gone. */
export function goLive(): void {
  effect(() => follow(me.value));
}

function follow(as: string): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // What somebody else sees is nobody's business, not even for a moment.
  for (const name of names) parts[name].value = undefined;

  function connect(): void {
    source = new EventSource(`/api/live?as=${encodeURIComponent(as)}`);
    source.addEventListener('page', (event) => welcome(read(event) as PageState));
    for (const name of names) source.addEventListener(name, (event) => keep(name, event));
    // The browser's own way of coming back gives up after some answers, and waits longer.
    source.addEventListener('error', () => {
      source?.close();
      connection.value = 'lost';
      timer = setTimeout(connect, againMs);
    });
  }

  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

const names = Object.keys(parts) as PartName[];

function keep(name: PartName, event: MessageEvent): void {
  (parts[name] as Signal<unknown>).value = read(event);
}

function welcome(state: PageState): void {
  // Another start of the sandbox has forgotten everything, and may speak another language.
  if (page.peek() !== undefined && page.peek()?.start !== state.start) location.reload();
  page.value = state;
  connection.value = 'live';
}

function read(event: MessageEvent): unknown {
  return JSON.parse(String(event.data));
}
