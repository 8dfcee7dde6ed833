import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** Shows a popover below (or, where there is no room, above) its anchor, above everything else, and follows it. `close` is
 *  called for a press beside both. */
export function usePopup(
  open: boolean,
  anchor: RefObject<HTMLElement>,
  popup: RefObject<HTMLElement>,
  close: () => void,
): void {
  useLayoutEffect(() => {
    const [from, shown] = [anchor.current, popup.current];
    if (!open || !from || !shown) return undefined;
    shown.showPopover();

    function place(): void {
      const box = from!.getBoundingClientRect();
      const below = window.innerHeight - box.bottom - 12;
      const above = box.top - 12;
      const isBelow = below >= Math.min(shown!.scrollHeight, 280) || below >= above;
      const width = Math.max(box.width, 180);
      Object.assign(shown!.style, {
        maxHeight: `${Math.min(280, isBelow ? below : above)}px`,
        minWidth: `${width}px`,
        maxWidth: `${Math.min(Math.max(width, 360), window.innerWidth - 16)}px`,
        left: `${Math.max(8, Math.min(box.left, window.innerWidth - shown!.offsetWidth - 8))}px`,
        top: isBelow ? `${box.bottom + 4}px` : 'auto',
        bottom: isBelow ? 'auto' : `${window.innerHeight - box.top + 4}px`,
      });
    }
    function pressed(event: PointerEvent): void {
      const on = event.target as Node;
      if (!from!.contains(on) && !shown!.contains(on)) close();
    }
    place();
    const grown = new ResizeObserver(place);
    grown.observe(shown);
    grown.observe(from);
    document.addEventListener('scroll', place, true);
    document.addEventListener('pointerdown', pressed, true);
    window.addEventListener('resize', place);
    return () => {
      grown.disconnect();
      document.removeEventListener('scroll', place, true);
      document.removeEventListener('pointerdown', pressed, true);
      window.removeEventListener('resize', place);
    };
  }, [open]);
}
