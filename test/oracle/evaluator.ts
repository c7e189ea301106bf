/**
 * A second reading of the specification, for tests: what a rule means, written as plainly as it can be said and without
 * looking at the engine. Slow, recursive, with JavaScript's own regular expressions. Rules are the objects YAML gives.
 */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
type Fields = { readonly [key: string]: Value };

const isMap = (value: Value | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);
const listOf = (value: Value): readonly Value[] => (isList(value) ? value : [value]);

/** Elements of arrays, however deep; anything else is its own element. */
const elements = (value: Value): readonly Value[] => (isList(value) ? value.flatMap(elements) : [value]);

const tryParse = (text: string): Value | undefined => {
  try {
    const parsed: Value = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
};
const tryUnescape = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** The object or array written in a string, plain or percent-encoded, at most four strings deep. */
const document = (text: string, strings = 4): Value | undefined => {
  if (strings === 0) return undefined;
  const plain = tryParse(text) ?? (text.trim().startsWith('%') ? tryParse(tryUnescape(text.trim()) ?? '') : undefined);
  if (typeof plain === 'string') return document(plain, strings - 1);
  return isMap(plain) || isList(plain) ? plain : undefined;
};

const script = (text: string): string | undefined => {
  if (text.length < 16 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(text, 'base64');
  const decoded = bytes.toString('utf8');
  const same = Buffer.from(decoded, 'utf8').equals(bytes);
  const printable = [...decoded].every((char) => char >= ' ' || '\t\n\r\u001b'.includes(char));
  return same && printable ? decoded : undefined;
};

/** All places a path leads to: `undefined` where it leads nowhere. */
const lookUp = (value: Value, path: readonly string[], strings = 4): readonly Value[] | undefined => {
  if (path.length === 0) return elements(value);
  if (isList(value)) {
    const found = value.map((element) => lookUp(element, path, strings)).filter((each) => each !== undefined);
    return found.length === 0 ? undefined : found.flat();
  }
  if (isMap(value)) {
    for (let length = path.length; length > 0; length -= 1) {
      const key = path.slice(0, length).join('.');
      const below = Object.hasOwn(value, key) ? value[key] : undefined;
      const found = below === undefined ? undefined : lookUp(below, path.slice(length), strings);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const inside = typeof value === 'string' && strings > 0 ? document(value) : undefined;
  return inside === undefined ? undefined : lookUp(inside, path, strings - 1);
};

/** Every text in a value: leaves, and what JSON or base64 strings hold. */
const texts = (value: Value, strings = 4): readonly string[] => {
  if (isList(value)) return value.flatMap((each) => texts(each, strings));
  if (isMap(value)) return Object.values(value).flatMap((each) => texts(each, strings));
  if (value === null) return [];
  if (typeof value !== 'string' || strings === 0) return [String(value)];
  const inside = document(value);
  const decoded = script(value);
  return [
    value,
    ...(inside === undefined ? [] : [JSON.stringify(inside), ...texts(inside, strings - 1)]),
    ...(decoded === undefined ? [] : texts(decoded, strings - 1)),
  ];
};

const lower = (text: string): string => text.toLowerCase().replaceAll('ς', 'σ');
const quote = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** A wildcard value as a regular expression for whole texts. */
const wildcards = (written: string, before: boolean, behind: boolean, cased: boolean, dashes: boolean): RegExp => {
  const parts: { source: string; char?: string }[] = [];
  for (let at = 0; at < written.length; at += 1) {
    const char = written[at] ?? '';
    const next = written[at + 1] ?? '';
    if (char === '\\' && '*?\\'.includes(next) && next !== '') {
      parts.push({ source: quote(next), char: next });
      at += 1;
    } else if (char === '*') parts.push({ source: '[^]*' });
    else if (char === '?') parts.push({ source: '[^]' });
    else parts.push({ source: quote(char), char });
  }
  const word = (part: { char?: string } | undefined): boolean => /\w/.test(part?.char ?? '');
  const body = parts.map((part, index) => {
    const dash = part.char === '-' || part.char === '/';
    return dashes && dash && !word(parts[index - 1]) && word(parts[index + 1]) ? '(?:-|/|–|—|―)' : part.source;
  });
  const source = `^${before ? '[^]*' : ''}${body.join('')}${behind ? '[^]*' : ''}$`;
  return new RegExp(cased ? source : lower(source.replaceAll('[^]', '\u0001')).replaceAll('\u0001', '[^]'), 'u');
};
const unquoted = (written: string): string => written.replace(/\\([*?\\])/g, '$1');

const bytesOf = (text: string, has: (name: string) => boolean): Buffer => {
  const units = [...Array(text.length).keys()].map((at) => text.charCodeAt(at));
  if (has('wide') || has('utf16le') || has('utf16')) {
    const little = Buffer.from(units.flatMap((unit) => [unit & 255, unit >> 8]));
    return has('utf16') ? Buffer.from([255, 254, ...little]) : little;
  }
  return has('utf16be') ? Buffer.from(units.flatMap((unit) => [unit >> 8, unit & 255])) : Buffer.from(text);
};

/** The characters of base64 that do not depend on what stands around the bytes. */
const stable = (bytes: Buffer, offset: number): string => {
  const encode = (fill: number): string =>
    Buffer.concat([
      Buffer.alloc(offset, fill),
      bytes,
      Buffer.alloc((6 - ((bytes.length + offset) % 3)) % 3, fill),
    ]).toString('base64');
  const [a, b] = [encode(0), encode(255)];
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  return [...a.slice(from, to)].filter((char, at) => char === b[from + at]).join('');
};

const number = (value: Value): number | undefined => {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const parsed = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : undefined;
  return parsed !== undefined && Math.abs(parsed) <= Number.MAX_SAFE_INTEGER ? parsed : undefined;
};

const compare = (order: string, a: number | string, b: number | string): boolean =>
  order === 'gt' ? a > b : order === 'gte' ? a >= b : order === 'lt' ? a < b : order === 'lte' ? a <= b : a === b;

const bitsOf = (address: string): string | undefined => {
  if (!address.includes(':')) {
    const parts = address.split('.');
    return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
      ? parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('')
      : undefined;
  }
  const [head = '', tail] = address.split('::');
  const words = (side: string): readonly string[] => (side === '' ? [] : side.split(':'));
  const fill = tail === undefined ? [] : Array<string>(8 - words(head).length - words(tail).length).fill('0');
  const all = [...words(head), ...fill, ...words(tail ?? '')];
  return all.length === 8 && all.every((word) => /^[\da-f]{1,4}$/i.test(word))
    ? all.map((word) => Number.parseInt(word, 16).toString(2).padStart(16, '0')).join('')
    : undefined;
};

const TIMES = ['minute', 'hour', 'day', 'week', 'month', 'year'];
const timePart = (part: string, value: Value): number | undefined => {
  // Seconds since the epoch, or milliseconds where seconds would be a date after the year 5000.
  const stamp =
    typeof value === 'number'
      ? value
      : Number(typeof value === 'string' && /^\d{9,13}$/.test(value) ? value : Number.NaN);
  const epoch = Number.isNaN(stamp) ? undefined : new Date(stamp < 1e11 ? stamp * 1000 : stamp);
  const date = typeof value === 'string' && /^\d{4}-/.test(value) ? new Date(value) : epoch;
  if (date === undefined || Number.isNaN(date.getTime())) return undefined;
  const [year = '', month = '', day = '', hour = '', minute = ''] = date.toISOString().split(/[-T:]/);
  if (part === 'week') {
    for (
      const thursday = new Date(date);
      ;
      thursday.setUTCDate(thursday.getUTCDate() + (thursday.getUTCDay() > 4 || thursday.getUTCDay() === 0 ? -1 : 1))
    )
      if (thursday.getUTCDay() === 4) {
        const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
        return Math.floor((thursday.getTime() - first) / 86_400_000 / 7) + 1;
      }
  }
  return Number({ year, month, day, hour, minute }[part]);
};

type Lists = { readonly [name: string]: readonly string[] };

/** Every way to write the dashes that start a word. */
const dashed = (text: string, from = 0): readonly string[] => {
  const at = [...text].findIndex(
    (char, index) =>
      index >= from && /[-/]/.test(char) && !/\w/.test(text[index - 1] ?? '') && /\w/.test(text[index + 1] ?? ''),
  );
  if (at < 0) return [text];
  return ['-', '/', '–', '—', '―'].flatMap((dash) =>
    dashed(`${text.slice(0, at)}${dash}${text.slice(at + 1)}`, at + 1),
  );
};

/** The number a rule writes, which may be one that only the numbers of records can equal: they are rounded as well. */
const writtenNumber = (value: Value): number | undefined =>
  number(value) ?? (/^-?[1-9]\d{15,63}$/.test(String(value)) ? Number(value) : undefined);

/** Whether one value of a rule is met by one value of a field. */
const meets = (want: Value, value: Value, has: (name: string) => boolean, record: Value, keyword: boolean): boolean => {
  const order = ['gt', 'gte', 'lt', 'lte'].find(has);
  const part = TIMES.find(has);
  if (part !== undefined) {
    const is = timePart(part, value);
    return is !== undefined && compare(order ?? 'eq', is, Number(want));
  }
  if (order !== undefined) {
    if (want === null) return value === null && order.endsWith('e');
    const than = writtenNumber(want);
    const is = number(value);
    if (than !== undefined) return is !== undefined && compare(order, is, than);
    return typeof value === 'string' && compare(order, lower(value), lower(String(want)));
  }
  if (want === null) return value === null;
  const wanted = String(want);
  if (has('fieldref')) {
    const others = (lookUp(record, wanted.split('.')) ?? []).filter((other) => other !== null && !isMap(other));
    if (value === null || isMap(value) || isList(value)) return false;
    const show = (each: Value): string => (has('cased') ? String(each) : lower(String(each)));
    return others.some((other) => {
      if (has('contains')) return show(value).includes(show(other));
      if (has('startswith')) return show(value).startsWith(show(other));
      if (has('endswith')) return show(value).endsWith(show(other));
      const numeric = typeof value === 'number' || typeof other === 'number';
      return show(value) === show(other) || (numeric && number(value) !== undefined && number(value) === number(other));
    });
  }
  const searched = keyword ? [String(value)] : texts(value);
  if (has('re')) {
    const flags = ['i', 'm', 's'].filter(has).join('');
    return searched.some((text) => new RegExp(wanted, `${flags}u`).test(text));
  }
  if (has('cidr')) {
    const [network = '', length] = wanted.split('/');
    const bits = bitsOf(network);
    const address = typeof value === 'string' ? bitsOf(value) : undefined;
    if (bits === undefined || address?.length !== bits.length) return false;
    const counted = length === undefined ? bits.length : Number(length);
    return bits.slice(0, counted) === address.slice(0, counted);
  }
  const inside = has('contains') || (keyword && !has('startswith') && !has('endswith'));
  const before = inside || has('endswith');
  const behind = inside || has('startswith');
  const encoded = ['wide', 'utf16', 'utf16le', 'utf16be', 'base64', 'base64offset'].some(has);
  const written = encoded && has('windash') ? dashed(unquoted(wanted)) : [unquoted(wanted)];
  const encode = (text: string): readonly string[] => {
    const bytes = bytesOf(text, has);
    if (has('base64offset')) return [0, 1, 2].map((offset) => stable(bytes, offset));
    return [has('base64') ? bytes.toString('base64') : bytes.toString('utf8').replaceAll(/[*?\\]/g, '\\$&')];
  };
  const forms = encoded ? written.flatMap(encode) : [wanted];
  const dashes = has('windash') && !encoded;
  const patterns = forms.map((form) => wildcards(form, before, behind, has('cased'), dashes));
  const shown = (text: string): string => (has('cased') ? text : lower(text));
  const hit = (text: string): boolean => patterns.some((pattern) => pattern.test(shown(text)));
  const searching = before || behind || (!encoded && /[*?]/.test(wanted.replace(/\\[*?\\]/g, '')));
  if (searching && searched.some(hit)) return true;
  if (value === null || isMap(value) || isList(value)) return false;
  const numeric =
    !encoded && !before && !behind && writtenNumber(want) !== undefined && writtenNumber(want) === number(value);
  return hit(String(value)) || numeric;
};

const expanded = (want: Value, lists: Lists): readonly Value[] => {
  const name = /%([^%\\\s]+)%/.exec(String(want))?.[1];
  if (name === undefined) return [want];
  return (lists[name] ?? []).flatMap((entry) =>
    expanded(
      String(want).replaceAll(`%${name}%`, () => entry),
      lists,
    ),
  );
};

const item = (key: string, wanted: Value, record: Value, lists: Lists): boolean => {
  const [field = '', ...names] = key.split('|');
  const aliases: { [name: string]: string } = { ignorecase: 'i', multiline: 'm', dotall: 's' };
  const modifiers = names.map((name) => aliases[name.toLowerCase()] ?? name.toLowerCase());
  const has = (name: string): boolean => modifiers.includes(name);
  if (has('exists')) return (lookUp(record, field.split('.')) !== undefined) === wanted;
  const keyword = field === '';
  const found = keyword ? texts(record) : lookUp(record, field.split('.'));
  const met = (want: Value): boolean => {
    if (want === null && found === undefined) return !has('gt') && !has('lt');
    const forms = has('expand') ? expanded(want, lists) : [want];
    return forms.some((form) => (found ?? []).some((value) => meets(form, value, has, record, keyword)));
  };
  const values = listOf(wanted);
  return (has('all') ? values.every(met) : values.some(met)) !== has('neq');
};

const search = (body: Value, record: Value, lists: Lists): boolean => {
  if (isList(body)) return body.some((each) => search(each, record, lists));
  if (!isMap(body)) return item('', body, record, lists);
  return Object.entries(body).every(([key, value]) => {
    const [, array, how] = /^(.+)\[(any|all|all_or_empty|none)\]$/.exec(key) ?? [];
    if (array === undefined) return item(key, value, record, lists);
    const maps = (lookUp(record, array.split('.')) ?? []).filter(isMap);
    const met = maps.filter((each) => search(value, each, lists)).length;
    if (how === 'any') return met > 0;
    if (how === 'none') return met === 0;
    return met === maps.length && (how === 'all_or_empty' || met > 0);
  });
};

/** Evaluates a condition by rewriting: identifiers to true and false, then JavaScript's own precedence by hand. */
const condition = (text: string, names: readonly string[], holds: (name: string) => boolean): boolean => {
  const words = text.replaceAll('(', ' ( ').replaceAll(')', ' ) ').trim().split(/\s+/);
  const expression = (): boolean => {
    let result = conjunction();
    while (words[0]?.toLowerCase() === 'or') {
      words.shift();
      const right = conjunction();
      result = result || right;
    }
    return result;
  };
  const conjunction = (): boolean => {
    let result = term();
    while (words[0]?.toLowerCase() === 'and') {
      words.shift();
      const right = term();
      result = result && right;
    }
    return result;
  };
  const term = (): boolean => {
    const word = words.shift() ?? '';
    if (word === '(') {
      const inner = expression();
      words.shift();
      return inner;
    }
    if (word.toLowerCase() === 'not') return !term();
    if (words[0]?.toLowerCase() !== 'of') return holds(word);
    words.shift();
    const pattern = words.shift() ?? '';
    const like = new RegExp(`^${pattern.split('*').map(quote).join('.*')}$`);
    const hidden = (name: string): boolean => name.startsWith('_') && !pattern.startsWith('_');
    const chosen = names.filter((name) => !hidden(name) && (pattern.toLowerCase() === 'them' || like.test(name)));
    const count = chosen.filter(holds).length;
    return word.toLowerCase() === 'all' ? count === chosen.length : count >= (word === 'any' ? 1 : Number(word));
  };
  return expression();
};

/** Whether a rule, as YAML gives it, matches a record. */
export const oracleMatches = (rule: Fields, record: Value, lists: Lists = {}): boolean => {
  const detection = rule['detection'];
  if (!isMap(detection)) throw new Error('no detection');
  const names = Object.keys(detection).filter((name) => name !== 'condition');
  const holds = (name: string): boolean => search(detection[name] ?? null, record, lists);
  return listOf(detection['condition'] ?? '').some((text) => condition(String(text), names, holds));
};
