#!/usr/bin/env node
// Not built, so that npm finds something to link before the first build.
import '../dist/bin.js'
