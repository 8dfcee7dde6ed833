import type { ComponentChildren } from 'preact';
import { onLink } from '../../go.ts';

/** A link that leads to a page, and never into a script; one that leads to an issue or a card stays in this page. */
export function SafeLink({ href, children }: { href: string; children: ComponentChildren }) {
  const safe = URL.canParse(href) && ['http:', 'https:', 'mailto:'].includes(new URL(href).protocol);
  if (!safe) return <>{children}</>;
  return (
    <a href={href} onClick={onLink} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}
