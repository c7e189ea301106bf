#!/usr/bin/env node
// Starts cli/main.ts on a Node that runs TypeScript as it is (22.18 or newer). On an older one, the pinned binary among
// the optional dependencies is started instead, so that no one has to install another Node.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  // Types stripped and code compiled once, not at every start; where nothing can be written, Node goes on without.
  // Not imported by name: Node 20 has no such name, and would fail before it got to the else below.
  module.enableCompileCache?.();
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2));
} else {
  const pinned = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(pinned)) {
    process.stderr.write(
      `trailwarden needs Node 22.18 or newer; this is ${process.version}. Run npm ci, or install Node 24.\n`,
    );
    process.exitCode = 2;
  } else {
    const { status } = spawnSync(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: 'inherit',
    });
    process.exitCode = status ?? 2;
  }
}
