/* Imports what it is told to and prints the CPU milliseconds that took. */
const before = process.cpuUsage()
for (const specifier of process.argv.slice(2)) await import(specifier)
const { user, system } = process.cpuUsage(before)
process.stdout.write(String((user + system) / 1000))
