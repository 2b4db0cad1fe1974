/**
 * The libraries of a site with Modbus machines and a broker, imported in one thread; it does nothing with them. Those
 * that only the API page or OPC UA need are not among them.
 */
import '@fastify/sse'
import '@fastify/under-pressure'
import '@noble/curves/ed25519.js'
import '@noble/hashes/sha2.js'
import 'canonicalize'
import 'commander'
import 'fastify'
import 'jose'
import 'mqtt'
import 'ms'
import 'node:sqlite'
import 'pino'
import 'prom-client'
import 'typebox'
import 'typebox/compile'
import 'uuid'
import 'yaml'

process.stdin.on('end', () => process.exit(0)).resume()
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
