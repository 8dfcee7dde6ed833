import type { Event } from '../../domain/event.ts';
import { changedTexts } from '../../domain/impact.ts';
import { neutralisedText } from '../../domain/neutralising.ts';
import { keepsCopy } from '../../domain/run.ts';
import { type RequestView } from '../../service/views/view.ts';
import { atMost, bytesText, durationText, line, paragraph, utc, type Block, type Span } from './text.ts';

/** What was done to keep the copies from acting on the world, and was proven in them. */
export function neutralised(view: RequestView): Block[] {
  const databases = view.request.items.map((item) => item.database);
  const proven = view.events.filter((each) => each.type === 'item-neutralised');
  const items = databases.flatMap((database): Span[][] => {
    const held = proven.findLast((each) => each.database === database)?.held;
    return held === undefined
      ? []
      : [[{ strong: line(database, 60) }, `: ${line(neutralisedText(held), 600)}`]];
  });
  if (items.length === 0) return [];
  return [
    paragraph('Neutralised, and proven in the copy:'),
    { list: atMost(items, 40, (left): Span[] => [`and ${left} more`]) },
  ];
}

/** What has travelled from host to host in this attempt, once all of it is there. */
export function moved(view: RequestView, event: Event): Block[] {
  const start = lastStart(view, event);
  const items = view.events.flatMap((each): Span[][] => {
    if (each.type !== 'item-moved' || each.id <= start || each.id > event.id) return [];
    const bytes = view.backups[each.database]?.bytes;
    const size = bytes === undefined ? '' : `${bytesText(bytes)} `;
    return [
      [{ strong: line(each.database, 60) }, `: ${size}from ${line(each.from, 60)} to ${line(each.to, 60)}`],
    ];
  });
  return [
    paragraph('Moved from host to host, and compared on arrival:'),
    { list: atMost(items, 40, (left): Span[] => [`and ${left} more`]) },
  ];
}

export function swapped(view: RequestView, event: Event): Block[] {
  const start = lastStart(view, event);
  const swaps = view.events.flatMap((each) =>
    each.type === 'item-swapped' && each.id > start && each.id <= event.id ? [each] : [],
  );
  const first = new Set(view.swaps.filter((swap) => !keepsCopy(swap)).map((swap) => swap.database));
  const items = swaps.map((swap): Span[] => [
    { strong: line(swap.database, 60) },
    `: nobody could connect for ${durationText(swap.outageSeconds)}; `,
    ...(first.has(swap.database)
      ? ['there was none before it, so none is kept']
      : ['the replaced copy is kept as ', { code: line(swap.kept, 63) }]),
  ]);
  const lost = swaps.flatMap((swap) =>
    swap.notCarried.map((what): Span[] => [`${line(swap.database, 60)}: ${line(what, 150)}`]),
  );
  const kept = swaps.flatMap((swap) =>
    (swap.keeps ?? []).map((what): Span[] => [`${line(swap.database, 60)}: ${line(what, 300)}`]),
  );
  const changed = swaps.flatMap((swap) =>
    (swap.changed === undefined ? [] : changedTexts(swap.changed)).map((text): Span[] => [
      `${line(swap.database, 60)}: ${line(text, 700)}`,
    ]),
  );
  return [
    paragraph('Swapped.'),
    { list: atMost(items, 60, (left) => [`and ${left} more`]) },
    ...(lost.length === 0
      ? []
      : [
          paragraph('Could not be carried over from the replaced copy:'),
          { list: atMost(lost, 40, (left): Span[] => [`and ${left} more`]) },
        ]),
    ...(kept.length === 0
      ? []
      : [
          paragraph('Kept of the replaced copy:'),
          { list: atMost(kept, 40, (left): Span[] => [`and ${left} more`]) },
        ]),
    ...(changed.length === 0
      ? []
      : [
          paragraph('What the schema has otherwise now:'),
          { list: atMost(changed, 40, (left): Span[] => [`and ${left} more`]) },
        ]),
  ];
}

export function undoText(view: RequestView): string {
  if (!view.swaps.every(keepsCopy)) return '';
  const until = view.swaps.map((swap) => swap.keptUntil).toSorted((a, b) => a.getTime() - b.getTime())[0];
  return until === undefined ? '' : ` It can be undone until ${utc(until)}: /refresh undo ${view.request.id}`;
}

/** The event with which the run began that this one is of. */
export function lastStart(view: RequestView, event: Event): number {
  return view.events.findLast((each) => each.type === 'run-started' && each.id < event.id)?.id ?? 0;
}
