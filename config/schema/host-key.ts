/** Kinds of host keys that are taken; `ssh-dss` and certificates are not. */
const kinds = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

/** Whether the text is a public key as in known_hosts, without the address: kind, base64, perhaps a comment. */
export function isHostKey(text: string): boolean {
  const [kind, body] = text.trim().split(/\s+/);
  if (kind === undefined || body === undefined || !kinds.includes(kind)) return false;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body) || body.length % 4 !== 0) return false;
  const fields = fieldsOf(Buffer.from(body, 'base64'));
  // RFC 4253, 6.6: the key says its own kind; a mismatch means that something was cut or mixed up.
  if (fields === undefined || fields[0]?.toString('latin1') !== kind) return false;
  if (kind === 'ssh-ed25519') return fields.length === 2 && fields[1]!.length === 32;
  // 2048 bits and the sign byte of an mpint: smaller RSA keys are not to be trusted.
  if (kind === 'ssh-rsa') return fields.length === 3 && fields[2]!.length >= 256;
  return fields.length === 3;
}

/** The length-prefixed fields of an SSH wire structure; undefined when they don't end exactly with it. */
function fieldsOf(bytes: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}
