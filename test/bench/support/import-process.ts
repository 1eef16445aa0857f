/* Imports what it is told to and prints the CPU milliseconds and the milliseconds that took. */
const cpuBefore = process.cpuUsage()
const before = performance.now()
for (const specifier of process.argv.slice(2)) await import(specifier)
const elapsedMs = performance.now() - before
const { user, system } = process.cpuUsage(cpuBefore)
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, elapsedMs }))
