/** What the demo prints once it runs: the address to open, and what to paste into another terminal. Pure. */
import type { Plant, PlantMachine } from './plant.ts'

const tenant = 'acme-paint'

export function guide(plant: Plant, lobby: string): string {
  const { api, platform, broker, booth, saw, instrument, stateDir, notes } = plant
  const { hostname, port } = new URL(broker)
  const machine = ({ id, protocol, control }: PlantMachine) =>
    `  ${id.padEnd(18)}${control}/judge\n${' '.repeat(20)}${protocol}`
  return `
Latchkey with three simulated machines, a booking platform and a broker. Ctrl-C ends all of it.

  Open              ${lobby}
                    Choose a machine in the strip below the page, book it, unlock it, press its emergency stop.

  API page          ${api}/docs
  health            ${api}/health/ready
  platform          ${platform}
  broker            ${broker}
${[booth, saw, instrument].map(machine).join('\n')}
  state and logs    ${stateDir}
${notes.map((note) => `  note: ${note}\n`).join('')}
The judge of a machine says what really happens at it. An operator presses start at ${booth.id} and at
${instrument.id} all the time; nothing starts while they are locked. Paste into another terminal:

# book ${booth.id} for an hour from now on
API=${api} PLATFORM=${platform}
WHAT="\\"machine\\":\\"${booth.id}\\",\\"tenant\\":\\"${tenant}\\",\\"start\\":\\"$(date -u +%FT%TZ)\\",\\"end\\":\\"$(date -u -d '+1 hour' +%FT%TZ)\\""
ID=b$(date +%s)
curl -s $PLATFORM/bookings -d "{\\"id\\":\\"$ID\\",$WHAT}"

# the token of the tenant
TENANT="authorization: Bearer $(curl -s $PLATFORM/tokens -d "{\\"booking\\":\\"$ID\\",$WHAT}" | cut -d'"' -f4)"

# what is free, what is not, and why
curl -sw '\\n' $API/v1/machines -H "$TENANT"

# unlock; after some seconds the judge says what is made
SESSION=$(curl -sw '\\n' -X POST $API/v1/machines/${booth.id}/unlock -H "$TENANT" | tee /dev/stderr | cut -d'"' -f4)
sleep 5; curl -s ${booth.control}/judge | cut -c-300

# what the session used so far
curl -sw '\\n' $API/v1/sessions/$SESSION -H "$TENANT"

# press the emergency stop: the machine is out of order; release it, and go on
curl -s ${booth.control}/operator -d '{"emergencyStop":true}'; sleep 2
curl -sw '\\n' $API/v1/machines/${booth.id} -H "$TENANT"
curl -s ${booth.control}/operator -d '{"emergencyStop":false}'; sleep 2
curl -sw '\\n' -X POST $API/v1/sessions/$SESSION/resume -H "$TENANT"

# end the session, and give the rest of the booking back
curl -sw '\\n' -X POST $API/v1/sessions/$SESSION/end -H "$TENANT"
curl -s -X DELETE $PLATFORM/bookings/$ID

# everything that happened since the ledger began, and what happens next; Ctrl-C ends it
SERVICE="authorization: Bearer $(curl -s -X POST $PLATFORM/service-token | cut -d'"' -f4)"
curl -sN "$API/v1/events?from=0" -H "$SERVICE"

# what the broker gets
mosquitto_sub -h ${hostname} -p ${port} -t 'latchkey/v1/#' -v
`
}
