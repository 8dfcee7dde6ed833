import { bytesText } from '../../domain/amounts.ts';
import { behindColon, changesText, estimateText, schemaTexts, type Impact } from '../../domain/impact.ts';
import { kindFacts } from '../../domain/request-kinds.ts';
import type { RequestView } from '../../service/views/view.ts';
import { atMost, line, utc, type Block, type Span } from './text.ts';

/** Jira takes long lists, and nobody reads them. */
const mostLines = 60;

/** What a request costs others, as it was looked at: what is lost first. Nothing before somebody has looked. */
export function impactBlocks(view: RequestView): Block[] {
  const { impact, request } = view;
  if (impact === undefined) return [];
  const items = impact.items.flatMap((one): Span[][] => {
    const item = request.items.find(({ database }) => database === one.database);
    const onto = line(item?.databaseName ?? one.database, 63);
    const from = item?.backup?.id ?? 'the kept copy';
    const schema = one.schema === undefined ? [] : schemaTexts(one.schema, onto, from);
    return [
      [{ strong: onto }, `: ${factsOf(one, impact.names).join('; ')}.`],
      ...schema.map(({ text, lost }): Span[] => {
        // What is lost says itself where; of the others it is not known from which line they come.
        const told = line(lost ? text : `${onto}: ${behindColon(text)}`, 700);
        return lost ? [{ strong: told }] : [told];
      }),
    ];
  });
  return [
    { heading: `What it costs others, as of ${utc(impact.at)}` },
    { list: atMost(items, mostLines, (left): Span[] => [`and ${left} more lines`]) },
  ];
}

function factsOf(impact: Impact, names: Readonly<Record<string, string>>): string[] {
  const { sessions, last, changes, liveBytes, freeBytes, estimate } = impact;
  return [
    'unknown' in sessions
      ? `who is connected is not known: ${line(sessions.unknown, 200)}`
      : sessions.count === 0
        ? 'nobody is connected'
        : `${sessions.count} ${sessions.count === 1 ? 'session is' : 'sessions are'} open, ${line(sessions.names, 240)}`,
    last === undefined
      ? 'never refreshed by Freshet'
      : `last ${kindFacts[last.kind].brings === 'kept-copy' ? 'undone' : 'refreshed'} ${utc(new Date(last.at))} by ${line(names[last.by] ?? last.by, 60)}${last.backup === undefined ? '' : ` from ${last.backup}`} (${last.request})`,
    ...(changes === undefined ? [] : [line(changesText(changes), 400)]),
    ...(liveBytes === undefined
      ? []
      : [
          `${bytesText(liveBytes)} now, ${freeBytes === undefined ? 'free space unknown' : `${bytesText(freeBytes)} free`}`,
        ]),
    ...(estimate === undefined ? [] : [estimateText(estimate)]),
  ];
}
