#!/usr/bin/env node
// Gives npm's solc (WebAssembly) the two commands of the native compiler that forge uses.
const solc = require('../node_modules/solc');

const given = process.argv.slice(2);
if (given.includes('--version')) {
  console.log('solc, the solidity compiler commandline interface\nVersion: ' + solc.version());
} else if (given.includes('--standard-json')) {
  process.stdout.write(solc.compile(require('fs').readFileSync(0, 'utf8')));
} else {
  console.error('solc.js: only --version and --standard-json are supported');
  process.exit(1);
}
