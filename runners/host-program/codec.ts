import { createHash } from 'node:crypto';
import { inputError, unavailable } from '../../src/domain/errors.ts';
import type { HostCause, HostPath, HostReportLines, HostStep, HostStepState, Word } from './step.ts';

/** The protocol number that this client speaks; the program says its own when a session opens. */
export const protocol = 1;

const plain = /^[A-Za-z0-9_./=:,@+-]*$/;
const plainByte = /[A-Za-z0-9_./=:,@+-]/;

/** One word for the wire: bytes outside a small alphabet become `\0ooo`, what sh's `printf %b` reads. */
export function encodeWord(text: string): string {
  if (plain.test(text)) return text;
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    if (byte === 0) {
      throw inputError('word-has-nul', 'A word for a host holds a NUL byte, which no command can take.', '');
    }
    encoded += plainByte.test(character) ? character : `\\0${byte.toString(8).padStart(3, '0')}`;
  }
  return encoded;
}

/** The text of an encoded word, or of a sentence that holds some; bytes that are not UTF-8 are replaced. */
export function decodeWord(encoded: string): string {
  if (!encoded.includes('\\')) return encoded;
  const bytes = encoded.replace(/\\0([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A step as it goes over the wire: one payload with its length and hash, so that a cut upload runs nothing. */
export function encodeStep(step: HostStep): { payload: Buffer; sha256: string } {
  const lines: string[] = [`run ${step.run}`, `step ${encodeWord(step.step)}`, `fence ${step.fence}`];
  const blobs: Buffer[] = [];
  if (step.target !== undefined) lines.push(`target ${encodeWord(step.target)}`);
  if (step.connection !== undefined) {
    const { server, identity, database } = step.connection;
    lines.push(`connect ${encodeWord(server)} ${identity} ${encodeWord(database)}`);
  }
  lines.push(`report ${step.report}`);
  for (const command of step.pipe) {
    lines.push(`command ${encodeWord(command.tool)}`);
    for (const word of command.args) lines.push(encodeArgument(word));
  }
  if (step.stdin !== undefined) {
    if ('text' in step.stdin) {
      const text = Buffer.from(step.stdin.text, 'utf8');
      lines.push(`stdin text ${text.length}`);
      blobs.push(text);
    } else {
      lines.push(`stdin ${encodePlace(step.stdin)}`);
    }
  }
  if (step.stdout !== undefined) lines.push(`stdout ${encodePlace(step.stdout)}`);
  for (const [name, content] of Object.entries(step.files ?? {})) {
    const text = Buffer.from(content, 'utf8');
    lines.push(`file ${encodeWord(name)} ${text.length}`);
    blobs.push(text);
  }
  lines.push('end');
  const payload = Buffer.concat([Buffer.from(`${lines.join('\n')}\n`, 'latin1'), ...blobs]);
  return { payload, sha256: createHash('sha256').update(payload).digest('hex') };
}

function encodeArgument(word: Word): string {
  return typeof word === 'string' ? `text ${encodeWord(word)}`.trimEnd() : `path ${encodePlace(word)}`;
}

/** `root NAME WORD` or `run WORD`. */
export function encodePlace(place: HostPath): string {
  if ('root' in place) return `root ${encodeWord(place.root)} ${encodeWord(place.path)}`;
  return `run ${encodeWord(place.run)}`;
}

/** Reads what the program says of a step: `absent`, `running AT k=v...`, `ended AT AT CODE CAUSE OBJECT k=v...`, `lost AT 0|1`. */
export function parseState(words: readonly string[]): HostStepState {
  const [state, startedAt = '', ...rest] = words;
  if (state === 'absent') return { state };
  if (state === 'running') return { state, startedAt: readTime(startedAt), report: readReport(rest) };
  if (state === 'lost') return { state, startedAt: readTime(startedAt), rebooted: rest[0] === '1' };
  if (state === 'ended') {
    const [endedAt = '', code = '', cause = '-', object = '-', ...report] = rest;
    return {
      state,
      startedAt: readTime(startedAt),
      endedAt: readTime(endedAt),
      exitCode: Number(code),
      ...(cause === '-' ? {} : { cause: readCause(cause, object) }),
      report: readReport(report),
    };
  }
  throw garbled();
}

function readCause(code: string, object: string): HostCause {
  return object === '-' ? { code } : { code, object };
}

function readTime(milliseconds: string): Date {
  const time = Number(milliseconds);
  if (milliseconds === '' || !Number.isSafeInteger(time)) throw garbled();
  return new Date(time);
}

function readReport(words: readonly string[]): HostReportLines {
  const lines: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at > 0) lines[word.slice(0, at)] = decodeWord(word.slice(at + 1));
  }
  return lines;
}

/** The answer could not be understood; what was asked may or may not have happened. */
export function garbled(): Error {
  return unavailable(
    'host-answer-garbled',
    'The host program answered something that could not be understood.',
    'Run "npx freshet check"; if it stays, install the program of this version with "npx freshet host install".',
  );
}

/**
 * The checksum of a folder-format backup as the `digest` filter computes it: SHA-256 over the lines
 * `<sha256>  <name>\n` of its files, sorted by the bytes of the name.
 */
export function folderDigest(files: Iterable<{ name: string; sha256: string }>): string {
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  const hash = createHash('sha256');
  for (const file of sorted) hash.update(`${file.sha256}  ${file.name}\n`);
  return hash.digest('hex');
}
