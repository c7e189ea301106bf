/** Runs the command line and gives its exit code: 0 done, 1 findings or failures, 2 usage, 3 some input unreadable. */
export const main = async (_args: readonly string[]): Promise<number> => 2;
