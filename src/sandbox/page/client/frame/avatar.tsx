/** Initials on a colour of their own; decoration, the name stands beside it. */
export function Avatar({ name, id, size = 28 }: { name: string; id?: string; size?: number }) {
  const initials = name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .slice(0, 2)
    .join('');
  return (
    <span
      class="initials"
      data-who={id ?? name.split(' ')[0]?.toLowerCase()}
      style={{ '--size': `${size}px` }}
      aria-hidden="true"
    >
      {initials}
    </span>
  );
}
