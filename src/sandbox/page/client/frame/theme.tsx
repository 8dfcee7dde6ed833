import { effect, signal } from '@preact/signals';
import { Monitor, Moon, Sun } from 'lucide-preact';

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const theme = signal<Theme>(themes.find((one) => one === localStorage.getItem('theme')) ?? 'system');

effect(() => {
  // Without the attribute the colours follow the system.
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
  localStorage.setItem('theme', theme.value);
});

const icons = { system: Monitor, light: Sun, dark: Moon };

/** Light, dark, or as the system has it; one button that goes round. */
export function ThemeSwitch() {
  const next = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
  const Icon = icons[theme.value];
  return (
    <button
      type="button"
      class="button icon theme"
      title={`Colours: ${theme.value}. Change to ${next}`}
      aria-label={`Colours: ${theme.value}. Change to ${next}`}
      onClick={() => (theme.value = next)}
    >
      <Icon size={18} aria-hidden="true" />
    </button>
  );
}
