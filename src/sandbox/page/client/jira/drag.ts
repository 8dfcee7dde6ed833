import { signal } from '@preact/signals';
import type { Issue } from '../../jira/state.ts';
import { take, transitionTo } from './move.ts';

/** A card in somebody's hand. */
export type Drag = {
  issue: Issue;
  x: number;
  y: number;
  /** Where in the card it was taken, and how wide it is. */
  grip: { x: number; y: number; width: number };
  /** The column under it. */
  over: string | undefined;
};

export const drag = signal<Drag | undefined>();

/** A mouse that moves this far drags; less is a click. */
const clickPx = 5;
/** A finger that rests this long takes the card; one that moves sooner scrolls. */
const holdMs = 260;

/** For a card's `onPointerDown`. Drags with a mouse, a pen or a finger, and drops into the column below. */
export function grab(event: PointerEvent & { currentTarget: HTMLElement }, issue: Issue): void {
  if (event.button !== 0 || issue.transitions.length === 0) return;
  const card = event.currentTarget;
  const box = card.getBoundingClientRect();
  // In the hand it is no wider than a column is at least, so that it hides little of where it goes.
  const width = Math.min(box.width, 190);
  const grip = { x: Math.min(event.clientX - box.left, width - 20), y: event.clientY - box.top, width };
  const start = { x: event.clientX, y: event.clientY };
  const finger = event.pointerType === 'touch';
  const hold = finger ? setTimeout(() => begin(start.x, start.y), holdMs) : undefined;
  const ending = new AbortController();
  const { signal: until } = ending;

  function begin(x: number, y: number): void {
    drag.value = { issue, x, y, grip, over: columnAt(x, y) };
    if (finger) navigator.vibrate?.(10);
  }

  function moved({ clientX: x, clientY: y }: PointerEvent): void {
    const far = Math.hypot(x - start.x, y - start.y) > clickPx;
    if (drag.value === undefined) {
      if (finger && far) end();
      if (finger || !far) return;
    }
    begin(x, y);
    scrollNear(x);
  }

  function dropped(): void {
    const last = drag.value;
    end();
    if (last === undefined) return;
    swallowClick();
    const transition = last.over === undefined ? undefined : transitionTo(issue, last.over);
    if (transition !== undefined) take(issue, transition);
  }

  function end(): void {
    clearTimeout(hold);
    drag.value = undefined;
    ending.abort();
  }

  addEventListener('pointermove', moved, { signal: until });
  addEventListener('pointerup', dropped, { signal: until });
  addEventListener('pointercancel', end, { signal: until });
  addEventListener('keydown', (key) => key.key === 'Escape' && end(), { signal: until });
  // Once a finger has the card the board must not scroll away under it.
  addEventListener('touchmove', (touch) => drag.value && touch.preventDefault(), {
    signal: until,
    passive: false,
  });
}

/** The click that some browsers make of the release, at once, is not meant for the card. */
function swallowClick(): void {
  const over = new AbortController();
  addEventListener('click', (click) => click.stopPropagation(), { capture: true, signal: over.signal });
  setTimeout(() => over.abort());
}

function columnAt(x: number, y: number): string | undefined {
  const column = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-status]');
  return column?.dataset['status'];
}

/** A column that is out of sight comes nearer when the card is held at the board's edge. */
function scrollNear(x: number): void {
  const board = document.querySelector('.board');
  if (board === null) return;
  const { left, right } = board.getBoundingClientRect();
  if (x > right - 36) board.scrollLeft += 14;
  else if (x < left + 36) board.scrollLeft -= 14;
}
