import { ExternalLink } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { Plain } from '../blocks/text.tsx';
import { webAddress } from '../markup/tree.ts';
import { useSurface } from '../surface.ts';
import type { ElementProps } from './element.tsx';

/** A button. While it is sent it takes no second press; it keeps the focus, so it is not disabled as browsers mean it. */
export function ButtonOf({ block, element }: ElementProps<'button'>) {
  const surface = useSurface();
  const [sending, setSending] = useState(false);
  const href = element.url === undefined ? undefined : webAddress(element.url);

  async function press(): Promise<void> {
    if (sending) return;
    const sent = await surface.act(block, element, undefined, () => setSending(true));
    setSending(false);
    if (sent && href !== undefined) window.open(href, '_blank', 'noopener,noreferrer');
  }

  return (
    <button
      type="button"
      class={`sbutton ${element.style ?? ''}`}
      aria-label={element.accessibility_label}
      aria-disabled={sending}
      aria-busy={sending}
      onClick={() => void press()}
    >
      <Plain text={element.text} names={surface.names} />
      {href !== undefined && <ExternalLink size={14} aria-hidden="true" />}
    </button>
  );
}
