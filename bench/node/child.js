'use strict'

// What every server process of the benchmark does: tell where it listens, and answer the commands of its stdin.

const readline = require('node:readline')

// args are the server's options, by name.
const args = Object.fromEntries(process.argv.slice(2).map(a => a.split('=')))

// where is what a server listens on: any port, and a queue for as many as come at once.
const where = [0, '127.0.0.1', 4096]

function listen (http) {
  http.listen(...where, () => serve(http))
}

// serve says that it listens, and answers commands from then on.
function serve (http) {
  console.log(`listening 127.0.0.1:${http.address().port}`)
  const commands = readline.createInterface({ input: process.stdin })
  commands.on('line', command => {
    switch (command) {
      case 'cpu': {
        const { user, system } = process.cpuUsage()
        return console.log(`cpu ${(user + system) * 1000}`)
      }
      case 'free': {
        global.gc()
        global.gc()
        const m = process.memoryUsage()
        return console.log(`free ${m.heapUsed + m.external}`)
      }
    }
    throw new Error(`unknown command ${command}`)
  })
  commands.on('close', () => process.exit(0))
}

module.exports = { args, listen, serve, where }
