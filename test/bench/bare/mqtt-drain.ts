/** What a careful person writes with mqtt alone: messages at QoS 1, so many under way at once. */
import { connectAsync } from 'mqtt'
import { entry } from './entry.ts'

type Options = { readonly broker: string; readonly window: number; readonly count: number }

const { broker, window, count } = JSON.parse(process.argv[2]!) as Options
const client = await connectAsync(broker, { protocolVersion: 5 })
process.stdin.on('end', () => process.exit(0)).resume()
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)

let next = 0
for (let lane = 0; lane < window; lane += 1) publish()

/** Each acknowledgement makes room for the next. */
function publish(): void {
  if (next === count) return
  client.publish('bare/v1/bench/m0000/events', JSON.stringify(entry(next++)), { qos: 1 }, (error) => {
    if (error) throw error
    publish()
  })
}
