// Loaded into a measured process with --import: writes what the process used when it ends. A process that was killed
// leaves no file, and the measurement fails instead of reporting nothing as zero. JavaScript, so that stripping its types
// is not part of what is measured.
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { peakBytes } from './peak.js';

const file = process.env['BENCH_USAGE_FILE'];
if (isMainThread && file !== undefined)
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(file, JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakBytes: peakBytes() }));
  });
