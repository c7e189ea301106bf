import { readFileSync } from 'node:fs';

/**
 * Most memory this process has had resident, in bytes. From /proc where there is one: Linux keeps a parent's peak over
 * fork and exec in getrusage, the address space of /proc begins at exec.
 *
 * @returns {number}
 */
export const peakBytes = () => {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
};
