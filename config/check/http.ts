import type { Report } from './report.ts';

/** What only one's own network may read has a port of its own. */
export function checkHttp(report: Report): void {
  const { http } = report.file;
  const metrics = http?.metrics;
  if (http === undefined || metrics === undefined) return;
  if (metrics.port !== undefined && metrics.port === http.port) {
    report.fault(
      ['http', 'metrics', 'port'],
      `"${metrics.port}" is http.port, too; expected a port of its own.`,
      'Slack and Jira may reach http.port from the internet; metrics are for your own network.',
    );
  }
  const { address } = metrics;
  if (address === undefined || isLoopback(address)) return;
  report.warn(
    ['http', 'metrics', 'address'],
    `Whoever reaches "${address}" can read metrics, and the names of databases, environments and hosts in them.`,
    'Let only Prometheus reach it, or say 127.0.0.1.',
  );
}

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}
