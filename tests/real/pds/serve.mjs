// Runs a PLC directory and a PDS on loopback until SIGTERM, SIGINT or the end of standard input.
//
//   node serve.mjs [--pds-port N] [--plc-port N] [--jwt-secret S] [HANDLE:PASSWORD ...]
//
// Ports are free ones unless given. When both servers answer, one line of JSON is printed:
//   {"pds": URL, "plc": URL, "data": FOLDER, "dids": {HANDLE: DID}}
// Handles end in ".test". More accounts are made over HTTP, com.atproto.server.createAccount.
// The environment names the folder that holds node_modules: PDS_MODULES (default: this one).
import fs from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'pds-port': { type: 'string', default: '0' },
    'plc-port': { type: 'string', default: '0' },
    'jwt-secret': { type: 'string', default: 'a secret of the tests' },
  },
})

// Both servers would listen on every interface, with an administrator's password that is public.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) {
  return typeof port === 'number'
    ? listen.call(this, { port, host: '127.0.0.1' }, ...rest)
    : listen.call(this, port, ...rest)
}

// dev-env makes its folders in the temporary folder and leaves them there.
const data = fs.mkdtempSync(path.join(os.tmpdir(), 'mpcas2-pds-'))
process.on('exit', () => fs.rmSync(data, { recursive: true, force: true }))
process.env.TMPDIR = data

let network
let ending = false
const end = async (code) => {
  if (ending) return
  ending = true
  // A connection that stays open must not keep the process: the parent has gone, or is waiting.
  setTimeout(() => process.exit(code), 5000).unref()
  await network?.close().catch(() => {})
  process.exit(code)
}
process.on('SIGTERM', () => end(0))
process.on('SIGINT', () => end(0))
// The parent holds the other end: when it dies, however it dies, this is what is left to notice.
process.stdin.on('end', () => end(0)).on('error', () => end(0)).resume()

// An undefined port is not the same to dev-env as none.
const at = (port) => (Number(port) ? { port: Number(port) } : {})

const createAccount = async (pds, handle, password) => {
  const answer = await fetch(`${pds}/xrpc/com.atproto.server.createAccount`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${handle}@example.test`, handle, password }),
  })
  const body = await answer.json()
  if (!answer.ok) throw new Error(`no account ${handle}: ${answer.status} ${body.message}`)
  return body.did
}

try {
  const home = path.resolve(process.env.PDS_MODULES ?? import.meta.dirname, 'package.json')
  const entry = createRequire(home).resolve('@atproto/dev-env')
  const { TestNetworkNoAppView } = await import(pathToFileURL(entry).href)
  network = await TestNetworkNoAppView.create({
    plc: at(values['plc-port']),
    pds: { ...at(values['pds-port']), jwtSecret: values['jwt-secret'] },
  })
  const dids = {}
  for (const account of positionals) {
    const [handle, ...password] = account.split(':')
    dids[handle] = await createAccount(network.pds.url, handle, password.join(':'))
  }
  console.log(JSON.stringify({ pds: network.pds.url, plc: network.plc.url, data, dids }))
} catch (error) {
  console.error(error)
  await end(1)
}
