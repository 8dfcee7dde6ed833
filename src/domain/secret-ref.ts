/** `env:NAME` or `file:/path`: where a secret is, never the secret. Read when needed, never printed. */
export type SecretRef = `env:${string}` | `file:${string}`;
