/** Endings that jobs give to what is not finished yet. */
const unfinished = /(?:\.(?:part|partial|tmp|temp|filepart|crdownload|incomplete|swp)|~)$/i;

/**
 * Why the name of an entry is not taken; undefined when it is. Names come from whoever may write into the folder: they
 * are compared and shown, and never get into a command but as one checked word.
 */
export function nameTrouble(path: string): string | undefined {
  if (path === '' || Buffer.byteLength(path) > 512) return 'its name is empty or longer than 512 bytes';
  if (/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(path)) return 'its name has control characters';
  if (/[\ufffd\p{Cs}]/u.test(path)) return 'its name is not UTF-8';
  if (path.startsWith('/') || path.includes('\\')) return 'its name is not a path below the root';
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'its name is not a path below the root';
  if (parts.some((part) => part.startsWith('-')))
    return 'a part of its name begins with a hyphen, as options do';
  if (parts.some((part) => part.startsWith('.') || unfinished.test(part)))
    return 'it is hidden or not finished';
  return undefined;
}
