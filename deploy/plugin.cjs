'use strict';
// Plugin of the Serverless Framework (osls 4, serverless 3): builds before packaging, so that `serverless deploy` is one
// command, and adds the EventBridge rules that the build made from the rule set. CommonJS: the oldest loader reads it.
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/** This process's Node if it runs TypeScript as it is (22.18 or newer), otherwise the pinned one of npm ci. */
const nodeFor = (serviceDir) => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  const pinned = join(serviceDir, 'node_modules/.bin/node');
  if (existsSync(pinned)) return pinned;
  throw new Error(`The build needs Node 22.18 or newer; this is ${process.version}. Run npm ci, or install Node 24.`);
};

class TrailwardenBuild {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      'before:package:initialize': () => {
        if (this.serverless.processedInput.commands[0] === 'deploy') this.askForBucket();
        this.build();
      },
      'before:package:function:package': () => this.build(),
    };
  }

  /** Packaging works without parameters, to look at the template; a stack without a bucket would watch nothing. */
  askForBucket() {
    if (this.parameter('LogBucket') !== '') return;
    throw new Error('Which bucket does the trail deliver to? Say it with --param logBucket=NAME (docs/deploy.md).');
  }

  /** Default of a CloudFormation parameter: what --param gave. */
  parameter(name) {
    return String(this.serverless.service.resources.Parameters[name].Default ?? '');
  }

  build() {
    const { serviceDir, service } = this.serverless;
    const { rules, lists } = service.custom?.trailwarden || {};
    const { status } = spawnSync(nodeFor(serviceDir), [join(serviceDir, 'deploy/build.ts')], {
      cwd: serviceDir,
      // Standard output may be a machine's (`serverless print`, `--json`): all that is said goes to standard error.
      stdio: ['ignore', 2, 2],
      env: {
        ...process.env,
        ...(rules ? { TRAILWARDEN_BUILD_RULES: rules } : {}),
        ...(lists ? { TRAILWARDEN_BUILD_LISTS: lists } : {}),
        TRAILWARDEN_BUILD_LOG_BUCKET: this.parameter('LogBucket'),
        TRAILWARDEN_BUILD_TRAIL_KEY: this.parameter('TrailKeyArn'),
      },
    });
    if (status !== 0) throw new Error('The build failed; nothing was packaged. The reasons are above.');
    const generated = JSON.parse(readFileSync(join(serviceDir, 'dist/event-rules.json'), 'utf8'));
    Object.assign(service.resources.Resources, generated);
  }
}

module.exports = TrailwardenBuild;
