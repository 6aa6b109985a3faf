#!/usr/bin/env node
/** The command `portcullis`. */
import { run } from './program.js';

// Not `exitCode`: an input that nobody reads any more would keep the process alive.
process.exit(await run(process.argv.slice(2)));
