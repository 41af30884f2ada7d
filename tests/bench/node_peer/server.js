// A peer: node-pty joined to ws, as their own examples do it. NODE_PATH names their node_modules.
const { WebSocketServer } = require("ws");
const pty = require("@lydell/node-pty");

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: false });
server.on("connection", (socket) => {
  const shell = pty.spawn("bash", ["--norc", "--noprofile"], { name: "xterm-256color", cols: 80, rows: 24, encoding: null });
  shell.onData((data) => socket.send(data, { binary: true }));
  socket.on("message", (data) => shell.write(data));
  socket.on("close", () => shell.kill());
});
