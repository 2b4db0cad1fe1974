/**
 * One hostile peer as a program, for a proof beside a whole gateway: `node test/field/attacks/main.ts <peer>
 * "<behaviour>" [port]`, where a peer is influx, broker4, broker5, modbus, issuer or mirror; without a behaviour it
 * lists them. Prints one line of JSON when it listens. Loopback only.
 */
import { brokerBehaviours } from './broker-behaviours.ts'
import { startHostile } from './hostile.ts'
import { influxBehaviours } from './influx-behaviours.ts'
import { issuerBehaviours } from './issuer-behaviours.ts'
import { mirrorBehaviours } from './mirror-behaviours.ts'
import { modbusBehaviours } from './modbus-behaviours.ts'

const [peer = '', name, port = '0'] = process.argv.slice(2)
const peers = {
  ...{ influx: influxBehaviours, broker4: brokerBehaviours(4), broker5: brokerBehaviours(5) },
  ...{ modbus: modbusBehaviours, issuer: issuerBehaviours, mirror: mirrorBehaviours },
}
const behaviours = peers[peer as keyof typeof peers]
if (behaviours === undefined) throw new Error(`the peers are ${Object.keys(peers).join(', ')}`)
const behaviour = name === undefined ? undefined : behaviours[name]
if (behaviour === undefined) process.stdout.write(`${Object.keys(behaviours).join('\n')}\n`)
else {
  const hostile = await startHostile(behaviour, Number(port))
  process.stdout.write(`${JSON.stringify({ ready: true, port: hostile.port })}\n`)
}
