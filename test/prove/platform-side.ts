/**
 * The proof of the platform side: nothing lost, nothing doubled, described for programs, and integrated by a page. One
 * file per item, in platform-side/.
 */
import type { Proof } from './item.ts'
import { asyncapi } from './platform-side/asyncapi.ts'
import { brokers } from './platform-side/brokers.ts'
import { client } from './platform-side/client.ts'
import { drain } from './platform-side/drain.ts'
import { fleet } from './platform-side/fleet.ts'
import { fleetEvents } from './platform-side/fleet-events.ts'
import { follow } from './platform-side/follow.ts'
import { inbox } from './platform-side/inbox.ts'
import { influx } from './platform-side/influx.ts'
import { integrate } from './platform-side/integrate.ts'
import { kills, killsNats, killsRabbitmq } from './platform-side/kills.ts'
import { sparkplug } from './platform-side/sparkplug.ts'
import { victoria } from './platform-side/victoria.ts'

export const platformSide: Proof = {
  about: 'a platform gets each event once, from descriptions and a page that hold',
  items: [
    kills,
    killsNats,
    killsRabbitmq,
    brokers,
    inbox,
    asyncapi,
    follow,
    integrate,
    client,
    influx,
    victoria,
    drain,
    sparkplug,
    fleet,
    fleetEvents,
  ],
  quickLanes: 3,
}
