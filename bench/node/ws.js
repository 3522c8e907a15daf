'use strict'

// A room on ws, as its README's broadcast example has it.

const http = require('node:http')
const { WebSocketServer, WebSocket } = require('ws')
const { args, listen } = require('./child.js')

const server = http.createServer()
const wss = new WebSocketServer({ server, perMessageDeflate: false })
const rooms = new Map()

wss.on('connection', (socket, request) => {
  const room = new URL(request.url, 'http://host').searchParams.get('room')
  if (!rooms.has(room)) rooms.set(room, new Set())
  const others = rooms.get(room)
  others.add(socket)
  socket.on('close', () => others.delete(socket))
  socket.on('error', () => {})
  if (args.mode === 'echo') {
    socket.on('message', (data, binary) => socket.send(data, { binary }))
    return
  }
  socket.on('message', (data, binary) => {
    for (const other of others) {
      if (other !== socket && other.readyState === WebSocket.OPEN) other.send(data, { binary })
    }
  })
})

listen(server)
