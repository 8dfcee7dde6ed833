import { CircleAlert, CircleCheckBig, Info, NotebookPen, TriangleAlert } from 'lucide-preact';
import { Fragment, type ComponentChildren, type VNode } from 'preact';
import { SafeLink } from './safe-link.tsx';

type Mark = { type: string; attrs?: Record<string, unknown> };
type Node = {
  type: string;
  text?: string;
  attrs?: Record<string, unknown>;
  marks?: readonly Mark[];
  content?: readonly Node[];
};

/** A document of Atlassian's format, drawn as elements; nothing in it is ever taken for HTML. */
export function Adf({ node }: { node: unknown }): VNode {
  return <Drawn node={node as Node} />;
}

function inside(node: Node): ComponentChildren {
  return node.content?.map((child, n) => <Drawn key={n} node={child} />);
}

function said(node: Node, name: string): string {
  const value = node.attrs?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function Drawn({ node }: { node: Node }): VNode {
  const draw = Object.hasOwn(drawings, node.type) ? drawings[node.type] : undefined;
  // What is not known yet shows at least what stands in it.
  return draw ? draw(node) : <Fragment>{node.text ?? inside(node)}</Fragment>;
}

const drawings: Readonly<Record<string, (node: Node) => VNode>> = {
  paragraph: (node) => <p>{inside(node)}</p>,
  text: (node) => marked(node),
  hardBreak: () => <br />,
  rule: () => <hr />,
  heading: (node) => heading(node),
  bulletList: (node) => <ul>{inside(node)}</ul>,
  orderedList: (node) => <ol start={Number(said(node, 'order') || 1)}>{inside(node)}</ol>,
  listItem: (node) => <li>{inside(node)}</li>,
  taskList: (node) => <ul>{inside(node)}</ul>,
  taskItem: (node) => (
    <li>
      {said(node, 'state') === 'DONE' ? '☑' : '☐'} {inside(node)}
    </li>
  ),
  blockquote: (node) => <blockquote>{inside(node)}</blockquote>,
  codeBlock: (node) => (
    <pre>
      <code>{inside(node)}</code>
    </pre>
  ),
  panel: (node) => panel(node),
  table: (node) => (
    <div class="table-scroll">
      <table>
        <tbody>{inside(node)}</tbody>
      </table>
    </div>
  ),
  tableRow: (node) => <tr>{inside(node)}</tr>,
  tableHeader: (node) => <th {...spans(node)}>{inside(node)}</th>,
  tableCell: (node) => <td {...spans(node)}>{inside(node)}</td>,
  status: (node) => <span class={`lozenge ${colours[said(node, 'color')] ?? ''}`}>{said(node, 'text')}</span>,
  date: (node) => <time>{new Date(Number(said(node, 'timestamp'))).toLocaleDateString('en-GB')}</time>,
  mention: (node) => <span class="mention">{said(node, 'text')}</span>,
  emoji: (node) => <>{said(node, 'text') || said(node, 'shortName')}</>,
  inlineCard: (node) => <SafeLink href={said(node, 'url')}>{said(node, 'url')}</SafeLink>,
  expand: (node) => (
    <details>
      <summary>{said(node, 'title')}</summary>
      {inside(node)}
    </details>
  ),
};

const colours: Readonly<Record<string, string>> = {
  green: 'good',
  yellow: 'warn',
  red: 'bad',
  blue: 'info',
  purple: 'info',
};

function marked(node: Node): VNode {
  return (node.marks ?? []).reduce<VNode>(
    (drawn, mark) => {
      if (mark.type === 'strong') return <strong>{drawn}</strong>;
      if (mark.type === 'em') return <em>{drawn}</em>;
      if (mark.type === 'code') return <code>{drawn}</code>;
      if (mark.type === 'underline') return <u>{drawn}</u>;
      if (mark.type === 'strike') return <s>{drawn}</s>;
      if (mark.type === 'subsup')
        return mark.attrs?.['type'] === 'sub' ? <sub>{drawn}</sub> : <sup>{drawn}</sup>;
      const href = mark.attrs?.['href'];
      return mark.type === 'link' && typeof href === 'string' ? (
        <SafeLink href={href}>{drawn}</SafeLink>
      ) : (
        drawn
      );
    },
    <>{node.text}</>,
  );
}

function heading(node: Node): VNode {
  // The dialog's title is the first level, so the document's begins below it.
  const level = Math.min(6, Math.max(3, Number(said(node, 'level') || 3)));
  const Heading = `h${level}` as 'h3';
  return <Heading>{inside(node)}</Heading>;
}

const panels = {
  info: ['info', Info],
  note: ['info', NotebookPen],
  success: ['good', CircleCheckBig],
  warning: ['warn', TriangleAlert],
  error: ['bad', CircleAlert],
} as const;

function panel(node: Node): VNode {
  const [look, Icon] = panels[said(node, 'panelType') as keyof typeof panels] ?? panels.info;
  return (
    <div class={`panel ${look}`}>
      <Icon size={18} aria-hidden="true" />
      <div>{inside(node)}</div>
    </div>
  );
}

function spans(node: Node): { colSpan?: number; rowSpan?: number } {
  const colSpan = Number(said(node, 'colspan') || 1);
  const rowSpan = Number(said(node, 'rowspan') || 1);
  return { ...(colSpan > 1 ? { colSpan } : {}), ...(rowSpan > 1 ? { rowSpan } : {}) };
}
