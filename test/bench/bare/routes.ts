/**
 * What a careful person writes with fastify alone: the same JSON behind the same paths. Nobody is asked who they are.
 */
import { readFileSync } from 'node:fs'
import fastify from 'fastify'

type Options = {
  /** A file with the answer of the gateway to `GET /v1/machines`. */
  readonly answer: string
}
type Machine = { readonly id: string }

const { answer } = JSON.parse(process.argv[2]!) as Options
const { machines } = JSON.parse(readFileSync(answer, 'utf8')) as { machines: Machine[] }
const byId = new Map(machines.map((machine) => [machine.id, machine]))
const app = fastify()
app.get('/v1/machines', async () => ({ machines }))
app.get<{ Params: Machine }>('/v1/machines/:id', async (request, reply) => {
  const machine = byId.get(request.params.id)
  return machine ?? reply.code(404).send({ title: 'not found' })
})
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdin.on('end', () => process.exit(0)).resume()
process.stdout.write(`${JSON.stringify({ ready: true, port: Number(new URL(url).port) })}\n`)
