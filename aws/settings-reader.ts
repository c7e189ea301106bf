/** Environment variables that are missing or not understood; the message has one line for each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The environment of this function is not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Twelve digits. */
export const AccountId = /^\d{12}$/;

/** Reads single variables; what is wrong is noted, and a placeholder returned that nobody will see. */
export interface Reading {
  readonly required: (name: string, shape: RegExp) => string;
  readonly optional: (name: string, shape: RegExp) => string | undefined;
  readonly list: (name: string, shape: RegExp) => readonly string[];
  readonly flag: (name: string, byDefault: boolean) => boolean;
  readonly count: (name: string, byDefault: number, range: { readonly least: number; readonly most: number }) => number;
}

type Environment = { readonly [name: string]: string | undefined };

const reading = (env: Environment, note: (problem: string) => void): Reading => {
  // CloudFormation cannot leave a variable out, only make it empty: empty is the same as absent.
  const text = (name: string): string | undefined => {
    const value = Object.hasOwn(env, name) ? env[name]?.trim() : undefined;
    return value === '' ? undefined : value;
  };
  const shaped = (name: string, value: string, shape: RegExp): string => {
    if (!shape.test(value)) note(`${name}: expected ${shape.source}, found '${value}'`);
    return value;
  };
  const missing = (name: string): void => note(`${name}: missing; serverless.yml sets it for every function`);
  return {
    required: (name, shape) => {
      const value = text(name);
      if (value === undefined) missing(name);
      return value === undefined ? '' : shaped(name, value, shape);
    },
    optional: (name, shape) => {
      const value = text(name);
      return value === undefined ? undefined : shaped(name, value, shape);
    },
    list: (name, shape) => {
      const names = (text(name) ?? '').split(',').map((part) => part.trim());
      const values = names.filter((part) => part !== '');
      if (values.length === 0) missing(name);
      return values.map((value) => shaped(name, value, shape));
    },
    flag: (name, byDefault) => {
      const value = text(name);
      if (value !== undefined && value !== 'true' && value !== 'false')
        note(`${name}: expected true or false, found '${value}'`);
      return value === undefined ? byDefault : value === 'true';
    },
    count: (name, byDefault, { least, most }) => {
      const value = text(name);
      if (value === undefined) return byDefault;
      const number = Number(value);
      if (!Number.isInteger(number) || number < least || number > most)
        note(`${name}: expected a whole number from ${least} to ${most}, found '${value}'`);
      return number;
    },
  };
};

/** Runs a reader over an environment; throws one `SettingsError` with everything it found wrong. */
export const checkSettings = <T>(env: Environment, read: (reading: Reading) => T): T => {
  const problems: string[] = [];
  const settings = read(reading(env, (problem) => problems.push(problem)));
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
};
