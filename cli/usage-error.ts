/** What the user asked for cannot be done as asked: a wrong option, a rule that does not load, a missing setting. Exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
