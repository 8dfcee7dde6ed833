import assert from 'node:assert/strict';

/** One number of a page of metrics. */
export type Sample = { name: string; labels: Readonly<Record<string, string>>; value: number };

export type Metrics = {
  samples: readonly Sample[];
  types: ReadonlyMap<string, string>;
  /** The one number of this name with exactly these labels; undefined where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  of(name: string): Sample[];
};

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const line = new RegExp(`^(${name})(?:\\{(.*)\\})? (-?(?:\\d[0-9.eE+-]*|Inf)|\\+Inf|NaN)$`);
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

/**
 * Reads the text format of Prometheus strictly: https://prometheus.io/docs/instrumenting/exposition_formats/. Each family has help
 * and type before its samples and stands together, no sample comes twice, buckets grow, and `+Inf` equals the count.
 */
export function readMetrics(text: string): Metrics {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helps = new Set<string>();
  let family = '';
  for (const one of text.split('\n')) {
    if (one === '') continue;
    const help = new RegExp(`^# HELP (${name}) \\S.*$`).exec(one);
    if (help !== null) {
      assert.ok(!helps.has(help[1]!), `${help[1]} stands in two places`);
      helps.add((family = help[1]!));
      continue;
    }
    const type = new RegExp(`^# TYPE (${name}) (counter|gauge|histogram|summary)$`).exec(one);
    if (type !== null) {
      assert.equal(type[1], family, 'the type follows its help');
      types.set(family, type[2]!);
      continue;
    }
    const found = line.exec(one);
    assert.ok(found !== null, `no sample: ${one}`);
    const suffixes = types.get(family) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    assert.ok(
      suffixes.some((suffix) => found[1] === `${family}${suffix}`),
      `${found[1]} stands below ${family}`,
    );
    samples.push({ name: found[1]!, labels: readLabels(found[2] ?? ''), value: numberOf(found[3]!) });
  }
  const keys = samples.map((sample) => keyOf(sample.name, sample.labels));
  assert.equal(new Set(keys).size, keys.length, 'a sample comes twice');
  const metrics: Metrics = {
    samples,
    types,
    of: (wanted) => samples.filter((sample) => sample.name === wanted),
    value: (wanted, labels = {}) => samples[keys.indexOf(keyOf(wanted, labels))]?.value,
  };
  for (const [histogram, type] of types) if (type === 'histogram') checkBuckets(metrics, histogram);
  return metrics;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (label.lastIndex = 0; label.lastIndex < text.length;) {
    const at = label.lastIndex;
    const found = label.exec(text);
    assert.ok(found !== null, `no label: ${text.slice(at)}`);
    assert.ok(!Object.hasOwn(labels, found[1]!), `"${found[1]}" comes twice`);
    labels[found[1]!] = found[2]!.replaceAll('\\n', '\n').replaceAll('\\"', '"').replaceAll('\\\\', '\\');
  }
  return labels;
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function keyOf(of: string, labels: Readonly<Record<string, string>>): string {
  return `${of} ${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}

function withoutBound(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => label !== 'le'));
}

function checkBuckets(metrics: Metrics, histogram: string): void {
  for (const count of metrics.of(`${histogram}_count`)) {
    const buckets = metrics
      .of(`${histogram}_bucket`)
      .filter(({ labels }) => keyOf('', withoutBound(labels)) === keyOf('', count.labels));
    const bounds = buckets.map(({ labels }) => numberOf(labels['le']!));
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
      `${histogram}: bounds grow`,
    );
    const values = buckets.map(({ value }) => value);
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
      `${histogram}: buckets hold those below`,
    );
    assert.equal(bounds.at(-1), Infinity, `${histogram} has a last bucket`);
    assert.equal(values.at(-1), count.value, `${histogram}: the last bucket holds all`);
  }
}
