import { type Inline, unescaped, webAddress } from './tree.ts';

const id = /^[A-Z0-9]{2,}$/;

function splitLabel(inside: string): [target: string, label: string | undefined] {
  const at = inside.indexOf('|');
  return at < 0 ? [inside, undefined] : [inside.slice(0, at), unescaped(inside.slice(at + 1))];
}

function command(target: string, label: string | undefined): Inline {
  const date = /^!date\^(\d{1,10})\^([^^]*)(?:\^(.*))?$/.exec(target);
  if (date) {
    const [, seconds = '0', format = '', link] = date;
    const href = link === undefined ? undefined : webAddress(unescaped(link));
    return {
      kind: 'date',
      seconds: Number(seconds),
      format: unescaped(format),
      ...(href !== undefined && { href }),
      fallback: label ?? '',
    };
  }
  const broadcast = /^!(here|channel|everyone)$/.exec(target);
  if (broadcast) return { kind: 'group', label: `@${broadcast[1]}` };
  if (target.startsWith('!subteam^'))
    return { kind: 'group', label: label ?? `@${unescaped(target.slice('!subteam^'.length))}` };
  return { kind: 'text', text: label ?? unescaped(`<${target}>`) };
}

/** What stands between `<` and `>`: a mention, a channel, a moment, or a link. An address that is not of the web becomes its
 *  text; undefined where it is no reference at all. */
export function reference(inside: string): Inline | undefined {
  const [target, label] = splitLabel(inside);
  const named = label === undefined || label === '' ? {} : { label };
  if (target.startsWith('@') && id.test(target.slice(1)))
    return { kind: 'user', id: target.slice(1), ...named };
  if (target.startsWith('#') && id.test(target.slice(1)))
    return { kind: 'channel', id: target.slice(1), ...named };
  if (target.startsWith('!')) return command(target, named.label);
  const address = unescaped(target);
  const href = webAddress(address);
  const text = named.label ?? address.replace(/^mailto:/, '');
  if (href !== undefined) return { kind: 'link', href, children: [{ kind: 'text', text }] };
  return /^[a-z][a-z0-9+.-]*:/i.test(address) ? { kind: 'text', text } : undefined;
}
