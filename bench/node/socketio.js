'use strict'

// A room on Socket.IO, with its WebSocket transport alone.

const http = require('node:http')
const { Server } = require('socket.io')
const { args, listen } = require('./child.js')

const server = http.createServer()
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })

io.on('connection', socket => {
  const room = socket.handshake.query.room
  socket.join(room)
  if (args.mode === 'echo') {
    socket.on('say', text => socket.emit('heard', text))
    return
  }
  socket.on('say', text => socket.to(room).emit('heard', text))
})

listen(server)
