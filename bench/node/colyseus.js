'use strict'

// Rooms on Colyseus, with its ws transport. A message is passed on when it comes, by broadcast, as its documentation has
// it; there is no state, so that its patches have nothing to send.

const http = require('node:http')
const { Room, Server } = require('@colyseus/core')
const { WebSocketTransport } = require('@colyseus/ws-transport')
const { serve, where } = require('./child.js')

class Hall extends Room {
  onCreate () {
    this.onMessage('say', (client, bytes) => this.broadcast('heard', bytes, { except: client }))
  }
}

const server = http.createServer()
const game = new Server({ transport: new WebSocketTransport({ server }), greet: false })
game.define('hall', Hall).filterBy(['room'])
game.listen(...where).then(() => serve(server))
